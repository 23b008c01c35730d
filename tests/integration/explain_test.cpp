// What `duress explain` finds in the recordings of real runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

#include "world.h"

namespace duress::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

std::vector<std::string> application(const std::string& hold, int oom_score_adj,
                                     std::vector<std::string> more = {}) {
  std::vector<std::string> out = {"--hold", hold, "--oom-score-adj", std::to_string(oom_score_adj)};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

// A limit of 500 MiB, and a run that is recorded.
class Scene {
 public:
  explicit Scene(std::int64_t limit = 500 * kMiB)
      : file_(::testing::TempDir() + "duress-it-" + std::to_string(::getpid()) + ".duress") {
    cgroup.limit_memory(limit);
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() { std::filesystem::remove(file_); }

  [[nodiscard]] std::vector<std::string> arguments(std::vector<std::string> more) const {
    for (const char* word : {"--guard", "100MiB", "--record"}) more.emplace_back(word);
    more.push_back(file_);
    return run_on(cgroup, std::move(more));
  }
  // The recorder may still be writing when the run, or what was killed of it, has ended.
  [[nodiscard]] nlohmann::json verdict() const {
    nlohmann::json out;
    (void)wait_until(
        [&] {
          Process explain({Duress::program(), "explain", file_, "-o", "json"}, nullptr);
          if (explain.wait() != 0) return false;
          out = nlohmann::json::parse(explain.output(), nullptr, false);
          return out.is_object() && out["recording"]["complete"].get<bool>();
        },
        seconds(5));
    return out;
  }
  [[nodiscard]] const std::string& file() const { return file_; }

  Cgroup cgroup;

 private:
  std::string file_;
};

std::string sentence(const nlohmann::json& verdict) { return verdict.value("sentence", ""); }

TEST(Explain, AFineRun) {
  Scene scene;
  App app(scene.cgroup, application("38M", 988));
  Duress duress(scene.arguments({"--memory", "50MiB", "--workers", "4", "--for", "3s"}));
  EXPECT_EQ(duress.process().wait(seconds(30)), 0) << duress.process().errors();
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "fine") << verdict.dump(1);
  EXPECT_EQ(verdict["severity"], "good");
  EXPECT_EQ(verdict["applicationSurvived"], true);
  EXPECT_THAT(sentence(verdict), HasSubstr("50 MiB were held"));
  EXPECT_EQ(verdict["asForetold"], true) << verdict["foretold"];
}

TEST(Explain, AStressorThatWasOomKilledAndTheApplicationSpared) {
  Scene scene;
  App app(scene.cgroup, application("100M", 500));
  Duress duress(scene.arguments({"--memory", "3000MiB", "--oom-score-adj", "988", "--for", "60s"}));
  EXPECT_EQ(duress.process().wait(seconds(60)), 5) << duress.process().errors();
  EXPECT_TRUE(app.alive());
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "stressorOomKilled") << verdict.dump(1);
  EXPECT_EQ(verdict["severity"], "notice");
  EXPECT_EQ(verdict["stressorKills"], 1);
  EXPECT_EQ(verdict["applicationKills"], 0);
  EXPECT_EQ(verdict["applicationSurvived"], true);
  EXPECT_THAT(verdict["evidence"].dump(), HasSubstr("OOMKilled"));
  EXPECT_EQ(verdict["asForetold"], true) << verdict["foretold"];
}

TEST(Explain, TheSawtoothOfAStressorThatIsRegrown) {
  Scene scene;
  App app(scene.cgroup, application("100M", 500));
  Duress duress(scene.arguments({"--memory", "3000MiB", "--oom-score-adj", "988", "--then",
                                 "regrow", "--for", is_v2() ? "90s" : "9s"}));
  EXPECT_TRUE(wait_until([&] { return scene.cgroup.oom_kills() >= 3; }, seconds(60)));
  duress.process().signal(SIGTERM);
  EXPECT_EQ(duress.process().wait(seconds(30)), 0);
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "stressorOomKilled") << verdict.dump(1);
  EXPECT_EQ(verdict["stressorKills"], scene.cgroup.oom_kills());
  EXPECT_GE(verdict["sawtooth"].get<int>(), 2);
  EXPECT_TRUE(app.alive());
}

