// The forecast held against the kernel: random scenes, foretold by `duress preflight`, then played
// with `duress run`; who is killed is the kernel's word (/dev/kmsg).
// DURESS_SEED and DURESS_SCENARIOS choose others; a failure prints what is needed to do it again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "forecast_scenario.h"

namespace duress::testing {
namespace {

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : otherwise;
}

struct Tally {
  int scenarios = 0;
  int clear = 0;  // the two heaviest of different kinds are more than 1 % of the limit apart
  int close = 0;
  int victims_right = 0;  // of the clear ones
  int close_right = 0;
  int kills = 0;
  int groups = 0;
  int judged = 0;  // whether a group is killed: where the victim is the one foretold
  int groups_right = 0;
};

struct Told {
  std::string answer;
  bool killed = false;
  bool worker = false;
  pid_t pid = 0;
  bool group = false;
  bool close = false;
  std::set<pid_t> with_it;  // applications
};

Told told_by(const nlohmann::json& preflight) {
  const auto& forecast = preflight.at("forecast");
  Told out;
  out.answer = forecast.at("answer");
  out.killed = !forecast.at("kills").empty();

  out.close = forecast.at("close");
  if (!out.killed) return out;
  const auto& kill = forecast.at("kills").at(0);
  out.worker = !kill.at("victim").at("worker").is_null();
  if (!out.worker) out.pid = kill.at("victim").at("pid");
  out.group = !kill.at("group").is_null();
  for (const auto& dead : kill.at("killed")) {
    if (!dead.at("pid").is_null()) out.with_it.insert(dead.at("pid").get<pid_t>());
  }
  return out;
}

bool victim_as_told(const Told& told, const std::vector<pid_t>& killed, const Scene& scene) {
  if (killed.empty() || !told.killed) return killed.empty() == !told.killed;
  const std::vector<pid_t> apps = scene.applications();
  const bool application = std::ranges::find(apps, killed.front()) != apps.end();
  return told.worker ? !application : killed.front() == told.pid;
}

// With the group everybody dies who was told to; without one, the kernel speaks of none.
bool group_as_told(const Told& told, const KillLog& log, Scene& scene) {
  if (told.group != log.group()) return false;
  if (!told.group) return true;
  return std::ranges::all_of(told.with_it, [&](pid_t pid) {
    return wait_until([&] { return !scene.alive(pid); }, std::chrono::seconds(5));
  });
}

void run_one(std::mt19937& random, Tally& tally) {
  const Asked asked = random_asked(random);
  Scene scene(asked);
  KillLog log;
  log.look_at(scene.path(), scene.applications());
  const nlohmann::json preflight = scene.preflight();
  ASSERT_TRUE(preflight.is_object()) << asked.text();
  const Told told = told_by(preflight);
  scene.play(log);
  const std::vector<pid_t> killed = log.killed();
  const bool victim = victim_as_told(told, killed, scene);
  const bool group = group_as_told(told, log, scene);
  ++tally.scenarios;
  tally.kills += killed.empty() ? 0 : 1;
  tally.groups += log.group() ? 1 : 0;
  (told.close ? tally.close : tally.clear) += 1;
  (told.close ? tally.close_right : tally.victims_right) += victim ? 1 : 0;
  tally.judged += victim ? 1 : 0;
  tally.groups_right += victim && group ? 1 : 0;
  if (victim ? group : told.close) return;
  std::string dead;
  for (const pid_t pid : killed) dead += " " + std::to_string(pid);
  std::printf("scenario %d: %s\n  foretold: %s\n  contenders: %s\n  killed:%s%s\n", tally.scenarios,
              asked.text().c_str(), preflight["forecast"]["sentence"].dump().c_str(),
              preflight["forecast"]["contenders"].dump().c_str(), dead.c_str(),
              log.group() ? ", the group" : "");
}

nlohmann::json preflight_on(const Cgroup& cgroup, std::vector<std::string> words) {
  words.insert(words.begin(), {"preflight", "--cgroup", cgroup.path(), "-o", "json"});
  Duress duress(words);
  (void)duress.process().wait();
  return nlohmann::json::parse(duress.process().output(), nullptr, false);
}

TEST(Forecast, IsRightAboutTheKernel) {
  if (!KillLog().readable()) GTEST_SKIP() << "/dev/kmsg cannot be read";
  const int seed = from_environment("DURESS_SEED", 20'251);
  const bool is_emulated = from_environment("DURESS_TIME_FACTOR", 1) > 1;
  const int scenarios = from_environment("DURESS_SCENARIOS", is_emulated ? 60 : 210);
  std::mt19937 random(static_cast<unsigned>(seed));
  Tally tally;
  for (int i = 0; i < scenarios; ++i) {
    SCOPED_TRACE("scenario " + std::to_string(i + 1) + " of seed " + std::to_string(seed));
    run_one(random, tally);
    if (HasFatalFailure()) return;
  }
  std::printf(
      "forecast: seed %d, cgroup v%d, %d scenarios, %d with a kill, %d of them of a group; victim "
      "right in %d of %d that are clear, in %d of %d that are within 1 %%; group right in %d of "
      "%d\n",
      seed, is_v2() ? 2 : 1, tally.scenarios, tally.kills, tally.groups, tally.victims_right,
      tally.clear, tally.close_right, tally.close, tally.groups_right, tally.judged);
  EXPECT_EQ(tally.scenarios, scenarios);
  EXPECT_GE(tally.victims_right * 100, tally.clear * 99);
  EXPECT_EQ(tally.groups_right, tally.judged);
}

// Two processes of one address space: the kernel takes both, though it chose one.
TEST(Forecast, KnowsWhoSharesAnAddressSpace) {
  Cgroup cgroup;
  cgroup.limit_memory(64 * kMiB);
  App small(cgroup, {"--hold", "1M"});
  App twins(cgroup, {"--hold", "20M", "--oom-score-adj", "900", "--twin", "1"});
  const std::vector<pid_t> all = cgroup.processes();
  ASSERT_EQ(all.size(), 3U);
  const nlohmann::json told = preflight_on(cgroup, {"--memory", "200MiB"});
  const auto& killed = told.at("forecast").at("kills").at(0).at("killed");
  std::set<pid_t> pids;
  for (const auto& dead : killed) pids.insert(dead.at("pid").get<pid_t>());
  EXPECT_EQ(pids.size(), 2U);
  EXPECT_TRUE(pids.contains(twins.pid()));
  EXPECT_FALSE(pids.contains(small.pid()));
  Duress duress(run_on(cgroup, {"--memory", "200MiB", "--for", "60s", "--guard", "64MiB"}));
  EXPECT_EQ(twins.process().wait(), 128 + SIGKILL);
  EXPECT_TRUE(wait_until([&] {
    const std::vector<pid_t> left = cgroup.processes();
    return std::ranges::none_of(left, [&](pid_t pid) { return pids.contains(pid); });
  }));
}

TEST(Forecast, APreflightTouchesNothing) {
  Cgroup cgroup;
  cgroup.limit_memory(64 * kMiB);
  App app(cgroup, {"--hold", "10M"});
  const std::int64_t before = cgroup.usage();
  EXPECT_EQ(preflight_on(cgroup, {"--memory", "200MiB"}).at("exitCode"), 10);
  EXPECT_LT(cgroup.usage(), before + counter_batch());
  EXPECT_EQ(cgroup.processes(), std::vector<pid_t>{app.pid()});
}

TEST(Preflight, TheExitCodeIsTheAnswer) {
  Cgroup cgroup;
  cgroup.limit_memory(64 * kMiB);
  App app(cgroup, {"--hold", "20M", "--oom-score-adj", "900"});
  const auto code = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"preflight", "--cgroup", cgroup.path()});
    Duress duress(words);
    return duress.process().wait();
  };
  EXPECT_EQ(code({"--memory", "10MiB"}), 0);
  EXPECT_EQ(code({"--memory", "200MiB"}), 10);
  EXPECT_EQ(code({"--memory", "200MiB", "--workers", "6"}), 11);
  EXPECT_EQ(code({"--memory", "30MiB", "--grows", std::to_string(app.pid()) + "=60MiB"}), 11);
  EXPECT_EQ(code({"--memory", "200MiB", "--when-oom", "avoid"}), 3);
  EXPECT_EQ(code({"--memory", "much"}), 2);
  EXPECT_EQ(code({"--memory", "1MiB", "--grows", "x"}), 2);
  EXPECT_EQ(code({"--memory", "1MiB", "-o", "jsonl"}), 2);
  EXPECT_EQ(code({}), 2);
}

