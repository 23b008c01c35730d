// FNV-1a: the same number on every machine and in every version, for names, draws and seeds that
// have to come out the same again. Not for hash tables, and no defence against who wants two texts
// to meet. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace duress {

inline constexpr std::uint64_t kHashStart = 0xcbf29ce484222325U;

[[nodiscard]] constexpr std::uint64_t stable_hash(std::string_view text,
                                                  std::uint64_t start = kHashStart) {
  for (const char c : text) start = (start ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return start;
}

}  // namespace duress
