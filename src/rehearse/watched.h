// What a descriptor in the rehearsal's poller belongs to, as the poller's one number. Pure values.
#pragma once

#include <cstdint>

namespace duress::rehearse {

enum class Watch : std::uint8_t { kRuntime, kOutput, kReport, kProbe, kCommand };

struct Watched {
  Watch what = Watch::kRuntime;
  std::uint32_t key = 0;
};

constexpr std::uint64_t tag_of(Watch what, std::uint32_t key) {
  return static_cast<std::uint64_t>(what) << 32U | key;
}

constexpr Watched watched_of(std::uint64_t tag) {
  return {static_cast<Watch>(tag >> 32U), static_cast<std::uint32_t>(tag)};
}

}  // namespace duress::rehearse
