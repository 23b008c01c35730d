#include "explain/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::explain {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

cgroup::OomLevel level(std::string path, Bytes usage, std::optional<Bytes> limit) {
  cgroup::OomLevel out;
  out.level.path = std::move(path);
  out.level.usage = usage;
  out.level.limit = limit;
  return out;
}

cgroup::OomProcess process(pid_t pid, Bytes resident, int adj, std::string cgroup = "/pod/c") {
  return {.pid = pid,
          .name = "app",
          .cgroup = std::move(cgroup),
          .inputs = {.resident_pages = resident.value / 4096, .oom_score_adj = adj}};
}

// 100 MiB of an application at 988 in 110 MiB below 500 MiB, on a node of 16 GiB.
Scene article() {
  Scene out;
  out.kernel.levels = {level("/pod/c", mib(110), mib(500)), level("/pod", mib(115), std::nullopt)};
  out.kernel.processes = {process(7, mib(100), 988)};
  out.use.usage = mib(110);
  out.init = 7;
  out.node_total = gib(16);
  out.node_available = gib(12);
  return out;
}

Load load(Bytes size, int workers = 1, int adj = 988) {
  Load out;
  out.size = size;
  out.shares.assign(static_cast<std::size_t>(workers), 1.0 / workers);
  out.oom_score_adj = adj;
  return out;
}

std::vector<pid_t> dead(const Kill& kill) {
  std::vector<pid_t> out;
  for (const Contender& contender : kill.killed) out.push_back(contender.pid);
  return out;
}

TEST(Forecast, IsSafeWhereTheLoadFits) {
  const Forecast got = forecast(article(), load(mib(390)));
  EXPECT_EQ(got.answer, Answer::kSafe);
  EXPECT_EQ(got.usage_after, mib(500));
  EXPECT_EQ(got.oom_at, mib(390));
  EXPECT_TRUE(got.kills.empty());
  EXPECT_EQ(forecast(article(), load(mib(390) + Bytes{4096})).answer, Answer::kOom);
}

