// Makes a rehearsal's cgroups in every tree of this machine: one interface that hides whether the
// files are v1 or v2. It decides no figure (layout.h) and removes nothing (estate.h). One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cgroup/target.h"
#include "rehearse/layout.h"

namespace duress::rehearse {

class Trees {
 public:
  virtual ~Trees() = default;
  // Paths are below the mounts: "/duress-rehearse-7/kubepods". The parent is there already.
  [[nodiscard]] virtual Result<> make(const std::string& path, const Setting& setting) const = 0;
  // Absolute, one a tree.
  [[nodiscard]] virtual std::vector<std::string> directories(const std::string& path) const = 0;
  // Whether a process can be started in the (only) directory; it joins them all otherwise.
  [[nodiscard]] virtual bool starts_inside() const = 0;
  // Where the trees are mounted, in the order of directories().
  [[nodiscard]] virtual std::vector<std::string> mounts() const = 0;
  // Unset: none. What is throttled takes its SIGKILL only when its quota is filled up again.
  [[nodiscard]] virtual Result<> set_cpu_quota(const std::string& path,
                                               std::optional<std::int64_t> quota_us) const = 0;
  [[nodiscard]] virtual std::int64_t oom_kills(const std::string& path) const = 0;
};

// kRefused, kPermission, kUnsupported: no cgroup with limits can be made here, and why.
[[nodiscard]] Result<std::unique_ptr<Trees>> make_trees(const cgroup::Hierarchy& hierarchy);
[[nodiscard]] Result<std::unique_ptr<Trees>> make_v1_trees(const cgroup::Hierarchy& hierarchy);
[[nodiscard]] Result<std::unique_ptr<Trees>> make_v2_trees(const cgroup::Hierarchy& hierarchy);

// Whether a fresh cgroup can be made in `directory`; the reason as one sentence.
[[nodiscard]] Result<> make_directory(const std::string& directory);
// Writes `value` into a control file; the error names both.
[[nodiscard]] Result<> set_control(const std::string& directory, const std::string& file,
                                   const std::string& value);
// For a directory of which no version is known; no error where there is no quota.
void lift_cpu_quota(const std::string& directory);
[[nodiscard]] Result<> v1_lift_cpu_quota(const std::string& directory);
[[nodiscard]] Result<> v2_lift_cpu_quota(const std::string& directory);

}  // namespace duress::rehearse
