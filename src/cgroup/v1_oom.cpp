// What the OOM killer finds in a v1 cgroup: Documentation/admin-guide/cgroup-v1/memory.rst.
#include <algorithm>

#include "cgroup/oom_files.h"
#include "cgroup/parse.h"

namespace duress::cgroup {

OomFiles read_v1_oom_files(const Files& files) {
  OomFiles out;
  const std::string stat = files.read("memory.stat").value_or("");
  const auto part = [&stat](std::string_view key) {
    return Bytes{stat_value(stat, key).value_or(0)};
  };
  out.file = part("total_active_file") + part("total_inactive_file");
  out.anon = part("total_active_anon") + part("total_inactive_anon");
  out.swap_used = part("total_swap");
  // Memory and swap have one limit together; without the file there is no swap accounting.
  const auto memory = files.limit("memory.limit_in_bytes");
  const auto both = files.limit("memory.memsw.limit_in_bytes");
  out.swap_limit = Bytes{both && memory ? std::max<std::int64_t>(0, *both - *memory) : INT64_MAX};
  if (files.number("memory.swappiness").value_or(1) == 0) out.swap_limit = Bytes{0};
  return out;
}

}  // namespace duress::cgroup
