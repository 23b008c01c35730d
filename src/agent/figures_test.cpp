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
  container.held = mib(50);
  container.oom_kills = 2;
  state.reported[0].report.containers = {container};
  const std::string text = metrics::exposition(figures_of(state));
  const std::string labels =
      R"({experiment="shop/memory",namespace="shop",pod="web",container="app"} )";
  EXPECT_THAT(text, HasSubstr("duress_held_bytes" + labels + "52428800\n"));
  EXPECT_THAT(text, HasSubstr("duress_injected" + labels + "1\n"));
  EXPECT_THAT(text, HasSubstr("duress_oom_kills_total" + labels + "2\n"));
  EXPECT_THAT(text, HasSubstr("duress_agent_loads{node=\"n1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("duress_agent_contact{node=\"n1\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("duress_cpu_got_cores")));  // not asked for
}

TEST(AgentFigures, SayThatThereIsNoContact) {
  EXPECT_THAT(metrics::exposition(figures_of({.node = "n1", .has_contact = false})),
              HasSubstr("duress_agent_contact{node=\"n1\"} 0\n"));
}

}  // namespace
}  // namespace duress::agent
