// `duress rehearse` as a user calls it: the article's story asserted, exit codes, files, and that
// nothing is left, whatever ends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "world.h"

namespace duress::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kArticle = DURESS_EXAMPLES "/article/";

// Cgroups, directories and processes of any rehearsal; this program runs one at a time.
std::vector<std::string> left_behind() {
  std::vector<std::string> out;
  for (const char* place :
       {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/pids",
        "/sys/fs/cgroup/unified", "/run/duress", "/var/lib/duress"}) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(place, none)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("duress-rehearse-") || name.starts_with("rehearse-"))
        out.push_back(entry.path());
    }
  }
  for (const pid_t pid : processes_named("hello")) out.push_back("hello " + std::to_string(pid));
  return out;
}

std::vector<std::string> on_article(const std::string& experiment, std::vector<std::string> more) {
  std::vector<std::string> words = {"rehearse",
                                    "-f",
                                    std::string(kArticle) + "app.yaml",
                                    "-f",
                                    std::string(kArticle) + experiment,
                                    "--command",
                                    "hello-world=" DURESS_HELLO,
                                    "--node-memory",
                                    "16Gi"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// The same application by flags alone, without probes.
std::vector<std::string> on_flags(std::vector<std::string> more) {
  std::vector<std::string> words = {"rehearse", "--limit-memory", "500Mi", "--request-memory",
                                    "200Mi",    "--node-memory",  "16Gi",  "--memory",
                                    "3000MiB",  "--workers",      "4",     "-o",
                                    "jsonl"};
  words.insert(words.end(), more.begin(), more.end());
  words.insert(words.end(), {"--", DURESS_HELLO});
  return words;
}

nlohmann::json container_of(Duress& duress) { return (*duress.last("end"))["containers"][0]; }

bool was_told(Duress& duress, const std::string& reason, const std::string& text) {
  for (const nlohmann::json& line : duress.lines()) {
    if (line.value("type", "") == "event" && line.value("reason", "") == reason &&
        line.value("message", "").find(text) != std::string::npos)
      return true;
  }
  return false;
}

// What is to be seen has been seen: its time need not be waited for.
template <class Condition>
std::optional<int> ended_after(Duress& duress, Condition condition) {
  EXPECT_TRUE(wait_until([&] { return condition() || !duress.process().alive(); }, seconds(60)));
  duress.process().signal(SIGINT);
  return duress.process().wait(seconds(30));
}

class Rehearse : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(wait_until([] { return left_behind().empty(); }, seconds(10)))
        << left_behind().front();
  }
};

TEST_F(Rehearse, FiftyMiBByFourWorkersRaiseTheContainerByFifty) {
  Duress duress(on_article(
      "memory.yaml", {"--start-after", "3s", "--for", is_v2() ? "25s" : "9s", "-o", "jsonl"}));
  EXPECT_EQ(duress.process().wait(seconds(40)), 0) << duress.process().errors();
  // A request that is served takes 24 MiB for a moment: the lowest look is the one between, without
  // the load, and with all of it. On emulated CPUs one is always being served.
  const std::int64_t served = 24 * kMiB * (is_emulated() ? 2 : 1);
  std::optional<std::int64_t> before;
  std::optional<std::int64_t> during;
  for (const nlohmann::json& line : duress.lines()) {
    if (line.value("type", "") != "look") continue;
    const nlohmann::json& one = line["containers"][0];
    if (!one.contains("usageBytes")) continue;
    const nlohmann::json load = one["loads"].empty() ? nlohmann::json::object() : one["loads"][0];
    const bool on = load.value("on", false);
    if (on && (!load["heldBytes"].is_number() || load["heldBytes"] < 50 * kMiB)) continue;
    auto& figure = on ? during : before;
    const auto usage = one["usageBytes"].get<std::int64_t>();
    figure = std::min(figure.value_or(usage), usage);
  }
  ASSERT_TRUE(before && during);
  EXPECT_GE(*during - *before, 50 * kMiB - served);
  EXPECT_LE(*during - *before, 50 * kMiB + served + 2 * kMiB);
  EXPECT_TRUE(was_told(duress, "Reached", ""));
  EXPECT_EQ(container_of(duress)["fate"], "survived");
  EXPECT_EQ(container_of(duress)["foretold"], "safe");
}

