// What says where the cgroups are: /proc/PID/mountinfo, /proc/PID/cgroup, /proc/PID/stat and the
// names of cgroups, which a container's user can choose in part.

#include <cstddef>
#include <cstdint>
#include <string>

#include "cgroup/parse.h"
#include "check.h"

namespace {

using duress::fuzz::check;

void mounts(std::string_view text) {
  for (const duress::cgroup::MountLine& line : duress::cgroup::parse_mountinfo(text)) {
    check(!line.mount_point.empty() && !line.type.empty(), "a mount has a place and a type");
    check(line.mount_point.find('\n') == std::string::npos || text.contains("\\012"),
          "a line ends where it ends");
  }
}

void memberships(std::string_view text) {
  for (const duress::cgroup::MembershipLine& line : duress::cgroup::parse_membership(text)) {
    check(line.path.starts_with('/'), "a cgroup's path begins at the root");
    check(line.path.find('\n') == std::string::npos, "a line ends where it ends");
  }
}

void names(std::string_view text) {
  const auto id = duress::cgroup::container_id(text);
  if (!id) return;
  check(text.contains(*id), "an ID stands in the name");
  check(id->size() == 64, "an ID has 64 digits");
  check(id->find_first_not_of("0123456789abcdef") == std::string::npos, "an ID is hexadecimal");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  mounts(text);
  memberships(text);
  names(text);
  (void)duress::cgroup::parse_stat(text);
  return 0;
}
