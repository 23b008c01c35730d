// What each column of `duress top` means, and which files it is read from.
#include <array>
#include <vector>

#include "base/text.h"
#include "cgroup/readings.h"
#include "cli/top_output.h"
#include "render/overview_columns.h"

namespace duress::cli {

namespace {

using cgroup::Source;

// The kernel's files behind a column; the formula over them stands in the column itself.
struct Behind {
  std::string_view key;
  std::vector<Source> sources;
};

std::vector<Source> behind(std::string_view key) {
  static const std::array<Behind, 20> kAll = {
      Behind{"usage", {Source::kUsage}},
      {"limit", {Source::kLimit}},
      {"at", {Source::kLimit}},
      {"limitpath", {Source::kLimit}},
      {"percent", {Source::kUsage, Source::kLimit}},
      {"gauge", {Source::kUsage, Source::kLimit, Source::kActiveFile, Source::kInactiveFile}},
      {"application", {Source::kUsage, Source::kActiveFile, Source::kInactiveFile}},
      {"cache", {Source::kActiveFile, Source::kInactiveFile}},
      {"workingset", {Source::kUsage, Source::kInactiveFile}},
      {"anon", {Source::kAnon}},
      {"active", {Source::kActiveFile}},
      {"inactive", {Source::kInactiveFile}},
      {"shmem", {Source::kShmem}},
      {"kernel", {Source::kKernel}},
      {"cpu", {Source::kCpu}},
      {"quota", {Source::kCpu, Source::kQuota}},
      {"throttled", {Source::kThrottled}},
      {"mempressure", {Source::kPressureMemory}},
      {"cpupressure", {Source::kPressureCpu}},
      {"oom", {Source::kOomKills}}};
  for (const Behind& one : kAll) {
    if (one.key == key) return one.sources;
  }
  if (key == "processes" || key == "duress" || key == "duresscpu") return {Source::kProcesses};
  return {};
}

std::string listed(const std::vector<Source>& sources, std::string_view (*name)(Source)) {
  std::string out;
  for (const Source source : sources) out += (out.empty() ? "" : "; ") + std::string(name(source));
  return out;
}

// What is no control file of a cgroup.
std::string_view elsewhere(std::string_view key) {
  if (key == "name" || key == "pod" || key == "namespace")
    return "state directories of Docker, containerd, CRI-O, podman; /var/log/containers; "
           "/run/duress";
  if (key == "qos") return "the cgroup's path: kubepods, burstable, besteffort";
  if (key == "duress") return "/proc/PID/comm, /proc/PID/statm";
  if (key == "duresscpu") return "/proc/PID/comm, /proc/PID/schedstat";
  if (key == "limit") return "/proc/meminfo: MemTotal";
  return "";
}

}  // namespace

std::string top_explanation() {
  std::string out;
  for (const render::OverviewColumn& column : render::overview_columns()) {
    out += std::string(column.head) + "  (" + std::string(column.key) + ")\n  " +
           std::string(column.meaning) + "\n";
    const std::vector<Source> sources = behind(column.key);
    if (!sources.empty()) {
      const std::string v1 = listed(sources, cgroup::v1_source);
      const std::string v2 = listed(sources, cgroup::v2_source);
      out += v1 == v2 ? "  v1, v2  " + v1 + "\n" : "  v1  " + v1 + "\n  v2  " + v2 + "\n";
    }
    if (const std::string_view more = elsewhere(column.key); !more.empty())
      out += (sources.empty() ? "  from    " : "  and     ") + std::string(more) + "\n";
  }
  out +=
      "free and top\n"
      "  used = MemTotal - MemAvailable of /proc/meminfo: the whole machine, inside a container "
      "too,\n"
      "  and without the file cache that can be taken back. Usage is one container's, with its "
      "cache.\n";
  return out;
}

std::string nothing_to_show(const Selection& selection, bool any_container) {
  if (!any_container) {
    return "There is no container on this machine: no cgroup is named by a container's ID. A "
           "cgroup without one is shown by --cgroup PATH, a process's by --pid PID; if "
           "containers run elsewhere (in a virtual machine, on another node), run this there.";
  }
  std::string what;
  const auto add = [&what](std::string_view flag, const std::string& value) {
    if (!value.empty())
      what += (what.empty() ? "" : " and ") + std::string(flag) + " " + quoted(value);
  };
  add("--container", selection.container);
  add("--pod", selection.pod);
  add("--namespace", selection.name_space);
  add("filter", selection.text);
  return "No container of this machine is selected by " + what +
         "; duress top without it shows all there are.";
}

}  // namespace duress::cli
