// Quantities that carry their unit in the type: Bytes, Percent, Cores.
// They are not parsed or printed here (text.h does that). Plain values; any thread.
#pragma once

#include <compare>
#include <cstdint>

namespace duress {

struct Bytes {
  std::int64_t value = 0;

  friend constexpr auto operator<=>(Bytes, Bytes) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return {a.value + b.value}; }
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return {a.value - b.value}; }
  friend constexpr Bytes operator*(Bytes a, std::int64_t n) { return {a.value * n}; }
  friend constexpr Bytes operator/(Bytes a, std::int64_t n) { return {a.value / n}; }
  constexpr Bytes& operator+=(Bytes b) { return value += b.value, *this; }
  constexpr Bytes& operator-=(Bytes b) { return value -= b.value, *this; }
};

constexpr Bytes kib(std::int64_t n) { return {n * 1024}; }
constexpr Bytes mib(std::int64_t n) { return {n * 1024 * 1024}; }
constexpr Bytes gib(std::int64_t n) { return {n * 1024 * 1024 * 1024}; }

// 12.5 means 12.5 %.
struct Percent {
  double value = 0;

  friend constexpr auto operator<=>(Percent, Percent) = default;
};

constexpr Bytes percent_of(Percent percent, Bytes whole) {
  return {static_cast<std::int64_t>(static_cast<double>(whole.value) * percent.value / 100.0)};
}

// CPU time per time: 0.5 is half of one CPU.
struct Cores {
  double value = 0;

  friend constexpr auto operator<=>(Cores, Cores) = default;
  friend constexpr Cores operator+(Cores a, Cores b) { return {a.value + b.value}; }
  friend constexpr Cores operator-(Cores a, Cores b) { return {a.value - b.value}; }
  friend constexpr Cores operator*(Cores a, double n) { return {a.value * n}; }
  friend constexpr Cores operator/(Cores a, double n) { return {a.value / n}; }
};

}  // namespace duress
