#include "stress/duty_cycle.h"

#include <gtest/gtest.h>

namespace duress::stress {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// Runs `cycles` of 1 ms; each gets at most `most` of what is owed. Returns the CPU time used.
std::int64_t spend(DutyCycle& duty, int cycles, std::int64_t share, std::int64_t most,
                   std::int64_t from = 0, std::int64_t used = 0) {
  for (int i = 1; i <= cycles; ++i) {
    const std::int64_t owed = duty.owed(from + i * kMs, used, share);
    used += owed < most ? owed : most;
  }
  return used;
}

TEST(DutyCycle, GivesItsShareOfTheTime) {
  DutyCycle duty;
  duty.start(0, 0);
  EXPECT_NEAR(static_cast<double>(spend(duty, 1000, DutyCycle::kWhole / 10 * 3, kMs)), 300.0 * kMs,
              0.4 * kMs);
}

TEST(DutyCycle, KeepsPartsBelowANanosecond) {
  DutyCycle duty;
  duty.start(0, 0);
  std::int64_t owed = 0;
  for (int i = 1; i <= 1'000'000; ++i)
    owed = duty.owed(i, 0, 1000);  // a millionth, in steps of 1 ns
  EXPECT_EQ(owed, 1);
}

TEST(DutyCycle, MakesAShortShortageGood) {
  DutyCycle duty;
  duty.start(0, 0);
  std::int64_t used =
      spend(duty, 100, DutyCycle::kWhole / 2, kMs / 4);  // half of the share for 100 ms
  EXPECT_EQ(used, 25 * kMs);
  used = spend(duty, 100, DutyCycle::kWhole / 2, kMs, 100 * kMs, used);
  EXPECT_NEAR(static_cast<double>(used), 100.0 * kMs, 1.0 * kMs);
  EXPECT_EQ(duty.dropped_ns(), 0);
}

TEST(DutyCycle, DropsWhatALongShortageLeftOwing) {
  DutyCycle duty;
  duty.start(0, 0);
  EXPECT_EQ(duty.owed(10'000 * kMs, 0, DutyCycle::kWhole), DutyCycle::kMostDebt);
  EXPECT_EQ(duty.dropped_ns(), 10'000 * kMs - DutyCycle::kMostDebt);
}

TEST(DutyCycle, RemembersTimeUsedTooMuch) {
  DutyCycle duty;
  duty.start(0, 0);
  EXPECT_EQ(duty.owed(kMs, kMs, DutyCycle::kWhole / 2), 0);      // half a millisecond ahead
  EXPECT_EQ(duty.owed(2 * kMs, kMs, DutyCycle::kWhole / 2), 0);  // even
  EXPECT_EQ(duty.owed(3 * kMs, kMs, DutyCycle::kWhole / 2), kMs / 2);
}

}  // namespace
}  // namespace duress::stress
