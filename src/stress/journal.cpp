#include "stress/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <optional>
#include <thread>

#include "base/text.h"
#include "os/file.h"

namespace duress::stress {

namespace {

constexpr std::string_view kSuffix = ".journal";
constexpr auto kRemovalPatience = std::chrono::seconds(2);

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    out += next == 't' ? '\t' : next == 'n' ? '\n' : next;
  }
  return out;
}

std::vector<std::string> columns(std::string_view line) {
  std::vector<std::string> out;
  std::size_t from = 0;
  while (true) {
    const std::size_t tab = line.find('\t', from);
    out.push_back(unescaped(line.substr(from, tab == line.npos ? tab : tab - from)));
    if (tab == line.npos) return out;
    from = tab + 1;
  }
}

// A line that was cut off by the end of its writer was followed by no change: it is passed over.
std::vector<Change> parse(std::string_view text, std::string* about) {
  std::vector<Change> out;
  while (true) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return out;
    const std::vector<std::string> column = columns(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (column[0] == "change" && column.size() == 5) {
      out.push_back({column[1], column[2], column[3], column[4]});
    } else if (column[0] == "about" && column.size() == 2 && about != nullptr) {
      *about = column[1];
    }
  }
}

// A child cgroup of ours: nobody but our workers is in there, and they are ending.
std::optional<std::string> remove_cgroup(const std::string& directory) {
  const auto until = std::chrono::steady_clock::now() + kRemovalPatience;
  while (::rmdir(directory.c_str()) < 0) {
    if (errno == ENOENT || errno == ENODEV) return std::nullopt;
    if (errno != EBUSY || std::chrono::steady_clock::now() > until) {
      return fail_errno(errno, "remove " + directory).error().message;
    }
    if (auto opened = os::open_directory(directory)) {
      (void)os::write_at(*opened, "cgroup.kill", "1");  // 5.14; before it, the wait has to do
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return std::nullopt;
}

std::optional<std::string> put_file_back(const Change& change) {
  const auto now = control_value(change.directory, change.file);
  if (!now) {
    const Code code = now.error().code;  // the cgroup is gone, and its files with it
    if (code == Code::kNotFound || code == Code::kGone) return std::nullopt;
    return now.error().message;
  }
  if (*now != change.after) return std::nullopt;
  auto directory = os::open_directory(change.directory);
  auto written = directory ? os::write_at(*directory, change.file, change.before)
                           : Result<>(std::unexpected(directory.error()));
  if (written || written.error().code == Code::kGone) return std::nullopt;
  return written.error()
      .context("put " + change.file + " of " + change.directory + " back")
      .message;
}

}  // namespace

Result<Journal> Journal::create(const std::string& directory, const std::string& name,
                                std::string_view about) {
  if (::mkdir(directory.c_str(), 0700) < 0 && errno != EEXIST) {
    return fail_errno(errno, "make " + directory + ", where changes are written down first");
  }
  std::string path = directory + "/" + name + std::string(kSuffix);
  os::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, "make " + path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) return fail_errno(errno, "lock " + path);
  const std::string head = "about\t" + escaped(about) + "\n";
  if (::write(fd.get(), head.data(), head.size()) < 0) return fail_errno(errno, "write " + path);
  return Journal(std::move(path), std::move(fd));
}

Result<> Journal::add(const Change& change) {
  const std::string line = "change\t" + escaped(change.directory) + "\t" + escaped(change.file) +
                           "\t" + escaped(change.before) + "\t" + escaped(change.after) + "\n";
  if (::write(fd_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return fail_errno(errno, "write " + path_);
  }
  return {};
}

Result<std::vector<Change>> Journal::changes() const {
  auto text = os::read_fd(fd_, path_);
  if (!text) return std::unexpected(text.error());
  return parse(*text, nullptr);
}

void Journal::remove() const { ::unlink(path_.c_str()); }

Result<std::vector<Orphan>> orphans(const std::string& directory) {
  std::vector<Orphan> out;
  DIR* listing = ::opendir(directory.c_str());
  if (listing == nullptr) {
    if (errno == ENOENT) return out;
    return fail_errno(errno, "list " + directory);
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(listing)) {
    const std::string name = entry->d_name;
    if (name.ends_with(kSuffix)) names.push_back(name);
  }
  ::closedir(listing);
  std::ranges::sort(names);
  for (const std::string& name : names) {
    const std::string path = directory + "/" + name;
    const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) continue;  // gone, or somebody's still
    auto text = os::read_fd(fd, path);
    if (!text) return std::unexpected(text.error());
    Orphan orphan;
    orphan.path = path;
    orphan.changes = parse(*text, &orphan.about);
    out.push_back(std::move(orphan));
  }
  return out;
}

Result<std::string> control_value(const std::string& directory, const std::string& file) {
  auto text = os::read_file(directory + "/" + file);
  if (!text) return std::unexpected(text.error());
  // v1's OOM control file is the only one that reads as "name value" lines; it is written as its
  // first value.
  constexpr std::string_view kFlag = "oom_kill_disable ";
  std::string_view value = *text;
  if (value.starts_with(kFlag)) value.remove_prefix(kFlag.size());
  return std::string(trim(value.substr(0, value.find('\n'))));
}

std::vector<std::string> put_back(const std::vector<Change>& changes) {
  // A file that was changed several times goes back to its first value, if it still holds our last.
  std::map<std::pair<std::string, std::string>, Change> files;
  std::vector<std::string> made;
  for (const Change& change : changes) {
    if (change.file.empty()) {
      made.push_back(change.directory);
      continue;
    }
    const auto [entry, added] = files.try_emplace({change.directory, change.file}, change);
    if (!added) entry->second.after = change.after;
  }
  std::vector<std::string> left;
  for (const auto& [key, change] : files) {
    if (auto failed = put_file_back(change)) left.push_back(*failed);
  }
  for (const std::string& directory : made) {
    if (auto failed = remove_cgroup(directory)) left.push_back(*failed);
  }
  return left;
}

}  // namespace duress::stress
