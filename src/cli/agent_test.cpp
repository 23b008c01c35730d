#include "cli/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::cli {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

std::string wrong(const std::vector<std::string>& words, const std::string& node = "n1") {
  const auto parsed = parse_agent_arguments(words, node);
  return parsed ? "" : parsed.error().message;
}

TEST(AgentArguments, NeedTheNodesNameFromAFlagOrTheEnvironment) {
  EXPECT_EQ(parse_agent_arguments({}, "n1")->node, "n1");
  EXPECT_EQ(parse_agent_arguments({"--node", "n2"}, "n1")->node, "n2");
  EXPECT_THAT(wrong({}, ""), HasSubstr("NODE_NAME"));
}

TEST(AgentArguments, HaveDefaultsThatAreSafe) {
  const auto parsed = parse_agent_arguments({}, "n1");
  EXPECT_EQ(parsed->disconnected_for, seconds(60));
  EXPECT_EQ(parsed->run_directory, "/run/duress");
  EXPECT_FALSE(parsed->recordings);
}

TEST(AgentArguments, TakeATimeOfAtLeastASecondOrNever) {
  EXPECT_EQ(parse_agent_arguments({"--disconnected-for=5s"}, "n")->disconnected_for, seconds(5));
  EXPECT_EQ(parse_agent_arguments({"--disconnected-for", "0"}, "n")->disconnected_for, seconds(0));
  for (const char* time : {"-1s", "500ms", "soon", "60"})
    EXPECT_THAT(wrong({"--disconnected-for", time}), HasSubstr("--disconnected-for")) << time;
}

TEST(AgentArguments, TakeTheAdministratorsBounds) {
  const auto parsed = parse_agent_arguments({"--most-memory=4Gi", "--most-fills", "3"}, "n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<Bytes>(*parsed->most_memory), gib(4));
  EXPECT_EQ(parsed->most_fills, 3U);
  EXPECT_EQ(std::get<Percent>(*parse_agent_arguments({"--most-memory", "25%"}, "n")->most_memory),
            Percent{25});
  EXPECT_FALSE(parse_agent_arguments({}, "n")->most_memory);
  for (const char* size : {"0", "101%", "0%", "lots"})
    EXPECT_THAT(wrong({"--most-memory", size}), HasSubstr("--most-memory")) << size;
  EXPECT_THAT(wrong({"--most-fills=-1"}), HasSubstr("--most-fills"));
}

TEST(AgentArguments, MayRecordNothing) {
  EXPECT_EQ(parse_agent_arguments({"--recordings", ""}, "n")->recordings, "");
}

TEST(AgentArguments, TellAllThatIsWrong) {
  const std::string said = wrong({"--nod", "x", "--kubeconfig"}, "");
  EXPECT_THAT(said, HasSubstr("did you mean --node?"));
  EXPECT_THAT(said, HasSubstr("--kubeconfig: a value is missing"));
  EXPECT_THAT(said, HasSubstr("the node's name is missing"));
}

}  // namespace
}  // namespace duress::cli
