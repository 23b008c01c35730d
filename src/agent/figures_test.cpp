#include "agent/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AgentFigures, NameEachContainerThatIsStressed) {
  AgentState state{
      .node = "n1", .loads = 1, .has_contact = true, .reported = {{"shop", "memory", {}}}};
  spec::ContainerReport container{.ns = "shop", .pod = "web", .container = "app"};
  container.injection = spec::Injection::kInjected;
  container.asked = mib(51);
  container.held = mib(50);
  container.oom_kills = 2;
  state.reported[0].containers = {
      {container, {.throttled = 7, .placed_after = std::chrono::milliseconds(12)}}};
  const std::string text = metrics::exposition(figures_of(state));
  const std::string labels =
      R"({experiment="shop/memory",namespace="shop",pod="web",container="app"} )";
  EXPECT_THAT(text, HasSubstr("duress_held_bytes" + labels + "52428800\n"));
  EXPECT_THAT(text, HasSubstr("duress_injected" + labels + "1\n"));
  EXPECT_THAT(text, HasSubstr("duress_oom_kills_total" + labels + "2\n"));
  EXPECT_THAT(text, HasSubstr("duress_memory_deviation_bytes" + labels + "-1048576\n"));
  EXPECT_THAT(text, HasSubstr("duress_throttled_periods_total" + labels + "7\n"));
  EXPECT_THAT(text, HasSubstr("duress_injection_seconds" + labels + "0.012\n"));
  EXPECT_THAT(text, HasSubstr("duress_agent_loads{node=\"n1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("duress_agent_contact{node=\"n1\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("duress_cpu_got_cores")));  // not asked for
  EXPECT_THAT(text, Not(HasSubstr("duress_cpu_deviation_cores")));
}

TEST(AgentFigures, TellTheBoundsOfTheNodeAndWhatIsTakenOfThem) {
  const auto text = [](const AgentState& state) { return metrics::exposition(figures_of(state)); };
  const AgentState none{.node = "n1", .taken = {.memory = mib(2), .fills = 1}};
  EXPECT_THAT(text(none), HasSubstr("duress_agent_memory_claimed_bytes{node=\"n1\"} 2097152\n"));
  EXPECT_THAT(text(none), HasSubstr("duress_agent_fills{node=\"n1\"} 1\n"));
  EXPECT_THAT(text(none), Not(HasSubstr("bound")));
  const AgentState both{.node = "n1", .bounds = {.memory = mib(4), .fills = 3}};
  EXPECT_THAT(text(both), HasSubstr("duress_agent_memory_bound_bytes{node=\"n1\"} 4194304\n"));
  EXPECT_THAT(text(both), HasSubstr("duress_agent_fills_bound{node=\"n1\"} 3\n"));
}

TEST(AgentFigures, SayThatThereIsNoContact) {
  EXPECT_THAT(metrics::exposition(figures_of({.node = "n1", .has_contact = false})),
              HasSubstr("duress_agent_contact{node=\"n1\"} 0\n"));
}

}  // namespace
}  // namespace duress::agent
