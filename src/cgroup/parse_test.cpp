#include "cgroup/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::cgroup {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(StatValue, FindsAWholeKeyOnly) {
  const char* text = "total_rss_huge 5\ntotal_rss 7\nanon\nfile x\n";
  EXPECT_EQ(stat_value(text, "total_rss"), 7);
  EXPECT_EQ(stat_value(text, "rss"), std::nullopt);
  EXPECT_EQ(stat_value(text, "anon"), std::nullopt);
  EXPECT_EQ(stat_value(text, "file"), std::nullopt);
  EXPECT_EQ(stat_value("", "x"), std::nullopt);
}

TEST(LimitValue, ReadsNoLimitOfBothVersions) {
  EXPECT_EQ(limit_value("max\n"), std::nullopt);
  EXPECT_EQ(limit_value("9223372036854771712\n"), std::nullopt);
  EXPECT_EQ(limit_value("524288000\n"), 524288000);
  EXPECT_EQ(limit_value("-1\n"), std::nullopt);
  EXPECT_EQ(limit_value("99999999999999999999999\n"), std::nullopt);
}

TEST(CountOfList, CountsRangesAndRefusesNonsense) {
  EXPECT_EQ(count_of_list("0-3,7\n"), 5);
  EXPECT_EQ(count_of_list("0\n"), 1);
  EXPECT_EQ(count_of_list("\n"), 0);
  EXPECT_EQ(count_of_list("3-1"), 0);
  EXPECT_EQ(count_of_list("0-99999999"), 0);
  EXPECT_EQ(count_of_list("a-b"), 0);
}

TEST(Mountinfo, UndoesEscapesAndSkipsWhatIsCutOff) {
  const auto lines = parse_mountinfo(
      "29 22 0:25 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
      "30 22 0:26 /docker/x /sys/fs/cgroup/a\\040b rw - cgroup2 cgroup2 rw,nsdelegate\n"
      "31 22 0:27 / /cut rw -\n"
      "\n"
      "nonsense\n");
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].super_options, "rw,memory");
  EXPECT_EQ(lines[1].mount_point, "/sys/fs/cgroup/a b");
  EXPECT_EQ(lines[1].root, "/docker/x");
  EXPECT_EQ(lines[1].type, "cgroup2");
}

TEST(Membership, ReadsBothVersionsAndADeletedCgroup) {
  const auto lines =
      parse_membership("9:name=systemd:/\n4:memory:/a:b\n0::/x (deleted)\nnonsense\n");
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[1].controllers, "memory");
  EXPECT_EQ(lines[1].path, "/a:b");
  EXPECT_EQ(lines[2].controllers, "");
  EXPECT_EQ(lines[2].path, "/x");
}

TEST(StatLine, SurvivesANameWithSpacesAndParentheses) {
  const auto line =
      parse_stat("12 (a) b) c) S 1 12 12 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 1");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->flags, 4194560U);
  EXPECT_EQ(line->start_time, 98765U);
  EXPECT_FALSE(parse_stat("12 (a) S 1"));
  EXPECT_FALSE(parse_stat(""));
}

TEST(ContainerId, KnowsEveryRuntimesNames) {
  const std::string id(64, 'a');
  for (const std::string& name :
       {id, "docker-" + id + ".scope", "cri-containerd-" + id + ".scope", "crio-" + id + ".scope",
        "libpod-" + id + ".scope", "libpod-" + id}) {
    EXPECT_EQ(container_id(name), id) << name;
  }
  for (const std::string& name :
       {"crio-conmon-" + id + ".scope", "libpod-conmon-" + id + ".scope", std::string("pod1"),
        id + "a", std::string(64, 'g'), std::string()}) {
    EXPECT_EQ(container_id(name), std::nullopt) << name;
  }
}

TEST(Split, LeavesEmptyPartsOut) {
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "b"));
  EXPECT_THAT(split("", ','), IsEmpty());
}

TEST(ParseMembership, LeavesOutWhatIsNoPath) {
  EXPECT_TRUE(parse_membership("4:memory:pods\n5:memory:\n").empty());
}

TEST(ParseMountinfo, LeavesOutAMountWithoutAPlace) {
  EXPECT_TRUE(parse_mountinfo("29 22 0:26 /  rw - cgroup cgroup rw,memory\n").empty());
}

}  // namespace
}  // namespace duress::cgroup
