#include "stress/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace duress::stress {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/duress-journal-XXXXXX";
    root_ = ::mkdtemp(pattern);
    ::mkdir(cgroup().c_str(), 0755);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  [[nodiscard]] std::string run() const { return root_ + "/run"; }
  [[nodiscard]] std::string cgroup() const { return root_ + "/cgroup"; }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(cgroup() + "/" + file) << text;
  }
  [[nodiscard]] std::string read(const std::string& file) const {
    std::ifstream in(cgroup() + "/" + file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string root_;
};

TEST_F(JournalTest, IsAnOrphanOnlyOnceNobodyHoldsIt) {
  {
    auto journal = Journal::create(run(), "1", "/pod\twith\ttabs");
    ASSERT_TRUE(journal);
    EXPECT_THAT(*orphans(run()), IsEmpty());
  }
  const auto left = orphans(run());
  ASSERT_THAT(*left, SizeIs(1));
  EXPECT_EQ(left->front().about, "/pod\twith\ttabs");
}

TEST_F(JournalTest, IsNotMadeTwice) {
  auto first = Journal::create(run(), "1", "x");
  EXPECT_FALSE(Journal::create(run(), "1", "x"));
}

TEST_F(JournalTest, NoDirectoryIsNoOrphan) { EXPECT_THAT(*orphans(run()), IsEmpty()); }

TEST_F(JournalTest, KeepsChangesInOrder) {
  auto journal = Journal::create(run(), "1", "x");
  ASSERT_TRUE(journal->add({cgroup(), "memory.high", "max", "100"}));
  ASSERT_TRUE(journal->add({cgroup() + "/a\nb", "", "", ""}));
  const auto changes = journal->changes();
  ASSERT_THAT(*changes, SizeIs(2));
  EXPECT_EQ((*changes)[0].before, "max");
  EXPECT_EQ((*changes)[1].directory, cgroup() + "/a\nb");
}

TEST_F(JournalTest, ALineThatWasCutOffIsPassedOver) {
  std::string path;
  {
    auto journal = Journal::create(run(), "1", "x");
    ASSERT_TRUE(journal->add({cgroup(), "memory.high", "max", "100"}));
    path = journal->path();
  }
  std::ofstream(path, std::ios::app) << "change\t/half";
  EXPECT_THAT((*orphans(run()))[0].changes, SizeIs(1));
}

TEST_F(JournalTest, PutsTheFirstValueBackAfterSeveralChanges) {
  write("memory.high", "300\n");
  EXPECT_THAT(
      put_back({{cgroup(), "memory.high", "max", "200"}, {cgroup(), "memory.high", "200", "300"}}),
      IsEmpty());
  EXPECT_THAT(read("memory.high"), ::testing::StartsWith("max"));
}

TEST_F(JournalTest, LeavesAFileAloneThatSomebodyElseChanged) {
  write("memory.high", "777\n");
  EXPECT_THAT(put_back({{cgroup(), "memory.high", "max", "200"}}), IsEmpty());
  EXPECT_EQ(read("memory.high"), "777\n");
}

TEST_F(JournalTest, ReadsTheFlagOfAControlFileOfSeveralLines) {
  write("memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 3\n");
  EXPECT_EQ(*control_value(cgroup(), "memory.oom_control"), "1");
  EXPECT_THAT(put_back({{cgroup(), "memory.oom_control", "0", "1"}}), IsEmpty());
  EXPECT_THAT(read("memory.oom_control"), ::testing::StartsWith("0"));
}

TEST_F(JournalTest, ACgroupThatIsGoneNeedsNothing) {
  EXPECT_THAT(
      put_back({{cgroup() + "/gone", "memory.high", "max", "1"}, {cgroup() + "/gone", "", "", ""}}),
      IsEmpty());
}

TEST_F(JournalTest, RemovesAChildThatWasMade) {
  ::mkdir((cgroup() + "/duress-1").c_str(), 0755);
  EXPECT_THAT(put_back({{cgroup() + "/duress-1", "", "", ""}}), IsEmpty());
  EXPECT_NE(::access((cgroup() + "/duress-1").c_str(), F_OK), 0);
}

}  // namespace
}  // namespace duress::stress
