// The control files of one cgroup, opened once and read as often as wanted: a sampler must not walk
// paths a thousand times a second. It reads only. Owned by the controller objects; one thread at a
// time (files are opened at their first use).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "os/fd.h"

namespace duress::cgroup {

class Files final {
 public:
  explicit Files(std::string directory) : directory_(std::move(directory)) {}

  // kGone once the cgroup is removed. kNotFound: there is no such file here.
  [[nodiscard]] Result<std::string> read(const std::string& name) const;
  [[nodiscard]] Result<std::int64_t> number(const std::string& name) const;
  // Unset: no limit, or no such file.
  [[nodiscard]] std::optional<std::int64_t> limit(const std::string& name) const;
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  mutable std::map<std::string, os::Fd> open_;
};

// The target's directory first, then each above it, the mount point itself left out. Paths are
// below the mount.
struct Above {
  std::string path;
  std::string directory;
};
[[nodiscard]] std::vector<Above> way_up(const std::string& mount, const std::string& path);

// own / (own + those of the siblings that hold processes), as `value_of` reads a directory's shares
// or weight.
[[nodiscard]] double part_among_siblings(
    const std::string& directory, std::optional<std::int64_t> (*value_of)(const std::string&));

}  // namespace duress::cgroup