TEST_F(Rehearse, TheLivenessProbeEndsTheStressAndTheVerdictSaysSo) {
  Duress duress(on_article("memory-3000.yaml", {"--for", "300s", "-o", "jsonl"}));
  EXPECT_EQ(duress.process().wait(seconds(90)), 12) << duress.process().errors();
  EXPECT_TRUE(was_told(duress, "Unhealthy", "Liveness probe failed: Get \"http://10.88."));
  EXPECT_TRUE(was_told(duress, "Unhealthy", "context deadline exceeded"));
  EXPECT_TRUE(was_told(duress, "Killing",
                       "Container hello-world failed liveness probe, will be restarted"));
  const nlohmann::json one = container_of(duress);
  EXPECT_EQ(one["fate"], "restarted");
  EXPECT_EQ(one["restarts"], 1);
  EXPECT_EQ(one["lastExitCode"], 1);
  EXPECT_EQ(one["lastReason"], "Error");
  EXPECT_EQ(one["verdict"]["finding"], "restartedByLiveness");
  EXPECT_THAT(one["verdict"]["sentence"].get<std::string>(), HasSubstr("the stress ended"));
}

TEST_F(Rehearse, WithoutProbesTheSawtoothIsCountedAndTheApplicationSpared) {
  Duress duress(on_flags({"--no-oom-group", "--then", "regrow", "--max-kills", "0", "--for",
                          is_v2() ? "40s" : "10s"}));
  EXPECT_EQ(duress.process().wait(seconds(60)), 0) << duress.process().errors();
  const nlohmann::json one = container_of(duress);
  EXPECT_EQ(one["oomScoreAdj"], 988);
  EXPECT_EQ(one["foretold"], "oom");
  EXPECT_EQ(one["fate"], "survived");
  EXPECT_EQ(one["verdict"]["finding"], "stressorOomKilled");
  EXPECT_GE(one["verdict"]["stressorKills"].get<int>(), 3);
  EXPECT_GE(one["verdict"]["sawtooth"].get<int>(), 2);
  EXPECT_EQ(one["verdict"]["asForetold"], true);
}

TEST_F(Rehearse, AGroupKillTakesTheApplicationAsACurrentKubeletHasIt) {
  if (!is_v2()) GTEST_SKIP() << "v1 never kills groups";
  Duress duress(on_flags({"--for", "300s"}));
  const auto code = ended_after(duress, [&] { return was_told(duress, "BackOff", ""); });
  EXPECT_EQ(code, 11) << duress.process().errors();
  const nlohmann::json one = container_of(duress);
  EXPECT_EQ(one["foretold"], "oomApplication");
  EXPECT_EQ(one["fate"], "killed");
  EXPECT_EQ(one["lastReason"], "OOMKilled");
  EXPECT_EQ(one["lastExitCode"], 137);
  EXPECT_EQ(one["verdict"]["finding"], "groupKilled");
}

struct Policy {
  const char* name;
  const char* foretold;
  const char* fate;
};

class RehearsePolicy : public Rehearse, public ::testing::WithParamInterface<Policy> {};

TEST_P(RehearsePolicy, EndsAsForetold) {
  const Policy& policy = GetParam();
  Duress duress(
      on_flags({"--no-oom-group", "--when-oom", policy.name, "--for", is_v2() ? "30s" : "6s"}));
  const auto code = duress.process().wait(seconds(60));
  EXPECT_EQ(code, std::string(policy.fate) == "killed" ? 11 : 0) << duress.process().errors();
  const nlohmann::json one = container_of(duress);
  EXPECT_EQ(one["foretold"], policy.foretold);
  EXPECT_EQ(one["fate"], policy.fate);
}
INSTANTIATE_TEST_SUITE_P(All, RehearsePolicy,
                         ::testing::Values(Policy{"natural", "oom", "survived"},
                                           Policy{"avoid", "cannotReach", "survived"},
                                           Policy{"appFirst", "oomApplication", "killed"}),
                         [](const auto& param) { return std::string(param.param.name); });

struct Class {
  const char* name;
  std::vector<std::string> flags;
  int score;
};

class RehearseClass : public Rehearse, public ::testing::WithParamInterface<Class> {};