TEST(Explain, AnApplicationThatTheStressKilled) {
  Scene scene;
  App app(scene.cgroup, application("200M", 988));
  Duress duress(scene.arguments({"--memory", "3000MiB", "--oom-score-adj", "0", "--for", "60s"}));
  EXPECT_EQ(app.process().wait(seconds(60)), 128 + SIGKILL);
  EXPECT_TRUE(duress.process().wait(seconds(30)).has_value());
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "appOomKilledByStress") << verdict.dump(1);
  EXPECT_EQ(verdict["severity"], "bad");
  EXPECT_EQ(verdict["applicationSurvived"], false);
  EXPECT_EQ(verdict["applicationKills"], 1);
  EXPECT_THAT(sentence(verdict), HasSubstr("would have fitted"));
  EXPECT_EQ(verdict["asForetold"], true) << verdict["foretold"];
}

TEST(Explain, AnApplicationThatItsOwnGrowthKilled) {
  Scene scene;
  App app(scene.cgroup, application("50M", 988,
                                    {"--after", "3000", "--grow-to", "3000M", "--rate",
                                     is_v2() ? "50M" : "150M"}));
  Duress duress(scene.arguments({"--memory", "20MiB", "--oom-score-adj", "0", "--for", "300s"}));
  EXPECT_EQ(app.process().wait(seconds(120)), 128 + SIGKILL);
  EXPECT_EQ(duress.process().wait(seconds(30)), 4);
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "appOomKilledByItself") << verdict.dump(1);
  EXPECT_EQ(verdict["severity"], "bad");
  EXPECT_THAT(sentence(verdict), HasSubstr("own growth"));
}

TEST(Explain, AWholeContainer) {
  if (!is_v2()) GTEST_SKIP() << "v1 never kills groups";
  Scene scene;
  ASSERT_TRUE(scene.cgroup.write("memory.oom.group", "1"));
  App app(scene.cgroup, application("100M", 988));
  Duress duress(scene.arguments({"--memory", "3000MiB", "--for", "60s"}));
  EXPECT_EQ(app.process().wait(seconds(60)), 128 + SIGKILL);
  EXPECT_TRUE(duress.process().wait(seconds(60)).has_value());
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "groupKilled") << verdict.dump(1);
  EXPECT_EQ(verdict["applicationSurvived"], false);
  EXPECT_THAT(sentence(verdict), HasSubstr("whole container"));
  EXPECT_EQ(verdict["asForetold"], true) << verdict["foretold"];
}

TEST(Explain, ALimitThatWasChanged) {
  Scene scene(400 * kMiB);
  App app(scene.cgroup, application("38M", 988));
  Duress duress(scene.arguments({"--memory", "25%", "--for", "60s"}));
  ASSERT_TRUE(duress.reached());
  std::this_thread::sleep_for(milliseconds(500));
  scene.cgroup.limit_memory(600 * kMiB);
  EXPECT_TRUE(wait_until([&] { return scene.cgroup.usage() > 180 * kMiB; }, seconds(30)));
  duress.process().signal(SIGTERM);
  EXPECT_EQ(duress.process().wait(), 0);
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "limitChanged") << verdict.dump(1);
  EXPECT_THAT(sentence(verdict), AllOf(HasSubstr("from 400 MiB"), HasSubstr("to 600 MiB")));
}

TEST(Explain, TheGuard) {
  Scene scene;
  App app(scene.cgroup, application("38M", 988));
  const std::string info = slurp("/proc/meminfo");
  const std::int64_t available = std::atoll(info.c_str() + info.find("MemAvailable:") + 13) * 1024;
  Duress duress(
      run_on(scene.cgroup, {"--memory", "50MiB", "--for", "600s", "--guard",
                            std::to_string(available - 200 * kMiB), "--record", scene.file()}));
  ASSERT_TRUE(duress.reached()) << duress.process().errors();
  Cgroup other;
  App eater(other, {"--hold", "500M"});
  EXPECT_EQ(duress.process().wait(seconds(30)), 6);
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "guard") << verdict.dump(1);
  EXPECT_EQ(verdict["severity"], "notice");
  EXPECT_THAT(sentence(verdict), HasSubstr("less than the guard of"));
}

