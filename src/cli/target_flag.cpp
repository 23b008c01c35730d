#include "cli/target_flag.h"

#include "base/text.h"

namespace duress::cli {

Result<cgroup::Wanted> wanted_target(std::string_view flag, const std::string& value) {
  if (value.empty()) return fail(Code::kUsage, std::string(flag) + ": a value is missing");
  if (flag == "--container") return cgroup::ByContainer{value};
  if (flag == "--cgroup") return cgroup::ByPath{value};
  auto pid = parse_integer(value);
  constexpr std::int64_t most_pid = 4'194'304;
  if (!pid || *pid < 1 || *pid > most_pid) {
    return fail(Code::kUsage, "--pid: " + quoted(value) +
                                  " is not allowed: the number of a process, 2 to 4194304");
  }
  return cgroup::ByPid{static_cast<pid_t>(*pid)};
}

}  // namespace duress::cli
