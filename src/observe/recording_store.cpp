#include "observe/recording_store.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <vector>

namespace duress::observe {

namespace {

struct Kept {
  std::string path;
  Bytes size;
  std::int64_t written = 0;  // nanoseconds
};

Result<std::vector<Kept>> recordings(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.c_str()), ::closedir);
  if (!listing) return fail_errno(errno, "list " + directory);
  std::vector<Kept> out;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string path = directory + "/" + entry->d_name;
    struct stat about{};
    if (!path.ends_with(kRecordingSuffix) || ::lstat(path.c_str(), &about) < 0 ||
        !S_ISREG(about.st_mode)) {
      continue;
    }
    out.push_back({path, Bytes{about.st_size},
                   std::int64_t{about.st_mtim.tv_sec} * 1'000'000'000 + about.st_mtim.tv_nsec});
  }
  std::ranges::sort(out, {}, [](const Kept& kept) { return std::pair(kept.written, kept.path); });
  return out;
}

Result<> make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0755) < 0 && errno != EEXIST)
      return fail_errno(errno, "make the directory " + part);
    if (slash == std::string::npos) return {};
  }
}

Result<> make_room(const std::string& directory, const Keep& keep) {
  auto all = recordings(directory);
  if (!all) return std::unexpected(all.error());
  Bytes sum;
  for (const Kept& kept : *all) sum += kept.size;
  std::size_t left = all->size();
  for (const Kept& kept : *all) {
    if (left < keep.files && sum <= keep.bytes) return {};
    if (::unlink(kept.path.c_str()) < 0 && errno != ENOENT)
      return fail_errno(errno, "remove the old recording " + kept.path);
    sum -= kept.size;
    --left;
  }
  return {};
}

// What a file may be called everywhere.
std::string plain(const std::string& target) {
  constexpr std::size_t most = 64;
  std::string out;
  for (const char c : target) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_';
    if (good) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  if (out.size() > most) out.erase(0, out.size() - most);  // the end tells more
  return out.empty() ? "target" : out;
}

}  // namespace

Result<std::string> new_recording_path(const std::string& directory, const std::string& target,
                                       WallTime now, const Keep& keep) {
  if (auto made = make_directories(directory); !made) return std::unexpected(made.error());
  if (auto room = make_room(directory, keep); !room) return std::unexpected(room.error());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char stamp[32];
  (void)std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &parts);
  const std::string base = directory + "/" + stamp + "-" + plain(target);
  for (int number = 1; number < 1000; ++number) {
    std::string path = base + (number > 1 ? "-" + std::to_string(number) : "");
    path += kRecordingSuffix;
    if (::access(path.c_str(), F_OK) < 0) return path;
  }
  return fail(Code::kBusy, base + ": a thousand recordings of one second");
}

Result<std::string> newest_recording(const std::string& directory) {
  auto all = recordings(directory);
  if (!all && all.error().code != Code::kNotFound) return std::unexpected(all.error());
  if (!all || all->empty())
    return fail(Code::kNotFound, "there is no recording in " + directory +
                                     " yet: `duress run` and `duress record` make them");
  return all->back().path;
}

}  // namespace duress::observe