TEST_P(RehearseClass, HasTheScoreThatAKubeletGives) {
  std::vector<std::string> words = {
      "rehearse", "--node-memory", "16Gi", "--memory", "20MiB", "--for", "4s", "-o", "jsonl"};
  words.insert(words.end(), GetParam().flags.begin(), GetParam().flags.end());
  words.insert(words.end(), {"--", DURESS_HELLO});
  Duress duress(words);
  EXPECT_EQ(duress.process().wait(seconds(30)), 0) << duress.process().errors();
  const nlohmann::json one = container_of(duress);
  EXPECT_EQ(one["qosClass"], GetParam().name);
  // Without CAP_SYS_RESOURCE nothing goes below what this program has; that is noted.
  const int least = can_lower_oom_score() ? -1000 : 0;
  EXPECT_EQ(one["oomScoreAdj"], std::max(GetParam().score, least));
  if (GetParam().score < least) {
    EXPECT_THAT((*duress.last("begin"))["notes"].dump(), HasSubstr("CAP_SYS_RESOURCE"));
  }
}
INSTANTIATE_TEST_SUITE_P(
    All, RehearseClass,
    ::testing::Values(
        Class{"Guaranteed", {"--limit-memory", "500Mi", "--limit-cpu", "1"}, -997},
        Class{"Burstable", {"--limit-memory", "500Mi", "--request-memory", "200Mi"}, 988},
        Class{"BestEffort", {}, 1000}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(Rehearse, ARestartedContainerIsStressedAgain) {
  const std::string directory = ::testing::TempDir() + "duress-rehearse-cli";
  std::filesystem::create_directories(directory);
  const std::string experiment = directory + "/again.yaml";
  std::string text = slurp(std::string(kArticle) + "memory-3000.yaml");
  text.replace(text.find("restart: end"), 12, "restart: again");
  std::ofstream(experiment) << text;
  Duress duress({"rehearse", "-f", std::string(kArticle) + "app.yaml", "-f", experiment,
                 "--command", "hello-world=" DURESS_HELLO, "--for", "300s", "-o", "jsonl"});
  const auto code = ended_after(duress, [&] { return was_told(duress, "AppliedAgain", ""); });
  EXPECT_EQ(code, 12) << duress.process().errors();
  EXPECT_TRUE(was_told(duress, "AppliedAgain", ""));
  std::filesystem::remove_all(directory);
}

TEST_F(Rehearse, WritesReportAndJunit) {
  const std::string directory = ::testing::TempDir() + "duress-rehearse-files";
  std::filesystem::create_directories(directory);
  Duress duress({"rehearse", "--limit-memory", "100Mi", "--memory", "20MiB", "--for", "4s",
                 "--report", directory + "/r.html", "--junit", directory + "/j.xml", "-o", "json",
                 "--", DURESS_HELLO});
  EXPECT_EQ(duress.process().wait(seconds(30)), 0) << duress.process().errors();
  EXPECT_THAT(slurp(directory + "/r.html"), HasSubstr("<svg"));
  EXPECT_THAT(slurp(directory + "/j.xml"), HasSubstr("tests=\"1\" failures=\"0\" errors=\"0\""));
  std::filesystem::remove_all(directory);
}

TEST_F(Rehearse, CtrlCEndsItInOrder) {
  Duress duress(on_flags({"--when-oom", "avoid"}));
  ASSERT_TRUE(wait_until([&] { return was_told(duress, "Applied", ""); }, seconds(30)));
  duress.process().signal(SIGINT);
  EXPECT_EQ(duress.process().wait(seconds(20)), 0) << duress.process().errors();
  EXPECT_THAT((*duress.last("end"))["leftBehind"], IsEmpty());
}

TEST_F(Rehearse, KilledItLeavesNothing) {
  Duress duress(on_flags({"--when-oom", "avoid"}));
  ASSERT_TRUE(wait_until([&] { return was_told(duress, "Applied", ""); }, seconds(30)));
  duress.process().signal(SIGKILL);
  EXPECT_TRUE(wait_until(
      [] {
        return left_behind().empty() && processes_named("duress-memory").empty() &&
               processes_named("duress-warden").empty();
      },
      seconds(15)));
}

TEST_F(Rehearse, WhatIsWrongIsToldBeforeAnythingStarts) {
  Duress duress({"rehearse", "-f", std::string(kArticle) + "memory.yaml"});
  EXPECT_EQ(duress.process().wait(), 2);
  EXPECT_THAT(duress.process().errors(), HasSubstr("Pod"));
  Duress other({"rehearse", "-f", std::string(kArticle) + "app.yaml", "--command",
                "hello-wrld=/bin/true", "--for", "5s"});
  EXPECT_EQ(other.process().wait(), 2);
  EXPECT_THAT(other.process().errors(), HasSubstr("hello-world"));
}

TEST_F(Rehearse, AProgramThatCannotBeStartedIsNeverReady) {
  Duress duress({"rehearse", "--limit-memory", "100Mi", "--memory", "20MiB", "--for", "4s", "-o",
                 "json", "--", "/no/such/program"});
  const auto code = duress.process().wait(seconds(30));
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 13) << duress.process().output();
}

}  // namespace
}  // namespace duress::testing
