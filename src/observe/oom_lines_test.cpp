#include "observe/oom_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/kernel_log.h"

namespace duress::observe {
namespace {

template <class Line>
Line parsed(std::string_view text) {
  const auto line = parse_oom_line(text);
  if (!line || !std::holds_alternative<Line>(*line)) {
    ADD_FAILURE() << "not that line: " << text;
    return {};
  }
  return std::get<Line>(*line);
}

// Lines of Linux 6.18 and 6.1, as they stood in the log.
TEST(OomLines, TheChoiceNamesBothCgroups) {
  const auto line = parsed<OomChoice>(
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
      "oom_memcg=/pod1,task_memcg=/pod1/c1,task=server,pid=8198,uid=0");
  EXPECT_FALSE(line.by_node);
  EXPECT_EQ(line.oom_cgroup, "/pod1");
  EXPECT_EQ(line.task_cgroup, "/pod1/c1");
  EXPECT_EQ(line.name, "server");
  EXPECT_EQ(line.pid, 8198);
}

TEST(OomLines, TheNodesChoiceHasNoLimit) {
  const auto line = parsed<OomChoice>(
      "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
      "task_memcg=/a,task=x,pid=5,uid=0");
  EXPECT_TRUE(line.by_node);
  EXPECT_EQ(line.oom_cgroup, "");
  EXPECT_EQ(line.task_cgroup, "/a");
}

TEST(OomLines, PathsAndNamesMayHoldCommasAndMarks) {
  const auto line = parsed<OomChoice>(
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/a,b,mems_allowed=0,"
      "oom_memcg=/x,y,task_memcg=/x,y/z=1,task=a,pid=1,b,pid=77,uid=1000");
  EXPECT_EQ(line.oom_cgroup, "/x,y");
  EXPECT_EQ(line.task_cgroup, "/x,y/z=1");
  EXPECT_EQ(line.name, "a,pid=1,b");
  EXPECT_EQ(line.pid, 77);
}

TEST(OomLines, AKillHasItsFigures) {
  const auto line = parsed<OomKilled>(
      "Memory cgroup out of memory: Killed process 8198 (duress-memory) total-vm:24684868kB, "
      "anon-rss:473868kB, file-rss:4kB, shmem-rss:8kB, UID:0 pgtables:972kB oom_score_adj:-988");
  EXPECT_FALSE(line.by_node);
  EXPECT_EQ(line.pid, 8198);
  EXPECT_EQ(line.name, "duress-memory");
  EXPECT_EQ(line.resident, kib(473'880));
  EXPECT_EQ(line.oom_score_adj, -988);
}

TEST(OomLines, AKillByTheNodeIsTold) {
  EXPECT_TRUE(parsed<OomKilled>("Out of memory: Killed process 1 (a) total-vm:1kB, anon-rss:1kB, "
                                "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0")
                  .by_node);
}

TEST(OomLines, ANameMayHoldParenthesesAndTheWordsThatFollowIt) {
  EXPECT_EQ(parsed<OomKilled>("Memory cgroup out of memory: Killed process 1 (a) (b) total-vm) "
                              "total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB")
                .name,
            "a) (b) total-vm");
  EXPECT_EQ(parsed<OomKilled>("Memory cgroup out of memory: Killed process 7 () total-vm:9) "
                              "total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB")
                .name,
            ") total-vm:9");
}

TEST(OomLines, AGroupIsNamed) {
  EXPECT_EQ(
      parsed<OomGroup>("Tasks in /a b/c are going to be killed due to memory.oom.group set").cgroup,
      "/a b/c");
}

TEST(OomLines, OtherLinesAreNone) {
  for (const char* const text :
       {"", "oom-kill:constraint=", "oom-kill:constraint=X,task=a,pid=-1,uid=0",
        "Memory cgroup stats for /a:", "Tasks in /a", "Memory cgroup out of memory: Killed process",
        "Memory cgroup out of memory: Killed process x (a) total-vm:1kB",
        "user: Killed process 1 (a) total-vm:1kB", "oom_reaper: reaped process 1 (a)",
        "[  8198]     0  8198  6171217   118504   118467        0"}) {
    EXPECT_FALSE(parse_oom_line(text)) << text;
  }
}

TEST(KernelRecord, IsItsSequenceAndItsTextWithEscapesUndone) {
  const auto record =
      parse_kernel_record("6,339,5140900,-;a\\x5cb\\x0ac\\xzz\\x4\n SUBSYSTEM=x\n DEVICE=y\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->sequence, 339U);
  EXPECT_EQ(record->text, "a\\b\nc\\xzz\\x4");
}

TEST(KernelRecord, WhatIsNoneIsNone) {
  for (const char* const text : {"", ";", "6;x", "6,x,1,-;y", "6,339,1,-", "text, of; another"})
    EXPECT_FALSE(parse_kernel_record(text)) << text;
}

}  // namespace
}  // namespace duress::observe
