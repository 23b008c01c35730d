// The containers of a machine, by the names of their cgroups: see target.h.
#include <algorithm>

#include "cgroup/containers.h"
#include "cgroup/membership.h"
#include "os/file.h"

namespace duress::cgroup {

namespace {

constexpr int kDeepest = 16;  // kubepods.slice/….slice/….slice/….scope, and nested runtimes
constexpr std::size_t kShortId = 12;
constexpr std::size_t kMostListed = 10;
constexpr std::size_t kShortestPrefix = 4;

void walk(const std::string& mount, const std::string& path, int depth,
          std::vector<Container>& out) {
  if (depth > kDeepest) return;
  auto names = os::subdirectories(mount + path);
  if (!names) return;  // removed while we looked
  for (const std::string& name : *names) {
    const std::string below = path + "/" + name;
    // A container's inner cgroups are its own affair.
    if (const auto id = container_id(name)) {
      out.push_back({*id, below});
    } else {
      walk(mount, below, depth + 1, out);
    }
  }
}

void walk_named(const std::string& mount, const std::string& path, const std::string& wanted,
                int depth, std::vector<std::string>& out) {
  if (depth > kDeepest) return;
  auto names = os::subdirectories(mount + path);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string below = path + "/" + name;
    if (name == wanted) out.push_back(below);
    walk_named(mount, below, wanted, depth + 1, out);
  }
}

}  // namespace

Result<std::vector<Container>> containers(const Roots&, const Hierarchy& hierarchy) {
  const Mount* memory = find_mount(hierarchy, "memory");
  if (memory == nullptr)
    return fail(Code::kUnsupported, "no cgroup tree with the memory controller");
  std::vector<Container> out;
  walk(memory->path, "", 0, out);
  return out;
}

std::string list_of(const std::vector<Container>& containers) {
  if (containers.empty()) return "; there is no container on this machine";
  std::string out = "; there are:";
  for (std::size_t i = 0; i < containers.size() && i < kMostListed; ++i) {
    out += "\n  " + containers[i].id.substr(0, kShortId) + "  " + containers[i].path;
  }
  if (containers.size() > kMostListed) {
    out += "\n  and " + std::to_string(containers.size() - kMostListed) + " more";
  }
  return out;
}

Result<std::string> path_of_container(const Roots& roots, const Hierarchy& hierarchy,
                                      const std::string& wanted) {
  auto all = containers(roots, hierarchy);
  if (!all) return std::unexpected(all.error());
  std::string id = wanted;
  // As Kubernetes writes it: containerd://<id>.
  if (const std::size_t scheme = id.find("://"); scheme != id.npos) id = id.substr(scheme + 3);
  std::vector<Container> matching;
  if (id.size() >= kShortestPrefix) {
    std::ranges::copy_if(*all, std::back_inserter(matching), [&id](const Container& container) {
      return container.id.starts_with(id);
    });
  }
  if (matching.size() == 1) return matching.front().path;
  if (matching.size() > 1) {
    return fail(Code::kRefused, "container " + quoted(wanted) +
                                    " is ambiguous: give more of the ID" + list_of(matching));
  }
  std::vector<std::string> named;
  if (!id.empty() && id.find('/') == id.npos && id != "." && id != "..") {
    walk_named(find_mount(hierarchy, "memory")->path, "", id, 0, named);
  }
  if (named.size() == 1) return named.front();
  if (named.size() > 1) {
    return fail(Code::kRefused, "container " + quoted(wanted) +
                                    " is ambiguous: " + std::to_string(named.size()) +
                                    " cgroups have this name; use --cgroup");
  }
  const std::string short_hint =
      !id.empty() && id.size() < kShortestPrefix ? " (give at least 4 characters)" : "";
  return fail(Code::kNotFound,
              "there is no container " + quoted(wanted) + short_hint + list_of(*all));
}

}  // namespace duress::cgroup
