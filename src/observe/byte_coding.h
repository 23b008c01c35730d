// Numbers and strings as few bytes: varints (LEB128), signed ones zigzagged, strings with their
// length, and the checksum of a record. Reading never goes beyond what is there: after the first
// thing that is not there, ok() is false and everything reads as zero. Plain values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace duress::observe {

// CRC-32 as in IEEE 802.3.
[[nodiscard]] inline std::uint32_t checksum(std::string_view bytes) {
  static constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit)
        value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
      table.at(i) = value;
    }
    return table;
  }();
  std::uint32_t crc = ~0U;
  for (const char byte : bytes)
    crc = (crc >> 8U) ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  return ~crc;
}

class ByteWriter final {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void number(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) byte(static_cast<std::uint8_t>(value | 0x80U));
    byte(static_cast<std::uint8_t>(value));
  }
  void signed_number(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number((bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0U));
  }
  // Cut to kMostText: a record stays a record whatever a process calls itself.
  void text(std::string_view value) {
    value = value.substr(0, kMostText);
    number(value.size());
    bytes_.append(value);
  }
  void raw(std::string_view value) { bytes_.append(value); }
  void fixed32(std::uint32_t value) {
    for (int i = 0; i < 4; ++i, value >>= 8U) byte(static_cast<std::uint8_t>(value));
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

  static constexpr std::size_t kMostText = 2048;

 private:
  std::string bytes_;
};

class ByteReader final {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t byte() {
    if (!has(1)) return 0;
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t{next & 0x7FU} << shift;
      if ((next & 0x80U) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  std::int64_t signed_number() {
    const std::uint64_t bits = number();
    return static_cast<std::int64_t>((bits >> 1U) ^ ((bits & 1U) != 0 ? ~std::uint64_t{0} : 0U));
  }
  std::string text() {
    const std::uint64_t size = number();
    if (!has(size)) return {};
    const std::string_view out = bytes_.substr(at_, size);
    at_ += size;
    return std::string(out);
  }
  std::uint32_t fixed32() {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{byte()} << (8U * i);
    return value;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

 private:
  bool has(std::uint64_t count) {
    if (ok_ && count <= left()) return true;
    ok_ = false;
    return false;
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace duress::observe
