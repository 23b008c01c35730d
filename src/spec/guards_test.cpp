// spec.guards, as a manifest has them and as flags set them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/fields.h"
#include "spec/manifest.h"

namespace duress::spec {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::expected<Manifest, std::vector<Problem>> with(const std::string& guards,
                                                   const std::string& more = "") {
  return parse_manifest(
      "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: a}\nspec:\n"
      "  selector: {}\n  mode: all\n  stressors: {memory: {workers: 1, size: 50MiB}}\n" +
      more + "  guards: " + guards + "\n");
}

std::string refusal(const std::string& guards, const std::string& more = "") {
  const auto read = with(guards, more);
  std::string out;
  if (read) return out;
  for (const Problem& problem : read.error()) out += format_problem(problem) + "\n";
  return out;
}

TEST(Guards, AreReadFromAManifest) {
  const auto read = with(
      "{nodeMemory: 10%, nodePressure: {memory: 20%, cpu: 80, io: 5%}, restarts: 3, notReadyFor: "
      "1m}");
  ASSERT_TRUE(read) << format_problem(read.error().front());
  const Guards& guards = read->stressors.guards;
  EXPECT_EQ(std::get<Percent>(*guards.node_memory), Percent{10});
  EXPECT_EQ(guards.node_pressure.memory, Percent{20});
  EXPECT_EQ(guards.node_pressure.cpu, Percent{80});
  EXPECT_EQ(guards.node_pressure.io, Percent{5});
  EXPECT_EQ(guards.restarts, 3);
  EXPECT_EQ(guards.not_ready_for, std::chrono::minutes(1));
}

TEST(Guards, AreNoneWhereNoneIsGiven) {
  const auto read = parse_manifest(
      "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: a}\nspec: "
      "{stressors: {cpu: {workers: 1, load: 5}}}\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->stressors.guards, Guards{});
}

TEST(Guards, AreRefusedByTheirOwnPath) {
  EXPECT_THAT(refusal("{nodeMemory: 101%}"),
              AllOf(HasSubstr("spec.guards.nodeMemory"), HasSubstr("101%"), HasSubstr("100%")));
  EXPECT_THAT(refusal("{nodePressure: {memory: 0}}"),
              AllOf(HasSubstr("spec.guards.nodePressure.memory"), HasSubstr("1 to 100")));
  EXPECT_THAT(refusal("{restarts: 0}"),
              AllOf(HasSubstr("spec.guards.restarts"), HasSubstr("1 to 1000")));
  EXPECT_THAT(refusal("{notReadyFor: 0s}"),
              AllOf(HasSubstr("spec.guards.notReadyFor"), HasSubstr("above 0s")));
  EXPECT_THAT(refusal("{nodeMemry: 1GiB}"),
              AllOf(HasSubstr("spec.guards.nodeMemry"), HasSubstr("nodeMemory?")));
  EXPECT_THAT(refusal("{nodePressure: {disk: 5%}}"),
              AllOf(HasSubstr("spec.guards.nodePressure.disk"), HasSubstr("memory, cpu, io")));
  EXPECT_THAT(refusal("{}"), AllOf(HasSubstr("spec.guards"), HasSubstr("do nothing")));
  EXPECT_THAT(refusal("5"), HasSubstr("spec.guards"));
}

TEST(Guards, OnRestartsAreRefusedWhereNothingIsStressedAgain) {
  EXPECT_THAT(refusal("{restarts: 1}", "  restart: end\n"),
              AllOf(HasSubstr("spec.guards.restarts"), HasSubstr("restart: end")));
  EXPECT_EQ(refusal("{restarts: 1}", "  restart: again\n"), "");
}

TEST(Guards, ThatOnlyAClusterHeedsAreDroppedByName) {
  Stressors loads;
  loads.guards = {.node_memory = mib(100), .restarts = 2};
  EXPECT_THAT(drop_cluster_guards(loads), ElementsAre("spec.guards.restarts"));
  EXPECT_EQ(loads.guards, Guards{.node_memory = mib(100)});
  EXPECT_THAT(drop_cluster_guards(loads), IsEmpty());
}

}  // namespace
}  // namespace duress::spec
