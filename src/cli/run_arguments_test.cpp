#include "cli/run_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

RunArguments parsed(const std::vector<std::string>& words) {
  auto arguments = parse_run_arguments(words);
  EXPECT_TRUE(arguments) << arguments.error().message;
  return arguments ? std::move(*arguments) : RunArguments{};
}

std::string refused(const std::vector<std::string>& words) {
  const auto arguments = parse_run_arguments(words);
  EXPECT_FALSE(arguments);
  if (arguments) return "";
  EXPECT_EQ(arguments.error().code, Code::kUsage);
  return arguments.error().message;
}

TEST(RunArguments, MemoryOfAProcess) {
  const RunArguments got =
      parsed({"--pid", "4711", "--memory", "200MiB", "--workers", "4", "--for", "60s"});
  EXPECT_EQ(std::get<cgroup::ByPid>(got.wanted).pid, 4711);
  ASSERT_TRUE(got.loads.memory);
  EXPECT_EQ(got.loads.memory->workers, 4);
  EXPECT_EQ(got.duration, Duration(std::chrono::seconds(60)));
}

TEST(RunArguments, ValuesMayStandBehindAnEqualsSign) {
  const RunArguments got = parsed({"--container=3f2a91", "--cpu=50%", "--guard=1GiB"});
  EXPECT_EQ(std::get<cgroup::ByContainer>(got.wanted).id, "3f2a91");
  ASSERT_TRUE(got.loads.cpu);
  EXPECT_EQ(std::get<Bytes>(*got.loads.guards.node_memory), gib(1));
}

TEST(RunArguments, AllThatIsWrongIsToldAtOnce) {
  EXPECT_THAT(refused({"--pid", "x", "--memory", "much", "--for", "soon"}),
              AllOf(HasSubstr("--pid"), HasSubstr("--memory"), HasSubstr("--for")));
}

TEST(RunArguments, AnUnknownFlagIsToldWithTheNearest) {
  EXPECT_THAT(refused({"--pid", "4711", "--memroy", "1MiB"}),
              AllOf(HasSubstr("--memroy"), HasSubstr("--memory")));
}

TEST(RunArguments, OneTargetAndNoMore) {
  EXPECT_THAT(refused({"--memory", "1MiB"}), HasSubstr("--pid"));
  EXPECT_THAT(refused({"--pid", "4711", "--cgroup", "/a", "--memory", "1MiB"}),
              AllOf(HasSubstr("--pid"), HasSubstr("--cgroup")));
}

TEST(RunArguments, AFlagCountsOnce) {
  EXPECT_THAT(refused({"--pid", "4711", "--memory", "1MiB", "--memory", "2MiB"}),
              HasSubstr("--memory"));
}

TEST(RunArguments, AFlagWithoutItsValue) {
  EXPECT_THAT(refused({"--pid", "4711", "--memory"}), HasSubstr("--memory"));
}

TEST(RunArguments, ALoadIsNeeded) { EXPECT_FALSE(refused({"--pid", "4711"}).empty()); }

TEST(RunArguments, DurationsAreAboveNothing) {
  EXPECT_THAT(refused({"--pid", "4711", "--memory", "1MiB", "--for", "0s"}), HasSubstr("--for"));
  EXPECT_THAT(refused({"--pid", "4711", "--memory", "1MiB", "--for", "-5s"}), HasSubstr("--for"));
}

TEST(RunArguments, AManifestThatIsNotThere) {
  EXPECT_THAT(refused({"--pid", "4711", "-f", "/no/such/file.yaml"}),
              HasSubstr("/no/such/file.yaml"));
}

TEST(RunArguments, HelpNeedsNothingElse) {
  EXPECT_TRUE(parsed({"--help"}).help);
  EXPECT_THAT(run_help(),
              AllOf(HasSubstr("--memory"), HasSubstr("--when-oom"), HasSubstr("--cpu")));
}

}  // namespace
}  // namespace duress::cli
