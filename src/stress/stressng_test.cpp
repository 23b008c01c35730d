#include "stress/stressng.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::stress {
namespace {

using ::testing::ElementsAre;

spec::Stressors both() {
  spec::Stressors loads;
  loads.memory.emplace();
  loads.memory->size = mib(50);
  loads.memory->workers = 2;
  loads.cpu.emplace();
  return loads;
}

TEST(StressNg, IsNotAskedForWithoutOptions) {
  EXPECT_FALSE(stressng_arguments(both()));
  EXPECT_TRUE(without_stressng(both()).memory);
}

TEST(StressNg, TakesTheLoadThatHasOptionsAndLeavesTheOther) {
  spec::Stressors loads = both();
  loads.memory->options = {"--vm-method all", "--vm-hang 0"};
  EXPECT_THAT(*stressng_arguments(loads),
              ElementsAre("stress-ng", "--temp-path", "/tmp", "--vm", "2", "--vm-keep",
                          "--vm-bytes", "52428800", "--vm-method", "all", "--vm-hang", "0"));
  EXPECT_FALSE(without_stressng(loads).memory);
  EXPECT_TRUE(without_stressng(loads).cpu);
}

TEST(StressNg, SizeOfEachWorkerIsMultiplied) {
  spec::Stressors loads = both();
  loads.memory->options = {"--vm-populate"};
  loads.memory->size_of = spec::SizeOf::kWorker;
  EXPECT_EQ((*stressng_arguments(loads))[7], "104857600");
}

TEST(StressNg, ItsOwnStressorsWinOverBothLoads) {
  spec::Stressors loads = both();
  loads.stressng = "--cpu 2  --cpu-load 30";
  EXPECT_THAT(*stressng_arguments(loads),
              ElementsAre("stress-ng", "--temp-path", "/tmp", "--cpu", "2", "--cpu-load", "30"));
  EXPECT_FALSE(without_stressng(loads).memory);
  EXPECT_FALSE(without_stressng(loads).cpu);
}

}  // namespace
}  // namespace duress::stress
