// The numbers by which the engine's sources know workers and descriptors. Constants; any thread.
#pragma once

#include <cstdint>

namespace duress::stress {

inline constexpr std::uint32_t kMemoryIds = 0;
inline constexpr std::uint32_t kCpuIds = 100'000;
inline constexpr std::uint32_t kProgramId = 200'000;

// What is ready: tags of the poller. Alarms follow from kAlarm on.
enum Tag : std::uint64_t {
  kSignals = 1,
  kWarden = 2,
  kNotify = 3,
  kWatched = 4,
  kAlarm = 1000,
};

}  // namespace duress::stress