TEST(Preflight, SpeaksToPeopleInTables) {
  Cgroup cgroup;
  cgroup.limit_memory(64 * kMiB);
  App app(cgroup, {"--hold", "20M", "--oom-score-adj", "900"});
  Duress duress({"preflight", "--cgroup", cgroup.path(), "--memory", "200MiB", "--workers", "6"});
  EXPECT_EQ(duress.process().wait(), 11);
  const std::string text = duress.process().output();
  for (const char* part : {"headroom", "oom_score_adj x 16 pages", "the victim",
                           "next, if it went on", "follows  ", "change   ", "--when-oom avoid"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(part));
  }
}

TEST(Preflight, RunSaysInItsPlanWhatIsForetold) {
  Cgroup cgroup;
  cgroup.limit_memory(64 * kMiB);
  App app(cgroup, {"--hold", "20M", "--oom-score-adj", "900"});
  const auto run = [&](const char* size, bool json) {
    std::vector<std::string> words = {"run",      "--cgroup", cgroup.path(),
                                      "--memory", size,       "--dry-run"};
    if (json) words.insert(words.end(), {"-o", "jsonl"});
    Duress duress(words);
    (void)duress.process().wait();
    return duress.process().output();
  };
  EXPECT_EQ(nlohmann::json::parse(run("200MiB", true)).at("foretold").at("answer"), "oom");
  EXPECT_EQ(nlohmann::json::parse(run("10MiB", true)).at("foretold").at("answer"), "safe");
  EXPECT_THAT(run("200MiB", false), ::testing::HasSubstr("foretold the OOM killer comes at"));
  EXPECT_THAT(run("10MiB", false), ::testing::Not(::testing::HasSubstr("foretold")));
}

}  // namespace
}  // namespace duress::testing
