#include "kubectl/preflight_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::kubectl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A record of shop/`pod`/app that has this answer; "": none.
kube::Json record(const std::string& pod, const std::string& answer) {
  kube::Json out = {{"id", "shop/" + pod + "/app"}, {"phase", "Not Injected"}};
  if (answer.empty()) {
    out["measured"]["message"] = "the container does not run";
    return out;
  }
  out["measured"] = {{"askedBytes", 3145728000},
                     {"usageBytes", 20971520},
                     {"limitBytes", 524288000},
                     {"forecast", "the sentence of " + pod}};
  out["measured"]["preflight"] = {{"answer", answer},
                                  {"node", "n1"},
                                  {"victim", "sleep (42)"},
                                  {"level", "/kubepods/pod1"},
                                  {"oomGroup", true},
                                  {"reachesBytes", 524288000},
                                  {"evictionInBytes", 1073741824},
                                  {"evicts", false},
                                  {"follows", {"the kubelet restarts it"}},
                                  {"advice", {"ask for less"}}};
  return out;
}

Experiment preflight(const std::string& done, const std::vector<kube::Json>& records) {
  kube::Json object = kube::parse_json(R"({
    "metadata": {"namespace": "shop", "name": "memory-preflight-x"},
    "status": {"phase": "Preflight", "asked": "3000 MiB", "conditions": [
      {"type": "Selected", "status": "True"},
      {"type": "PreflightDone", "message": "1 of 2 foretold"}]}})");
  object["status"]["conditions"][1]["status"] = done;
  object["status"]["experiment"]["containerRecords"] = records;
  return experiment_of(object);
}

TEST(PreflightView, HasARowAndASentenceOfEachContainer) {
  const Experiment told = preflight("True", {record("a", "oomApplication"), record("b", "safe")});
  EXPECT_TRUE(is_foretold(told));
  EXPECT_EQ(preflight_problem(told), "");
  const std::string text = preflight_text(told);
  for (const char* word : {"shop/a/app", "n1", "500 MiB", "20 MiB", "3000 MiB", "oomApplication",
                           "sleep (42)", "yes", "1 GiB", "shop/b/app: the sentence of b"})
    EXPECT_THAT(text, HasSubstr(word));
}

TEST(PreflightView, TellsWhatFollowsOnce) {
  const std::string text =
      preflight_text(preflight("True", {record("a", "oom"), record("b", "oom")}));
  const std::size_t first = text.find("follows  the kubelet restarts it\n");
  ASSERT_NE(first, std::string::npos) << text;
  EXPECT_EQ(text.find("the kubelet restarts it", first + 10), std::string::npos) << text;
  EXPECT_THAT(text, HasSubstr("change   ask for less\n"));
}

TEST(PreflightView, LeavesWithTheWorstOfAllContainers) {
  const auto code = [](const std::vector<kube::Json>& records) {
    return preflight_exit_code(preflight("True", records));
  };
  EXPECT_EQ(code({record("a", "safe")}), 0);
  EXPECT_EQ(code({record("a", "safe"), record("b", "cannotReach")}), 3);
  EXPECT_EQ(code({record("a", "refused"), record("b", "oom")}), 10);
  EXPECT_EQ(code({record("a", "oomApplication"), record("b", "")}), 11);
  EXPECT_EQ(code({record("a", "safe"), record("b", "")}), 1);
  EXPECT_EQ(preflight_exit_code(preflight("False", {record("a", "safe")})), 1);
}

TEST(PreflightView, SaysWhatIsMissing) {
  const Experiment part = preflight("False", {record("a", "safe"), record("b", "")});
  EXPECT_FALSE(is_foretold(part));
  EXPECT_THAT(preflight_problem(part), HasSubstr("1 of 2 foretold"));
  EXPECT_THAT(preflight_text(part), HasSubstr("shop/b/app: the container does not run"));
  const Experiment unseen = experiment_of(kube::parse_json("{}"));
  EXPECT_FALSE(is_foretold(unseen));
  EXPECT_THAT(preflight_problem(unseen), HasSubstr("doctor"));
  const Experiment nothing = experiment_of(kube::parse_json(
      R"({"status": {"phase": "Preflight", "conditions": [{"type": "Selected", "status": "False",
          "reason": "NothingSelected", "message": "no Pod has these labels"}]}})"));
  EXPECT_TRUE(is_foretold(nothing));
  EXPECT_THAT(preflight_problem(nothing), HasSubstr("no Pod has these labels"));
  EXPECT_EQ(preflight_exit_code(nothing), 1);
}

TEST(PreflightView, IsJsonForPrograms) {
  const kube::Json told = preflight_json(preflight("True", {record("a", "oom")}));
  EXPECT_EQ(told["type"], "preflight");
  EXPECT_EQ(told["exitCode"], 10);
  EXPECT_TRUE(told["problem"].is_null());
  const kube::Json& one = told["containers"][0];
  EXPECT_EQ(one["id"], "shop/a/app");
  EXPECT_EQ(one["answer"], "oom");
  EXPECT_EQ(one["limitBytes"], 524288000);
  EXPECT_EQ(one["sentence"], "the sentence of a");
  EXPECT_THAT(told.dump(), Not(HasSubstr("forecast")));
}

}  // namespace
}  // namespace duress::kubectl
