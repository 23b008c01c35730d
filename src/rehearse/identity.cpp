#include "rehearse/identity.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace duress::rehearse {

namespace {

template <std::size_t Size>
std::array<unsigned char, Size> random_bytes() {
  std::array<unsigned char, Size> out{};
  // So few bytes are given whole, or never.
  if (::getrandom(out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) std::abort();
  return out;
}

template <std::size_t Size>
std::string hex(const std::array<unsigned char, Size>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

}  // namespace

std::string new_uid() {
  auto bytes = random_bytes<16>();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string out = hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) out.insert(at, "-");
  return out;
}

std::string new_container_id() { return hex(random_bytes<32>()); }

}  // namespace duress::rehearse
