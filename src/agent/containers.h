// Where the containers of this node are in the cgroup tree, by their IDs: names of directories,
// remembered between looks. No runtime is asked. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "cgroup/target.h"

namespace duress::agent {

class Containers {
 public:
  virtual ~Containers() = default;
  // Reads the tree anew.
  virtual void look() = 0;
  // The cgroup of a container that has processes; unset: it does not run, as far as was looked.
  [[nodiscard]] virtual std::optional<std::string> running(const std::string& id) const = 0;
};

class CgroupContainers final : public Containers {
 public:
  [[nodiscard]] static Result<CgroupContainers> make(const cgroup::Roots& roots);

  void look() override;
  [[nodiscard]] std::optional<std::string> running(const std::string& id) const override;

 private:
  CgroupContainers(cgroup::Roots roots, cgroup::Hierarchy hierarchy, std::string mount)
      : roots_(std::move(roots)), hierarchy_(std::move(hierarchy)), mount_(std::move(mount)) {}

  cgroup::Roots roots_;
  cgroup::Hierarchy hierarchy_;
  std::string mount_;                         // of the memory tree
  std::map<std::string, std::string> paths_;  // by ID
};

}  // namespace duress::agent
