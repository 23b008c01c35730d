#include "cgroup/oom_scene.h"

#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>

#include "base/order.h"
#include "cgroup/oom_files.h"
#include "cgroup/parse.h"
#include "os/file.h"

namespace duress::cgroup {

namespace {

// "VmRSS:     1234 kB" of /proc/PID/status.
std::optional<std::int64_t> kilobytes_of(const std::string& status, std::string_view name) {
  const std::size_t at = status.find("\n" + std::string(name) + ":");
  if (at == std::string::npos) return std::nullopt;
  return std::atoll(status.c_str() + at + name.size() + 2);
}

// The leader may have ended while other threads still hold the memory: the kernel looks at those
// (find_lock_task_mm).
std::optional<std::string> status_with_memory(const std::string& directory) {
  auto status = os::read_file(directory + "/status");
  if (!status) return std::nullopt;
  if (kilobytes_of(*status, "VmRSS")) return *status;
  auto threads = os::subdirectories(directory + "/task");
  if (!threads || threads->size() < 2) return std::nullopt;
  for (const std::string& thread : *threads) {
    auto text = os::read_file(directory + "/task/" + thread + "/status");
    if (text && kilobytes_of(*text, "VmRSS")) return *text;
  }
  return std::nullopt;
}

// The kernel walks a tree from the top, children in the order in which they were made; kernfs
// numbers grow with time.
std::vector<std::string> children_in_order(const std::string& directory) {
  auto names = os::subdirectories(directory);
  if (!names) return {};
  std::vector<std::pair<ino_t, std::string>> numbered;
  for (const std::string& name : *names) {
    struct stat info{};
    if (::stat((directory + "/" + name).c_str(), &info) == 0)
      numbered.emplace_back(info.st_ino, name);
  }
  std::ranges::sort(numbered);
  std::vector<std::string> out;
  out.reserve(numbered.size());
  for (auto& [number, name] : numbered) out.push_back(std::move(name));
  return out;
}

class Reader {
 public:
  Reader(const Target& target, const OomLook& look) : target_(target), look_(look) {
    const std::string& directory = target.trees.front().directory;
    mount_ = directory.substr(0, directory.size() - std::min(target.path.size(), directory.size()));
  }

  Result<OomScene> read() {
    auto levels = target_.memory->levels();
    if (!levels) return std::unexpected(levels.error());
    std::string top;
    for (Level& level : *levels) {
      const bool can_fill = level.limit && *level.limit - level.usage <= look_.most;
      if (can_fill || top.empty()) top = level.path;
      out_.levels.push_back(with_reclaim(std::move(level)));
    }
    out_.whole_machine = look_.whole_machine;
    walk(look_.whole_machine ? "" : top);
    find_shared_memory();
    return std::move(out_);
  }

 private:
  OomLevel with_reclaim(Level level) const {
    const Files files(mount_ + level.path);
    const OomFiles read =
        target_.version == Version::kV1 ? read_v1_oom_files(files) : read_v2_oom_files(files);
    OomLevel out;
    out.level = std::move(level);
    out.file = read.file;
    out.swap_on_top = std::min(read.swap_limit, look_.swap_total);
    const Bytes room = std::min(read.swap_limit - read.swap_used, look_.swap_free);
    out.swappable = std::clamp(room, Bytes{0}, std::max(Bytes{0}, read.anon));
    return out;
  }

  void walk(const std::string& path) {
    const std::string directory = mount_ + path;
    if (is_killed_whole(Files(directory))) out_.groups.insert(path.empty() ? "/" : path);
    take_processes(path, directory);
    for (const std::string& name : children_in_order(directory)) walk(path + "/" + name);
  }

  void take_processes(const std::string& path, const std::string& directory) {
    auto text = os::read_file(directory + "/cgroup.procs");
    if (!text) return;
    std::vector<OomProcess> here;
    for (const std::string& line : split(*text, '\n')) {
      const auto pid = number_value(line);
      if (!pid || *pid <= 1) continue;  // init is never taken
      auto process = read_oom_process(look_.proc, static_cast<pid_t>(*pid));
      if (!process) continue;
      process->cgroup = path.empty() ? "/" : path;
      here.push_back(std::move(*process));
    }
    // v2 lists them as the kernel walks them, v1 by number: there the order of joining is guessed.
    if (target_.version == Version::kV1) put_in_order(here, &OomProcess::start_time);
    std::ranges::move(here, std::back_inserter(out_.processes));
  }

  // Only processes whose sizes are the same can share an address space: they are compared.
  void find_shared_memory() {
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<OomProcess*>> alike;
    for (OomProcess& process : out_.processes) {
      const std::pair size{process.inputs.resident_pages, process.inputs.page_tables.value};
      for (const OomProcess* other : alike[size]) {
        if (::syscall(SYS_kcmp, process.pid, other->pid, KCMP_VM, 0, 0) != 0) continue;
        process.same_memory_as = other->pid;
        break;
      }
      if (process.same_memory_as == 0) alike[size].push_back(&process);
    }
  }

  const Target& target_;
  const OomLook& look_;
  std::string mount_;
  OomScene out_;
};

}  // namespace

std::optional<OomProcess> read_oom_process(const std::string& proc, pid_t pid) {
  const std::string directory = proc + "/" + std::to_string(pid);
  const auto status = status_with_memory(directory);
  auto name = os::read_file(directory + "/comm");
  auto adj = os::read_file(directory + "/oom_score_adj");
  auto stat = os::read_file(directory + "/stat");
  if (!status || !name || !adj || !stat) return std::nullopt;
  const std::int64_t in_kilobytes = kOomPage.value / 1024;
  OomProcess out;
  out.pid = pid;
  out.name = name->substr(0, name->find('\n'));
  out.inputs.resident_pages = kilobytes_of(*status, "VmRSS").value_or(0) / in_kilobytes;
  out.inputs.swap_pages = kilobytes_of(*status, "VmSwap").value_or(0) / in_kilobytes;
  out.inputs.page_tables = kib(kilobytes_of(*status, "VmPTE").value_or(0));
  out.inputs.oom_score_adj = std::atoi(adj->c_str());
  if (const auto line = parse_stat(*stat)) out.start_time = line->start_time;
  return out;
}

Result<OomScene> read_oom_scene(const Target& target, const OomLook& look) {
  return Reader(target, look).read();
}

}  // namespace duress::cgroup
