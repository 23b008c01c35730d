#include "stress/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::stress {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

NodeNow easy() {
  return {.available = gib(1),
          .pressure = {.memory = Percent{0}, .cpu = Percent{9.5}, .io = Percent{0}}};
}

TEST(NodeGuard, LetsAMachineBeThatHasEnough) {
  EXPECT_FALSE(beyond(NodeGuard{.memory = gib(1)}, easy()));
  EXPECT_FALSE(beyond(NodeGuard{.memory = gib(1), .pressure = {.cpu = Percent{10}}}, easy()));
}

TEST(NodeGuard, SaysHowMuchMemoryIsMissing) {
  NodeNow now = easy();
  now.available = gib(1) - Bytes{1};
  EXPECT_THAT(beyond(NodeGuard{.memory = gib(1)}, now).value_or(""),
              HasSubstr("less than the guard of 1 GiB"));
}

TEST(NodeGuard, SaysWhatTasksWaitedFor) {
  const spec::NodePressure guard{.memory = Percent{10}, .cpu = Percent{10}, .io = Percent{10}};
  const auto why = [&](const os::PressureState& now) { return beyond(guard, now).value_or(""); };
  EXPECT_THAT(why({.memory = Percent{10}}),
              AllOf(HasSubstr("for memory 10 %"), HasSubstr("guard of 10 %")));
  EXPECT_THAT(why({.memory = Percent{9.9}, .cpu = Percent{55.26}}), HasSubstr("for a CPU 55.3 %"));
  EXPECT_THAT(why({.io = Percent{100}}), HasSubstr("for disks 100 %"));
}

TEST(NodeGuard, TakesNoGuardThatTheKernelCannotTellOf) {
  const spec::NodePressure guard{.io = Percent{10}};
  EXPECT_FALSE(not_told(guard, easy().pressure));
  EXPECT_THAT(not_told(guard, {.memory = Percent{0}, .cpu = Percent{0}}).value_or(""),
              AllOf(HasSubstr("/proc/pressure/io"), HasSubstr("psi=1")));
  EXPECT_FALSE(not_told({}, {}));
}

TEST(NodeGuard, IsToldInAWordOrTwo) {
  EXPECT_EQ(words_of(spec::NodePressure{}), "");
  EXPECT_EQ(words_of({.memory = Percent{20}, .io = Percent{5}}), "memory 20 %, io 5 %");
}

}  // namespace
}  // namespace duress::stress
