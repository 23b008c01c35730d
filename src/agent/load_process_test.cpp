#include "agent/load_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::agent {
namespace {

TEST(LoadLine, OfAPlanTellsWhatWasAskedForAndForetold) {
  const auto news = parse_load_line(
      R"({"type":"plan","memory":{"sizeBytes":52428800,"mode":"add","workers":4,"whenOOM":"avoid"},
          "cpu":{"cores":0.5,"workers":1},"notes":["a","b"],
          "foretold":{"answer":"oom","victim":{"name":"duress-memory"},"group":"/kubepods/a","sentence":"s"}})");
  ASSERT_TRUE(news);
  const auto* planned = std::get_if<LoadPlanned>(&*news);
  ASSERT_NE(planned, nullptr);
  EXPECT_EQ(planned->plan.memory, mib(50));
  EXPECT_FALSE(planned->plan.reach);
  EXPECT_EQ(planned->plan.when_oom, "avoid");
  EXPECT_EQ(planned->plan.workers, 5);
  EXPECT_EQ(planned->plan.cpu, Cores{0.5});
  EXPECT_THAT(planned->plan.notes, ::testing::ElementsAre("a", "b"));
  ASSERT_TRUE(planned->foretold);
  EXPECT_EQ(planned->foretold->victim, "duress-memory");
  EXPECT_TRUE(planned->foretold->group);
}

TEST(LoadLine, OfASampleTellsWhatIsHeld) {
  const auto news = parse_load_line(R"({"type":"sample","memory":{"askedBytes":100,"heldBytes":90},
          "cpu":{"askedCores":0.5,"gotCores":0.25},"kills":2,
          "target":{"usageBytes":5,"workingSetBytes":4,"limitBytes":9,"oomKills":3}})");
  ASSERT_TRUE(news);
  const auto& sampled = std::get<LoadSampled>(*news);
  EXPECT_EQ(sampled.held, Bytes{90});
  EXPECT_EQ(sampled.cpu_got, Cores{0.25});
  EXPECT_EQ(sampled.usage, Bytes{5});
  EXPECT_EQ(sampled.working_set, Bytes{4});
  EXPECT_EQ(sampled.limit, Bytes{9});
  EXPECT_EQ(sampled.oom_kills, 3);
  EXPECT_EQ(sampled.kills, 2);
}

TEST(LoadLine, OfTheEndTellsWhy) {
  const auto news = parse_load_line(
      R"({"type":"end","reason":"targetEnded","exitCode":4,"message":"m","kills":2,
          "target":{"usageBeforeBytes":7,"usageAfterBytes":8},"leftBehind":["x"]})");
  ASSERT_TRUE(news);
  const auto& over = std::get<LoadOver>(*news);
  EXPECT_EQ(over.end.reason, "targetEnded");
  EXPECT_EQ(over.exit_code, 4);
  EXPECT_EQ(over.end.kills, 2);
  EXPECT_EQ(over.end.usage_after, Bytes{8});
  EXPECT_THAT(over.end.left_behind, ::testing::ElementsAre("x"));
}

TEST(LoadLine, OfAnyOtherKindIsPassedOver) {
  for (const char* line :
       {"", "{", "[]", "7", R"({"type":7})", R"({"type":"later"})", R"({"type":{}, "memory":[]})"})
    EXPECT_FALSE(parse_load_line(line)) << line;
  // Known kinds with parts of other types than ours.
  EXPECT_TRUE(parse_load_line(R"({"type":"plan","memory":"x","notes":7,"foretold":[]})"));
  EXPECT_TRUE(parse_load_line(R"({"type":"end","target":[],"leftBehind":[1]})"));
}

TEST(LoadProcess, ThatCannotBeStartedTellsWhy) {
  auto load = LoadProcess::start(
      {.program = "/bin/false", .cgroup = "/no-such", .loads = {}, .name = "x", .duration = {}});
  ASSERT_TRUE(load) << load.error().message;
  std::vector<LoadNews> news;
  while (!load->over()) {
    for (LoadNews& item : load->take()) news.push_back(std::move(item));
  }
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(std::get<LoadOver>(news[0]).end.reason, "failed");
}

}  // namespace
}  // namespace duress::agent