TEST(Explain, ASupervisorThatWasKilled) {
  Scene scene;
  App app(scene.cgroup, application("38M", 988));
  Duress duress(scene.arguments({"--memory", "50MiB", "--for", "60s"}));
  ASSERT_TRUE(duress.reached());
  duress.process().signal(SIGKILL);
  EXPECT_EQ(duress.process().wait(), 128 + SIGKILL);
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "supervisorKilled") << verdict.dump(1);
  EXPECT_TRUE(app.alive());
  EXPECT_EQ(verdict["applicationSurvived"], true);
}

TEST(Explain, AThrottledApplication) {
  Scene scene;
  scene.cgroup.limit_cpu(0.2);
  App app(scene.cgroup, application("10M", 988, {"--load", "10"}));
  Duress duress(scene.arguments({"--cpu", "50%", "--for", is_v2() ? "20s" : "5s"}));
  EXPECT_EQ(duress.process().wait(seconds(120)), 0) << duress.process().errors();
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "throttled") << verdict.dump(1);
  EXPECT_THAT(sentence(verdict), HasSubstr("CPU quota"));
}

TEST(Explain, ALevelThatTheLimitHasNoRoomFor) {
  Scene scene;
  App app(scene.cgroup, application("38M", 988));
  Duress duress(scene.arguments(
      {"--memory", "3000MiB", "--when-oom", "avoid", "--for", is_v2() ? "40s" : "5s"}));
  EXPECT_EQ(duress.process().wait(seconds(180)), 0) << duress.process().errors();
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "notReached") << verdict.dump(1);
  EXPECT_THAT(sentence(verdict), HasSubstr("the limit of 500 MiB has room for"));
  EXPECT_EQ(verdict["asForetold"], true) << verdict["foretold"];
  EXPECT_EQ(verdict["applicationSurvived"], true);
}

TEST(Explain, AStressorThatDuressEndedInTheOomKillersPlace) {
  Scene scene;
  App app(scene.cgroup, application("100M", 988));
  Duress duress(
      scene.arguments({"--memory", "3000MiB", "--when-oom", "stressorFirst", "--for", "60s"}));
  EXPECT_EQ(duress.process().wait(seconds(60)), 5) << duress.process().errors();
  const auto verdict = scene.verdict();
  EXPECT_THAT(verdict["finding"].get<std::string>(), AnyOf("stressorEnded", "stressorOomKilled"))
      << verdict.dump(1);
  EXPECT_EQ(verdict["finding"] == "stressorEnded", scene.cgroup.oom_kills() == 0);
  EXPECT_TRUE(app.alive());
}

TEST(Explain, AnApplicationThatEndedByItself) {
  Scene scene;
  App app(scene.cgroup, application("38M", 988));
  Duress duress(scene.arguments({"--memory", "50MiB", "--for", "60s"}));
  ASSERT_TRUE(duress.reached());
  app.process().signal(SIGTERM);
  EXPECT_EQ(duress.process().wait(seconds(30)), 4);
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "containerRestarted") << verdict.dump(1);
  EXPECT_EQ(verdict["applicationSurvived"], false);
  EXPECT_THAT(sentence(verdict), HasSubstr("the stress ended because of that"));
  EXPECT_THAT(verdict["evidence"].dump(), HasSubstr("took nobody of the application"));
}

TEST(Explain, ARampThatWasNotOver) {
  Scene scene;
  App app(scene.cgroup, application("38M", 988));
  Duress duress(scene.arguments({"--memory", "300MiB", "--ramp", "60s", "--for", "4s"}));
  EXPECT_EQ(duress.process().wait(seconds(30)), 0) << duress.process().errors();
  const auto verdict = scene.verdict();
  EXPECT_EQ(verdict["finding"], "notReached") << verdict.dump(1);
  EXPECT_THAT(sentence(verdict), HasSubstr("the ramp was not over"));
}

TEST(Explain, FitsATerminalAndGivesCodesToPipelines) {
  Scene scene;
  App app(scene.cgroup, application("200M", 988));
  Duress duress(scene.arguments({"--memory", "3000MiB", "--oom-score-adj", "0", "--for", "60s"}));
  EXPECT_TRUE(duress.process().wait(seconds(60)).has_value());
  (void)scene.verdict();
  Process explain({Duress::program(), "explain", scene.file(), "--exit-code"}, nullptr);
  EXPECT_EQ(explain.wait(), 11) << explain.errors();
  std::istringstream text(explain.output());
  for (std::string line; std::getline(text, line);) EXPECT_LE(line.size(), 80U) << line;
}

}  // namespace
}  // namespace duress::testing
