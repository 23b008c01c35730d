#include "observe/workers.h"

#include <gtest/gtest.h>

#include "cgroup/fixture_test.h"

namespace duress::observe {
namespace {

using cgroup::FakeMachine;

WorkerUse look(Workers& workers, std::vector<pid_t> memory, std::vector<pid_t> cpu = {}) {
  return workers.look(memory, cpu);
}

TEST(Workers, AreCountedByTheirNameAndTheirMemoryTree) {
  const FakeMachine machine({{"7/comm", "app\n"},
                             {"8/comm", "duress-memory\n"},
                             {"8/statm", "900 50 1 1 0 50 0\n"},
                             {"8/schedstat", "1000 2 3\n"},
                             {"9/comm", "duress-cpu\n"},
                             {"9/statm", "900 7 1 1 0 50 0\n"},
                             {"9/schedstat", "500 2 3\n"}});
  Workers workers(machine.root(), Bytes{4096});
  const WorkerUse use = look(workers, {8, 7}, {9, 7, 8});
  EXPECT_EQ(use.memory, 1);
  EXPECT_EQ(use.cpu, 1);
  EXPECT_EQ(use.resident, Bytes{50 * 4096});
  EXPECT_EQ(use.used, std::chrono::nanoseconds(1500));
}

TEST(Workers, AreSeenThoughTheyNameThemselvesLater) {
  const FakeMachine machine({{"8/comm", "duress\n"}, {"8/statm", "900 50 1 1 0 50 0\n"}});
  Workers workers(machine.root(), Bytes{4096});
  EXPECT_FALSE(look(workers, {8}).any());
  machine.put("8/comm", "duress-memory\n");
  EXPECT_EQ(look(workers, {8}).memory, 1);
}

TEST(Workers, SettledProcessIsNotAskedAgain) {
  const FakeMachine machine(FakeMachine::Files{{"7/comm", "app\n"}});
  Workers workers(machine.root(), Bytes{4096});
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(look(workers, {7}).any());
  machine.put("7/comm", "duress-memory\n");
  EXPECT_FALSE(look(workers, {7}).any());
  EXPECT_FALSE(look(workers, {}).any());
  EXPECT_TRUE(look(workers, {7}).any()) << "another process under the same number";
}

TEST(Workers, ThatEndedHoldNothing) {
  const FakeMachine machine({{"8/comm", "duress-memory\n"}, {"8/statm", "900 50 1 1 0 50 0\n"}});
  Workers workers(machine.root(), Bytes{4096});
  EXPECT_EQ(look(workers, {8}).resident, Bytes{50 * 4096});
  std::filesystem::remove_all(machine.root() + "/8");
  EXPECT_FALSE(look(workers, {8}).any());
}

}  // namespace
}  // namespace duress::observe
