#include "cgroup/pressure.h"

#include <gtest/gtest.h>

#include "cgroup/fixture_test.h"

namespace duress::cgroup {
namespace {

TEST(Pressure, IsTheTotalsOfBothLines) {
  const auto pressure = parse_pressure(
      "some avg10=0.12 avg60=0.00 avg300=0.00 total=1234\n"
      "full avg10=0.00 avg60=0.00 avg300=0.00 total=567\n");
  ASSERT_TRUE(pressure);
  EXPECT_EQ(pressure->some.count(), 1234);
  EXPECT_EQ(pressure->full.count(), 567);
}

TEST(Pressure, IsUnsetWhereThereIsNoFigure) {
  EXPECT_FALSE(parse_pressure(""));
  EXPECT_FALSE(parse_pressure("some avg10=0.00"));
  EXPECT_FALSE(PressureFiles("").memory());
  const FakeMachine machine(FakeMachine::Files{{"a/cpu.pressure", "some avg10=1.00 total=9\n"}});
  const PressureFiles files(machine.root() + "/a");
  EXPECT_FALSE(files.memory());
  EXPECT_EQ(files.cpu()->some.count(), 9);
}

}  // namespace
}  // namespace duress::cgroup
