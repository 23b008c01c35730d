// What the OOM killer finds in a v2 cgroup: Documentation/admin-guide/cgroup-v2.rst.
#include "cgroup/oom_files.h"
#include "cgroup/parse.h"

namespace duress::cgroup {

OomFiles read_v2_oom_files(const Files& files) {
  OomFiles out;
  const std::string stat = files.read("memory.stat").value_or("");
  const auto part = [&stat](std::string_view key) {
    return Bytes{stat_value(stat, key).value_or(0)};
  };
  out.file = part("active_file") + part("inactive_file");
  out.anon = part("active_anon") + part("inactive_anon");
  out.swap_used = Bytes{files.number("memory.swap.current").value_or(0)};
  out.swap_limit = Bytes{files.limit("memory.swap.max").value_or(INT64_MAX)};
  return out;
}

bool is_killed_whole(const Files& files) {
  return files.number("memory.oom.group").value_or(0) != 0;
}

}  // namespace duress::cgroup
