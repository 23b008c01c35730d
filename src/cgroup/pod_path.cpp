// pkg/kubelet/cm/cgroup_manager_linux.go (ToCgroupfs, ToSystemd) and
// qos_container_manager_linux.go.
#include "cgroup/pod_path.h"

#include <algorithm>

#include "cgroup/parse.h"

namespace duress::cgroup {

namespace {

constexpr std::string_view kSlice = ".slice";

bool take_front(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

// "pod<uid>", "kubepods-burstable-pod<uid_>.slice" and the like; the UID as the API server has it.
std::optional<std::string> uid_in(std::string_view name) {
  const bool systemd = name.ends_with(kSlice);
  if (systemd) {
    name.remove_suffix(kSlice.size());
    if (!take_front(name, "kubepods-")) return std::nullopt;
    if (!take_front(name, "burstable-")) (void)take_front(name, "besteffort-");
  }
  if (!take_front(name, "pod") || name.empty()) return std::nullopt;
  std::string uid(name);
  if (systemd) std::ranges::replace(uid, '_', '-');
  return uid;
}

}  // namespace

std::optional<PodPath> pod_of(std::string_view path) {
  const std::vector<std::string> parts = split(path, '/');
  const auto root = std::ranges::find_if(parts, [](const std::string& part) {
    return part == "kubepods" || part == "kubepods.slice";
  });
  if (root == parts.end()) return std::nullopt;
  PodPath out;
  for (auto part = root + 1; part != parts.end(); ++part) {
    if (*part == "burstable" || *part == "kubepods-burstable.slice") {
      out.qos = QosClass::kBurstable;
    } else if (*part == "besteffort" || *part == "kubepods-besteffort.slice") {
      out.qos = QosClass::kBestEffort;
    } else if (auto uid = uid_in(*part)) {
      out.uid = std::move(*uid);
      return out;
    }
  }
  return std::nullopt;
}

}  // namespace duress::cgroup
