#include "controller/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ControllerFigures, AreToldByTheOneThatLeads) {
  ControllerState state{.replica = "c-1", .leads = true, .knows_all = true};
  state.by_phase = {{"Running", 2}, {"Paused", 1}};
  state.targets = 5;
  state.injected = 4;
  const std::string text = metrics::exposition(figures_of(state));
  for (const char* line :
       {"duress_controller_leads{replica=\"c-1\"} 1\n", "duress_experiments{phase=\"Running\"} 2\n",
        "duress_experiments{phase=\"Paused\"} 1\n", "duress_targets 5\n",
        "duress_targets_injected 4\n"})
    EXPECT_THAT(text, HasSubstr(line));
  state.leads = false;
  const std::string quiet = metrics::exposition(figures_of(state));
  EXPECT_THAT(quiet, HasSubstr("duress_controller_leads{replica=\"c-1\"} 0\n"));
  EXPECT_THAT(quiet, Not(HasSubstr("duress_targets")));
}

}  // namespace
}  // namespace duress::controller
