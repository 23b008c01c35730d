#include "stress/leftovers.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>

#include "os/file.h"
#include "os/process.h"

namespace duress::stress {

namespace {

constexpr std::string_view kWorkerNames[] = {"duress-memory", "duress-cpu", "duress-fill"};
constexpr std::string_view kWardenName = "duress-warden";
constexpr std::string_view kChildPrefix = "duress-";
constexpr int kDeepest = 16;

std::optional<pid_t> number_of(std::string_view text) {
  pid_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string name_of(const std::string& proc, pid_t pid) {
  auto text = os::read_file(proc + "/" + std::to_string(pid) + "/comm");
  return text ? text->substr(0, text->find('\n')) : std::string();
}

std::optional<pid_t> parent_of(const std::string& proc, pid_t pid) {
  auto text = os::read_file(proc + "/" + std::to_string(pid) + "/stat");
  if (!text) return std::nullopt;
  const std::size_t after = text->rfind(')');
  if (after == std::string::npos || after + 4 > text->size()) return std::nullopt;
  return std::atoi(text->c_str() + after + 4);  // ") S 123"
}

void find_cgroups(const std::string& proc, const std::string& directory, int depth,
                  std::vector<std::string>& out) {
  if (depth > kDeepest) return;
  auto names = os::subdirectories(directory);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string below = directory + "/" + name;
    if (name.starts_with(kChildPrefix)) {
      const auto warden = number_of(std::string_view(name).substr(kChildPrefix.size()));
      if (warden && name_of(proc, *warden) != kWardenName) out.push_back(below);
    }
    find_cgroups(proc, below, depth + 1, out);
  }
}

}  // namespace

Result<Leftovers> find_leftovers(const std::string& run_directory, const std::string& proc,
                                 const cgroup::Hierarchy& hierarchy) {
  Leftovers out;
  auto journals = orphans(run_directory);
  if (!journals) return std::unexpected(journals.error());
  out.journals = std::move(*journals);
  auto entries = os::subdirectories(proc);
  if (!entries) return std::unexpected(entries.error());
  for (const std::string& entry : *entries) {
    const auto pid = number_of(entry);
    if (!pid || std::ranges::find(kWorkerNames, name_of(proc, *pid)) == std::end(kWorkerNames))
      continue;
    const auto parent = parent_of(proc, *pid);
    if (parent && name_of(proc, *parent) != kWardenName) out.workers.push_back(*pid);
  }
  for (const cgroup::Mount& mount : hierarchy.mounts) {
    if (mount.version == cgroup::Version::kV2) find_cgroups(proc, mount.path, 0, out.cgroups);
  }
  return out;
}

std::vector<std::string> mend_journals(const std::string& run_directory) {
  std::vector<std::string> out;
  auto left = orphans(run_directory);
  if (!left) return out;
  for (const Orphan& orphan : *left) {
    const std::vector<std::string> failed = put_back(orphan.changes);
    if (failed.empty()) {
      ::unlink(orphan.path.c_str());
      if (!orphan.changes.empty()) {
        out.push_back("put back what a killed run had changed in " + orphan.about);
      }
      continue;
    }
    for (const std::string& what : failed) out.push_back("left from before: " + what);
  }
  return out;
}

std::vector<std::string> remove(const Leftovers& leftovers) {
  std::vector<std::string> left;
  for (const pid_t pid : leftovers.workers) {
    auto process = os::pidfd_open(pid);
    if (process && !os::pidfd_signal(*process, SIGKILL)) {
      left.push_back("worker " + std::to_string(pid) + " cannot be ended");
    }
  }
  for (const Orphan& orphan : leftovers.journals) {
    std::vector<std::string> failed = put_back(orphan.changes);
    if (failed.empty()) ::unlink(orphan.path.c_str());
    left.insert(left.end(), failed.begin(), failed.end());
  }
  for (const std::string& directory : leftovers.cgroups) {
    if (::rmdir(directory.c_str()) < 0 && errno != ENOENT) {
      left.push_back(fail_errno(errno, "remove " + directory).error().message);
    }
  }
  return left;
}

}  // namespace duress::stress