TEST(Forecast, TakesTheHeavierAndSaysBothWeights) {
  const Forecast got = forecast(article(), load(mib(3000)));
  EXPECT_EQ(got.answer, Answer::kOom);
  EXPECT_EQ(got.domain, "/pod/c");
  EXPECT_EQ(got.total_pages, 128'000);
  EXPECT_EQ(got.attained, mib(390));
  ASSERT_EQ(got.kills.size(), 1U);
  EXPECT_EQ(got.kills[0].victim.worker, 1);
  EXPECT_EQ(got.kills[0].victim.badness, 390 * 256 + 988 * 128);
  EXPECT_EQ(got.margin, 290 * 256);
  EXPECT_THAT(got.sentence, AllOf(HasSubstr("390 MiB of the 3000 MiB"), HasSubstr("app (7)")));
}

TEST(Forecast, ManyWorkersWeighLessEach) {
  const Forecast got = forecast(article(), load(mib(3000), 4));
  EXPECT_EQ(got.answer, Answer::kOomApplication);  // 97.5 MiB each against 100
  EXPECT_EQ(got.kills[0].victim.pid, 7);
  EXPECT_TRUE(got.target_ends);
  EXPECT_EQ(forecast(article(), load(mib(3000), 3)).answer, Answer::kOom);
}

TEST(Forecast, SaysWhereItIsTooCloseToTell) {
  Scene scene = article();
  EXPECT_TRUE(forecast(scene, load(mib(3000), 4)).close);  // 100 MiB against 97.5, of 500
  EXPECT_THAT(forecast(scene, load(mib(3000), 4)).sentence, HasSubstr("may be the other"));
  EXPECT_FALSE(forecast(scene, load(mib(3000), 5)).close);
}

TEST(Forecast, LongPathsAreShort) {
  EXPECT_EQ(short_path("/pod/c"), "/pod/c");
  EXPECT_EQ(short_path("/kubepods/burstable/pod11111111-2222-3333-4444-555555555555/" +
                       std::string(64, 'a')),
            ".../aaaaaaaaaaaa");
}

TEST(Forecast, WorkersOfOneShareCountTogether) {
  Load unequal = load(mib(3000), 4, 1000);
  unequal.shares = {0.94, 0.02, 0.02, 0.02};
  const Forecast got = forecast(article(), unequal);
  EXPECT_EQ(got.kills[0].victim.worker, 1);
}

TEST(Forecast, OomScoreAdjCountsInThousandthsOfTheDomainsOwnLimit) {
  // The pod's limit is met first, and the other container competes.
  Scene scene = article();
  scene.kernel.levels[1] = level("/pod", mib(150), mib(400));
  scene.kernel.processes.push_back(process(8, mib(30), 1000, "/pod/d"));
  const Forecast got = forecast(scene, load(mib(3000), 4, 0));
  EXPECT_EQ(got.domain, "/pod");
  EXPECT_EQ(got.attained, mib(250));
  EXPECT_EQ(got.total_pages, 102'400);
  EXPECT_EQ(got.contenders.size(), 6U);
  EXPECT_EQ(got.kills[0].victim.pid, 7);  // 100 + 0.988 x 400 against 30 + 400
}

TEST(Forecast, ThoseOutsideOfTheDomainDoNotCompete) {
  Scene scene = article();
  scene.kernel.levels[1] = level("/pod", mib(150), gib(2));
  scene.kernel.processes.push_back(process(8, mib(900), 1000, "/pod/d"));
  const Forecast got = forecast(scene, load(mib(3000)));
  EXPECT_EQ(got.domain, "/pod/c");
  EXPECT_EQ(got.kills[0].victim.worker, 1);
}

TEST(Forecast, OfTwoLevelsThatAreFullTheLowerRunsOut) {
  Scene scene = article();
  scene.kernel.levels[1] = level("/pod", mib(115), mib(505));
  EXPECT_EQ(forecast(scene, load(mib(3000))).domain, "/pod/c");
  scene.kernel.levels[1].level.limit = mib(504);
  EXPECT_EQ(forecast(scene, load(mib(3000))).domain, "/pod");
}

TEST(Forecast, TheExemptAreNeverTaken) {
  Scene scene = article();
  scene.kernel.processes[0].inputs.oom_score_adj = -1000;
  EXPECT_EQ(forecast(scene, load(mib(3000), 4, -999)).kills[0].victim.worker, 4);
  const Forecast nobody = forecast(scene, load(mib(3000), 4, -1000));
  EXPECT_EQ(nobody.answer, Answer::kCannotReach);
  EXPECT_FALSE(nobody.oom);
  EXPECT_THAT(nobody.sentence, HasSubstr("nobody there can be killed"));
}

TEST(Forecast, OfEqualsTheLastIsTaken) {
  Scene scene = article();
  scene.kernel.processes = {process(7, mib(390), 988), process(9, mib(390), 988, "/pod/c/below")};
  EXPECT_EQ(forecast(scene, load(mib(3000))).kills[0].victim.pid, 9);
  scene.kernel.processes.pop_back();
  EXPECT_EQ(forecast(scene, load(mib(3000))).kills[0].victim.worker, 1);
}

TEST(Forecast, TheGroupIsTheTopmostBelowTheDomain) {
  Scene scene = article();
  scene.kernel.processes.push_back(process(8, mib(1), 0));
  scene.kernel.processes.push_back(process(9, mib(1), -1000));
  scene.kernel.groups = {"/pod/c", "/pod"};
  const Forecast container = forecast(scene, load(mib(3000)));
  EXPECT_EQ(container.answer, Answer::kOomApplication);
  EXPECT_EQ(container.kills[0].group, "/pod/c");                       // /pod lies above the domain
  EXPECT_EQ(dead(container.kills[0]), (std::vector<pid_t>{7, 8, 0}));  // not 9, at -1000
  EXPECT_TRUE(container.target_ends);
  scene.kernel.levels[1].level.limit = mib(300);
  scene.kernel.processes.push_back(process(10, mib(1), 0, "/pod/d"));
  const Forecast pod = forecast(scene, load(mib(3000)));
  EXPECT_EQ(pod.kills[0].group, "/pod");
  EXPECT_EQ(dead(pod.kills[0]), (std::vector<pid_t>{7, 8, 0, 10}));
}

TEST(Forecast, AGroupBesideTheVictimsIsSpared) {
  Scene scene = article();
  scene.kernel.levels[1].level.limit = mib(300);
  scene.kernel.processes.push_back(process(10, mib(1), 0, "/pod/d"));
  scene.kernel.groups = {"/pod/d"};
  EXPECT_EQ(forecast(scene, load(mib(3000))).answer, Answer::kOom);
}

TEST(Forecast, WhoSharesTheVictimsMemoryDiesWithIt) {
  Scene scene = article();
  scene.kernel.processes = {process(7, mib(1), 0), process(8, mib(200), 1000),
                            process(9, mib(200), 1000)};
  scene.kernel.processes[2].same_memory_as = 8;
  const Forecast got = forecast(scene, load(mib(3000), 4));
  EXPECT_EQ(got.kills[0].victim.pid, 9);
  EXPECT_EQ(dead(got.kills[0]), (std::vector<pid_t>{8, 9}));
  EXPECT_THAT(got.sentence, HasSubstr("shares its memory"));
}

TEST(Forecast, WhoSharesAGroupMembersMemoryDiesThoughOutsideOfTheGroup) {
  Scene scene = article();
  scene.kernel.levels[1].level.limit = mib(300);
  scene.kernel.groups = {"/pod/c"};
  scene.kernel.processes.push_back(process(8, mib(1), 0, "/pod/d"));
  scene.kernel.processes.push_back(process(9, mib(1), 0, "/pod/d"));
  scene.kernel.processes[1].same_memory_as = 7;
  EXPECT_EQ(dead(forecast(scene, load(mib(3000))).kills[0]), (std::vector<pid_t>{7, 0, 8}));
}

TEST(Forecast, PageCacheGoesFirst) {
  Scene scene = article();
  scene.kernel.levels[0].file = mib(50);
  EXPECT_EQ(forecast(scene, load(mib(440))).answer, Answer::kSafe);
  EXPECT_EQ(forecast(scene, load(mib(440))).usage_after, mib(500));
  EXPECT_EQ(forecast(scene, load(mib(441))).attained, mib(440));
}

TEST(Forecast, SwapMakesRoomAndWeighs) {
  Scene scene = article();
  scene.kernel.levels[0].swappable = mib(60);
  scene.kernel.levels[0].swap_on_top = mib(100);
  const Forecast got = forecast(scene, load(mib(3000)));
  EXPECT_EQ(got.attained, mib(450));
  EXPECT_EQ(got.total_pages, 600 * 256);
}

TEST(Forecast, AGrowingApplicationMeetsTheLimitAfterTheLoad) {
  Scene scene = article();
  scene.grows_to = {{7, mib(400)}};
  const Forecast got = forecast(scene, load(mib(200)));
  EXPECT_TRUE(got.by_growth);
  EXPECT_EQ(got.attained, mib(200));
  EXPECT_EQ(got.answer, Answer::kOomApplication);
  ASSERT_TRUE(got.kills[0].victim.badness);
  // It has taken what was left of the 190 MiB, page tables among it.
  EXPECT_NEAR(static_cast<double>(got.kills[0].victim.memory.value),
              static_cast<double>(mib(290).value), 500'000);
  EXPECT_EQ(forecast(scene, load(mib(85))).answer, Answer::kSafe);
}

TEST(Forecast, SaysWhoComesNext) {
  Scene scene = article();
  scene.grows_to = {{7, mib(350)}};
  Load again = load(mib(3000));
  again.most_kills = 3;
  const Forecast got = forecast(scene, again);
  EXPECT_EQ(got.kills[0].victim.worker, 1);
  ASSERT_TRUE(got.next);
  EXPECT_EQ(got.next->pid, 7);  // it has grown to 350 MiB meanwhile
  ASSERT_EQ(got.kills.size(), 2U);
  EXPECT_EQ(got.answer, Answer::kOomApplication);
  EXPECT_THAT(got.sentence, HasSubstr("kill 2 takes app (7)"));
}

TEST(Forecast, ALoadThatGoesOnTakesOneAfterTheOther) {
  // Two small processes weigh more than each of six workers; the first process is the lightest.
  Scene scene = article();
  scene.kernel.processes = {process(7, mib(1), 0), process(8, mib(80), 1000),
                            process(9, mib(80), 1000)};
  const Forecast got = forecast(scene, load(mib(3000), 6));
  ASSERT_EQ(got.kills.size(), 3U);
  EXPECT_EQ(got.kills[0].victim.pid, 9);
  EXPECT_EQ(got.kills[1].victim.pid, 8);
  EXPECT_GT(got.kills[2].victim.worker, 0);
  EXPECT_FALSE(got.target_ends);
}

TEST(Forecast, AvoidHoldsLessAndKillsNobody) {
  Load avoid = load(mib(3000));
  avoid.policy = spec::OomPolicy::kAvoid;
  avoid.keep_free = mib(16);
  const Forecast got = forecast(article(), avoid);
  EXPECT_EQ(got.answer, Answer::kCannotReach);
  EXPECT_EQ(got.attained, mib(374));
  avoid.size = mib(374);
  EXPECT_EQ(forecast(article(), avoid).answer, Answer::kSafe);
}

TEST(Forecast, StressorFirstEndsItsLargestWorker) {
  Load first = load(mib(3000), 4, 1000);
  first.policy = spec::OomPolicy::kStressorFirst;
  first.shares = {0.94, 0.02, 0.02, 0.02};
  const Forecast got = forecast(article(), first);
  EXPECT_EQ(got.answer, Answer::kOom);
  EXPECT_TRUE(got.by_duress);
  EXPECT_EQ(got.kills[0].victim.worker, 1);
}

TEST(Forecast, AKillerThatIsSwitchedOffTakesNobody) {
  Scene scene = article();
  scene.kernel.levels[0].level.oom_kill_disabled = true;
  EXPECT_EQ(forecast(scene, load(mib(3000))).answer, Answer::kCannotReach);
}

TEST(Forecast, ReachIsToALevel) {
  Load reach = load(mib(200));
  reach.mode = spec::Mode::kReach;
  EXPECT_EQ(forecast(article(), reach).asked, mib(90));
  reach.size = mib(100);  // it is there already
  EXPECT_EQ(forecast(article(), reach).asked, mib(0));
  EXPECT_EQ(forecast(article(), reach).answer, Answer::kSafe);
  reach.size = mib(501);
  EXPECT_EQ(forecast(article(), reach).answer, Answer::kOom);
}

TEST(Forecast, WithoutALimitTheMachineRunsOut) {
  Scene scene = article();
  scene.kernel.levels = {level("/c", mib(110), std::nullopt)};
  scene.kernel.processes = {process(7, mib(100), 988, "/c"), process(2, gib(1), -500, "/d")};
  EXPECT_EQ(forecast(scene, load(gib(12))).answer, Answer::kSafe);
  EXPECT_EQ(forecast(scene, load(gib(12))).oom_at, std::nullopt);
  const Forecast got = forecast(scene, load(gib(13), 1, 0));
  EXPECT_EQ(got.domain, "/");
  EXPECT_EQ(got.total_pages, gib(16).value / 4096);
  EXPECT_EQ(got.contenders.size(), 3U);
  EXPECT_EQ(got.kills[0].victim.pid, 7);
}

TEST(Forecast, ALimitBelowUsageIsMetAtOnce) {
  Scene scene = article();
  scene.kernel.levels[0].level.limit = mib(90);
  const Forecast got = forecast(scene, load(mib(10)));
  EXPECT_EQ(got.attained, mib(0));
  EXPECT_EQ(got.answer, Answer::kOomApplication);
  EXPECT_EQ(got.oom_at, mib(0));
}

TEST(Forecast, WithoutProcessesTheWorkerIsTaken) {
  Scene scene = article();
  scene.kernel.processes.clear();
  scene.init = 0;
  const Forecast got = forecast(scene, load(mib(3000), 2));
  EXPECT_EQ(got.answer, Answer::kOom);
  EXPECT_EQ(got.kills[0].victim.worker, 2);
  EXPECT_FALSE(got.target_ends);
  EXPECT_EQ(got.margin, std::nullopt);
}

TEST(Forecast, TheLargestSizesDoNotOverflow) {
  Scene scene = article();
  scene.grows_to = {{7, Bytes{INT64_MAX}}};
  scene.kernel.levels[0].file = Bytes{INT64_MAX};
  scene.node_available = Bytes{INT64_MAX};
  EXPECT_EQ(forecast(scene, load(Bytes{INT64_MAX})).way.size(), 3U);
  EXPECT_EQ(forecast(Scene{}, load(Bytes{INT64_MAX})).way.size(), 1U);
  Load none = load(mib(1));
  none.shares.clear();
  EXPECT_FALSE(forecast(article(), none).sentence.empty());
}

TEST(Foretold, IsWhatARecordingKeeps) {
  Scene scene = article();
  scene.kernel.groups = {"/pod/c"};
  const observe::Foretold got = foretold_of(forecast(scene, load(mib(3000))));
  EXPECT_EQ(got.answer, "oomApplication");
  EXPECT_EQ(got.victim, "duress-memory");
  EXPECT_TRUE(got.group);
  EXPECT_THAT(got.sentence, AllOf(HasSubstr("memory.oom.group of /pod/c"), HasSubstr("app (7)"),
                                  Not(HasSubstr("worker 2"))));
}

}  // namespace
}  // namespace duress::explain
