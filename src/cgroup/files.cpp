#include "cgroup/files.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "cgroup/parse.h"
#include "os/file.h"

namespace duress::cgroup {

Result<std::string> Files::read(const std::string& name) const {
  auto found = open_.find(name);
  if (found == open_.end()) {
    const std::string path = directory_ + "/" + name;
    os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open " + path);
    found = open_.emplace(name, std::move(fd)).first;
  }
  return os::read_fd(found->second, name);
}

Result<std::int64_t> Files::number(const std::string& name) const {
  auto text = read(name);
  if (!text) return std::unexpected(text.error());
  const auto value = number_value(*text);
  if (!value) return fail(Code::kIo, directory_ + "/" + name + ": no number: " + *text);
  return *value;
}

std::optional<std::int64_t> Files::limit(const std::string& name) const {
  auto text = read(name);
  return text ? limit_value(*text) : std::nullopt;
}

std::vector<Above> way_up(const std::string& mount, const std::string& path) {
  std::vector<Above> out;
  for (std::string at = path; at.size() > 1; at.resize(at.rfind('/')))
    out.push_back({at, mount + at});
  return out;
}

namespace {

// Looked for only until the first process is found; the trees of containers are shallow.
bool holds_processes(const std::string& directory) {
  if (auto text = os::read_file(directory + "/cgroup.procs"); text && !text->empty()) return true;
  auto below = os::subdirectories(directory);
  if (!below) return false;
  return std::ranges::any_of(
      *below, [&](const std::string& name) { return holds_processes(directory + "/" + name); });
}

}  // namespace

double part_among_siblings(const std::string& directory,
                           std::optional<std::int64_t> (*value_of)(const std::string&)) {
  const std::size_t slash = directory.rfind('/');
  const std::string parent = directory.substr(0, slash);
  const auto own = value_of(directory);
  auto siblings = os::subdirectories(parent);
  if (!own || !siblings) return 1;
  std::int64_t sum = *own;
  for (const std::string& name : *siblings) {
    const std::string sibling = parent + "/" + name;
    if (sibling != directory && holds_processes(sibling)) sum += value_of(sibling).value_or(0);
  }
  return sum > 0 ? static_cast<double>(*own) / static_cast<double>(sum) : 1;
}

}  // namespace duress::cgroup
