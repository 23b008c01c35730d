// The support of the integration tests, on the real kernel: a test that cannot see cannot fail.
#include <gtest/gtest.h>
#include <unistd.h>

#include "world.h"

namespace duress::testing {
namespace {

TEST(Support, SeesWhatAnApplicationHolds) {
  Cgroup cgroup;
  App app(cgroup, {"--hold", "50M"});
  EXPECT_GT(cgroup.anon(), 50 * kMiB);
  EXPECT_LT(cgroup.usage(), 53 * kMiB + counter_batch());
  ASSERT_EQ(cgroup.processes(), std::vector<pid_t>{app.pid()});
}

TEST(Support, SeesTheOomKiller) {
  Cgroup cgroup;
  cgroup.limit_memory(100 * kMiB);
  App app(cgroup, {"--after", "100", "--grow-to", "200M", "--rate", "1G"});
  EXPECT_EQ(app.process().wait(), 128 + 9);
  EXPECT_EQ(cgroup.oom_kills(), 1);
}

TEST(Support, LeavesNoCgroupBehind) {
  std::string directory;
  {
    Cgroup cgroup;
    Cgroup child(cgroup, "child");
    directory = cgroup.directory();
    App app(child, {"--spin", "1"});
  }
  EXPECT_NE(::access(directory.c_str(), F_OK), 0);
}

TEST(Support, SeesCpuTime) {
  Cgroup cgroup;
  App app(cgroup, {"--spin", "1"});
  EXPECT_TRUE(wait_until([&] { return cgroup.cpu_seconds() > 0.2; }));
}

}  // namespace
}  // namespace duress::testing
