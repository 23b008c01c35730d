#include "cli/controller_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::cli {
namespace {

using testing::HasSubstr;

TEST(ControllerArguments, NeedsNone) {
  const auto read = parse_controller_arguments({});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->release_timeout, std::chrono::seconds(75));
  EXPECT_FALSE(read->namespace_filter);
  EXPECT_EQ(read->ns, "");
}

TEST(ControllerArguments, TakesBothWaysOfGivingAValue) {
  const auto read = parse_controller_arguments(
      {"--namespace=a", "--lease-namespace", "b", "--release-timeout=90s", "--namespace-filter",
       "--replica", "one", "--context=c", "--agents=app=agent,of=this"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ns, "a");
  EXPECT_EQ(read->lease_namespace, "b");
  EXPECT_EQ(read->release_timeout, std::chrono::seconds(90));
  EXPECT_TRUE(read->namespace_filter);
  EXPECT_EQ(read->replica, "one");
  EXPECT_EQ(read->context, "c");
  EXPECT_EQ(read->agents, "app=agent,of=this");
}

TEST(ControllerArguments, AllowsNothingByItself) {
  const auto read = parse_controller_arguments({});
  ASSERT_TRUE(read);
  const controller::Bounds& bounds = read->bounds;
  EXPECT_FALSE(bounds.node_critical || bounds.static_pods || bounds.host_pid);
  EXPECT_EQ(bounds.targets, 0U);
}

TEST(ControllerArguments, TakesTheAdministratorsBounds) {
  const auto read = parse_controller_arguments(
      {"--allow-node-critical", "--allow-static-pods=false", "--allow-host-pid=true",
       "--most-targets", "20", "--protected-namespaces=kube-system, bank,"});
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->bounds.node_critical);
  EXPECT_FALSE(read->bounds.static_pods);
  EXPECT_TRUE(read->bounds.host_pid);
  EXPECT_EQ(read->bounds.targets, 20U);
  EXPECT_EQ(read->bounds.protected_spaces, (std::set<std::string>{"bank", "kube-system"}));
  const auto wrong = parse_controller_arguments({"--most-targets=-1"});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("--most-targets: -1 is not allowed"));
}

TEST(ControllerArguments, TellsEverythingThatIsWrong) {
  const auto read = parse_controller_arguments(
      {"--namespaces", "--release-timeout=0s", "--namespace-filter=maybe", "--replica"});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kUsage);
  EXPECT_THAT(read.error().message, HasSubstr("did you mean --namespace?"));
  EXPECT_THAT(read.error().message, HasSubstr("--release-timeout: 0s is not allowed"));
  EXPECT_THAT(read.error().message, HasSubstr("true or false"));
  EXPECT_THAT(read.error().message, HasSubstr("--replica: a value is missing"));
}

TEST(ControllerArguments, HelpWinsOverWhatIsWrong) {
  const auto read = parse_controller_arguments({"--nonsense", "--help"});
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->help);
}

}  // namespace
}  // namespace duress::cli
