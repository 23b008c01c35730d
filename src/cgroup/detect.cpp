// Which cgroup trees there are, and where: see target.h.
#include <algorithm>

#include "cgroup/make_controllers.h"
#include "cgroup/membership.h"
#include "cgroup/parse.h"
#include "cgroup/target.h"
#include "os/file.h"

namespace duress::cgroup {

namespace {

std::vector<std::string> known_of(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) {
    if (is_known_controller(word)) out.push_back(word);
  }
  return out;
}

bool has(const Mount& mount, std::string_view controller) {
  return std::ranges::find(mount.controllers, controller) != mount.controllers.end();
}

}  // namespace

Result<Hierarchy> detect(const Roots& roots) {
  auto text = os::read_file(roots.proc + "/self/mountinfo");
  if (!text) return std::unexpected(text.error());
  Hierarchy out;
  bool unified = false;
  for (const MountLine& line : parse_mountinfo(*text)) {
    if (line.type != "cgroup" && line.type != "cgroup2") continue;
    if (!roots.cgroup.empty() && !line.mount_point.starts_with(roots.cgroup)) continue;
    Mount mount{
        line.mount_point, line.root, line.type == "cgroup" ? Version::kV1 : Version::kV2, {}};
    if (mount.version == Version::kV1) {
      mount.controllers = known_of(split(line.super_options, ','));
      if (mount.controllers.empty()) continue;
    } else {
      unified = true;
      auto controllers = os::read_file(mount.path + "/cgroup.controllers");
      if (controllers)
        mount.controllers = known_of(split(controllers->substr(0, controllers->find('\n')), ' '));
    }
    // A tree that is mounted twice is the same tree.
    const auto same = [&mount](const Mount& other) {
      return other.version == mount.version && other.controllers == mount.controllers;
    };
    if (std::ranges::none_of(out.mounts, same)) out.mounts.push_back(std::move(mount));
  }
  const auto memory =
      std::ranges::find_if(out.mounts, [](const Mount& mount) { return has(mount, "memory"); });
  if (memory == out.mounts.end()) {
    return fail(Code::kUnsupported,
                "no cgroup tree with the memory controller is mounted: mount cgroup2 at "
                "/sys/fs/cgroup, or boot with "
                "cgroup_enable=memory");
  }
  out.version = memory->version;
  out.hybrid = out.version == Version::kV1 && unified;
  return out;
}

const Mount* find_mount(const Hierarchy& hierarchy, std::string_view controller) {
  const auto found = std::ranges::find_if(
      hierarchy.mounts, [controller](const Mount& mount) { return has(mount, controller); });
  return found == hierarchy.mounts.end() ? nullptr : &*found;
}

const Tree* tree_with(const Target& target, std::string_view controller) {
  for (const Tree& tree : target.trees) {
    const std::vector<std::string> names = split(tree.controllers, ',');
    if (std::ranges::find(names, controller) != names.end()) return &tree;
  }
  return nullptr;
}

std::optional<std::string> path_in(const Mount& mount,
                                   const std::vector<MembershipLine>& membership) {
  for (const MembershipLine& line : membership) {
    const std::vector<std::string> names = split(line.controllers, ',');
    const bool this_tree = mount.version == Version::kV2
                               ? line.controllers.empty()
                               : std::ranges::any_of(names, [&mount](const std::string& name) {
                                   return has(mount, name);
                                 });
    if (!this_tree) continue;
    if (mount.root == "/") return line.path;
    // In a container only a part of the tree is mounted.
    if (line.path == mount.root) return "/";
    if (line.path.starts_with(mount.root + "/")) return line.path.substr(mount.root.size());
    return line.path;
  }
  return std::nullopt;
}

Result<std::vector<MembershipLine>> membership_of(const Roots& roots, const std::string& process) {
  auto text = os::read_file(roots.proc + "/" + process + "/cgroup");
  if (!text) return std::unexpected(text.error());
  return parse_membership(*text);
}

Result<std::string> own_directory(const Roots& roots, const Hierarchy& hierarchy) {
  const Mount* memory = find_mount(hierarchy, "memory");
  auto membership = membership_of(roots, "self");
  if (!membership) return std::unexpected(membership.error());
  const auto path = path_in(*memory, *membership);
  if (!path) return fail(Code::kUnsupported, "this process is in no cgroup of the memory tree");
  return *path == "/" ? memory->path : memory->path + *path;
}

}  // namespace duress::cgroup
