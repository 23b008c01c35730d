// Messages between the agent and its launcher over a socketpair; both ends are this program. A
// request is of fixed size; the descriptors beside it are named with its kind.
#pragma once

#include <cstddef>
#include <cstdint>

namespace duress::agent {

inline constexpr std::size_t kMostManifest = 64UL * 1024;
inline constexpr std::size_t kMostLoads = 2048;  // at a time

enum class LaunchOp : std::uint32_t {
  kStart = 1,      // beside it: a memfd with the manifest
  kStop = 2,       // it releases, verifies and ends
  kKill = 3,       // one that did not end in time: its warden releases
  kPreflight = 4,  // as kStart, but nothing is put on: it tells what would be, and ends
};

struct LaunchRequest {
  LaunchOp op = LaunchOp::kStart;
  std::uint32_t record = 0;      // kStart: whether it is recorded
  std::uint64_t load = 0;        // its number, chosen by the agent, never used twice
  std::int64_t nanoseconds = 0;  // how long at most; 0: until it is told
  std::int64_t most_bytes = 0;   // of memory that it may hold; 0: no bound
  char cgroup[1024] = {};        // of a container, below the mount of the memory tree
};

enum class LaunchTell : std::uint32_t {
  kStarted = 1,  // beside it: pidfd, the pipes of its output and of its errors, and its recording
  kDone = 2,
  kRefused = 3,
};

struct LaunchAnswer {
  LaunchTell tell = LaunchTell::kDone;
  std::uint32_t code = 0;  // kRefused: of base/error.h
  char text[512] = {};     // kRefused: why
};

}  // namespace duress::agent
