// The single checks of `duress doctor`: each looks at one thing of this machine and says what was
// found and what to do. They change nothing. Functions; one thread.
#pragma once

#include <string>
#include <vector>

#include "cgroup/target.h"

namespace duress::cli {

enum class Health { kGood, kLimited, kBad };

struct Finding {
  std::string name;  // stable, for programs
  Health health = Health::kGood;
  std::string value;
  std::string advice;  // what to do; empty where all is well
};

// Whether the trees have what loads and rehearsals limit and count by.
[[nodiscard]] Finding check_controllers(const cgroup::Hierarchy& hierarchy);

// Pressure of cgroups, which is less than that of the machine.
[[nodiscard]] Finding check_pressure(const std::string& proc, const cgroup::Hierarchy* hierarchy);

// Who was killed, and by whose limit, stands there.
[[nodiscard]] Finding check_kernel_log();

// Network, mount, PID and host name namespaces are made in a child that ends at once.
[[nodiscard]] Finding check_namespaces();

// Where runtimes keep the names of their containers.
[[nodiscard]] Finding check_container_names();

// Room below the directory, or below what of it is there.
struct RoomCheck {
  std::string name;
  std::string directory;
  Bytes least;          // with less, what it is for fails
  std::string purpose;  // "recordings and volumes"
};
[[nodiscard]] Finding check_room(const RoomCheck& check);

[[nodiscard]] Finding check_recordings(const std::string& directory);

}  // namespace duress::cli
