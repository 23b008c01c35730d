// What recordings hold of the real kernel: who was killed, what came and went, and what is left of
// a recording when its writers are killed.
#include "observe/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include "world.h"

namespace duress::testing {
namespace {

using observe::Event;
using observe::EventKind;
using observe::Recording;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RecordingTest : public ::testing::Test {
 protected:
  RecordingTest() : file(recordings() + "test.duress") {
    std::filesystem::create_directories(recordings());
    std::filesystem::remove(file);
  }

  [[nodiscard]] Recording read() const {
    auto out = observe::read_recording(file);
    EXPECT_TRUE(out) << out.error().message;
    return out.value_or(Recording());
  }

  [[nodiscard]] std::vector<std::string> record(const Cgroup& cgroup,
                                                std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"record", "--cgroup", cgroup.path(), "-o", file});
    return more;
  }

  std::string file;
};

std::vector<Event> of_kind(const Recording& recording, EventKind kind) {
  std::vector<Event> out;
  std::ranges::copy_if(recording.events, std::back_inserter(out),
                       [kind](const Event& event) { return event.kind == kind; });
  return out;
}

cgroup::Target target_of(const Cgroup& cgroup) {
  auto hierarchy = cgroup::detect({});
  auto target = cgroup::locate({}, *hierarchy, cgroup::ByPath{cgroup.path()});
  EXPECT_TRUE(target) << target.error().message;
  return std::move(*target);
}

bool is_recording(Duress& duress) {
  return wait_until(
      [&] { return duress.process().output().find("recording ") != std::string::npos; });
}

std::vector<std::string> victims(int count, int every_ms) {
  return {"--victims", std::to_string(count),   "--victim", "24M",
          "--every",   std::to_string(every_ms)};
}

struct Pace {
  int kills;
  int every_ms;
};

class KillsAtPace : public RecordingTest, public ::testing::WithParamInterface<Pace> {};

TEST_P(KillsAtPace, AreAllCountedAndNamed) {
  const auto [kills, every_ms] = GetParam();
  Cgroup cgroup;
  cgroup.limit_memory(8 * kMiB);
  App init(cgroup, {});
  Duress duress(record(cgroup));
  ASSERT_TRUE(is_recording(duress));
  App app(cgroup, victims(kills, every_ms));
  ASSERT_TRUE(wait_until([&] { return app.said("sacrificed"); }, seconds(60)));
  duress.process().signal(SIGINT);
  ASSERT_EQ(duress.process().wait(), 0) << duress.process().errors();

  const Recording recording = read();
  EXPECT_TRUE(recording.complete) << recording.damage;
  EXPECT_EQ(cgroup.oom_kills(), kills);
  EXPECT_EQ(recording.looks.back().oom_kills, kills);
  const std::vector<Event> told = of_kind(recording, EventKind::kOomKill);
  EXPECT_THAT(told, SizeIs(kills));
  std::set<std::string> names;
  for (const Event& event : told) {
    if (event.subject.starts_with("victim-")) names.insert(event.subject);
    EXPECT_EQ(event.cgroup, cgroup.path());
    EXPECT_EQ(event.bytes, mib(8));
    EXPECT_FALSE(event.ours);
    EXPECT_GT(event.resident, mib(1));
    EXPECT_EQ(event.oom_score_adj, 1000);
  }
  EXPECT_THAT(names, SizeIs(kills));
}
INSTANTIATE_TEST_SUITE_P(Paces, KillsAtPace,
                         ::testing::Values(Pace{1, 0}, Pace{150, 20}, Pace{200, 10}),
                         [](const auto& param) {
                           return std::to_string(param.param.kills) + "Every" +
                                  std::to_string(param.param.every_ms) + "ms";
                         });

TEST_F(RecordingTest, KillsElsewhereAreNotTheTargets) {
  Cgroup cgroup;
  Cgroup other;
  cgroup.limit_memory(8 * kMiB);
  other.limit_memory(8 * kMiB);
  App app(cgroup, {});
  Duress duress(record(cgroup));
  ASSERT_TRUE(is_recording(duress));
  App theirs(other, victims(60, 10));
  App ours(cgroup, victims(20, 30));
  ASSERT_TRUE(wait_until([&] { return theirs.said("sacrificed") && ours.said("sacrificed"); },
                         seconds(60)));
  duress.process().signal(SIGINT);
  ASSERT_EQ(duress.process().wait(), 0);
  const Recording recording = read();
  EXPECT_THAT(of_kind(recording, EventKind::kOomKill), SizeIs(20));
  EXPECT_THAT(of_kind(recording, EventKind::kOutsiderKilled), SizeIs(0));
}

TEST_F(RecordingTest, WithoutAReadableLogKillsAreStillCounted) {
  Cgroup cgroup;
  cgroup.limit_memory(8 * kMiB);
  App init(cgroup, {});
  const SystemClock clock;
  auto recorder =
      observe::Recorder::start({.path = file, .kernel_log = ""}, target_of(cgroup), clock);
  ASSERT_TRUE(recorder) << recorder.error().message;
  // Each lives long enough to be seen.
  constexpr int kills = 3;
  for (int i = 0; i < kills; ++i) {
    App app(cgroup, {"--grow-to", "24M", "--rate", "20M"});
    EXPECT_TRUE(wait_until([&] {
      std::this_thread::sleep_for(milliseconds(50));
      (void)recorder->look(clock.now());
      return !app.alive() && !recorder->is_unsettled();
    }));
  }
  ASSERT_TRUE(recorder->close(clock.now()));
  const std::vector<Event> told = of_kind(read(), EventKind::kOomKill);
  EXPECT_THAT(told, SizeIs(kills));
  for (const Event& event : told) EXPECT_EQ(event.subject, "duress-testapp");
  EXPECT_THAT(of_kind(read(), EventKind::kNoted), SizeIs(1));
}

TEST_F(RecordingTest, AKilledGroupIsOneEventWithItsMembers) {
  if (!is_v2()) GTEST_SKIP() << "v1 never kills groups";
  Cgroup cgroup;
  cgroup.limit_memory(8 * kMiB);
  ASSERT_TRUE(cgroup.write("memory.oom.group", "1"));
  App one(cgroup, {});
  App two(cgroup, {});
  Duress duress(record(cgroup));
  ASSERT_TRUE(is_recording(duress));
  App app(cgroup, {"--grow-to", "100M"});
  EXPECT_EQ(duress.process().wait(), 4) << duress.process().errors();
  const Recording recording = read();
  EXPECT_THAT(of_kind(recording, EventKind::kOomKill), SizeIs(0));
  const std::vector<Event> told = of_kind(recording, EventKind::kOomGroupKill);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].members, SizeIs(3));
  EXPECT_EQ(told[0].cgroup, cgroup.path());
  EXPECT_THAT(of_kind(recording, EventKind::kContainerEnded), SizeIs(1));
}

TEST_F(RecordingTest, ASiblingKilledByTheCommonLimitIsAnOutsider) {
  Cgroup pod;
  pod.pass_controllers_on();
  pod.limit_memory(8 * kMiB);
  Cgroup cgroup(pod, "one");
  Cgroup sibling(pod, "two");
  App app(cgroup, {});
  Duress duress(record(cgroup));
  ASSERT_TRUE(is_recording(duress));
  // The kernel names a cgroup ten times in five seconds: earlier tests may have used them up.
  std::this_thread::sleep_for(seconds(6));
  App other(sibling, victims(1, 0));
  ASSERT_TRUE(wait_until([&] { return other.said("sacrificed"); }, seconds(30)));
  duress.process().signal(SIGINT);
  ASSERT_EQ(duress.process().wait(), 0);
  const Recording recording = read();
  const std::vector<Event> told = of_kind(recording, EventKind::kOutsiderKilled);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].subject, "victim-0");
  EXPECT_EQ(told[0].cgroup, pod.path());
  EXPECT_THAT(of_kind(recording, EventKind::kOomKill), SizeIs(0));
}

TEST_F(RecordingTest, IsReadableUpToTheLastSecondAfterItsWriterWasKilled) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(record(cgroup));
  ASSERT_TRUE(is_recording(duress));
  const auto began = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(seconds(3));
  duress.process().signal(SIGKILL);
  const Duration lasted = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(duress.process().wait(), 128 + SIGKILL);
  const Recording recording = read();
  EXPECT_FALSE(recording.complete);
  EXPECT_THAT(recording.damage, HasSubstr("killed"));
  ASSERT_FALSE(recording.looks.empty());
  EXPECT_GE(recording.looks.back().at, lasted - patience(seconds(1)));
}

TEST_F(RecordingTest, SaysThatTheSupervisorWasKilledAndGoesOnUntilUsageIsBack) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--memory", "60MiB", "--for", "600s", "--record", file}));
  ASSERT_TRUE(duress.reached());
  std::this_thread::sleep_for(seconds(1));
  duress.process().signal(SIGKILL);
  ASSERT_TRUE(wait_until([&] { return read().complete; }));
  EXPECT_TRUE(wait_until([] { return processes_named("duress-recorder").empty(); }));
  const Recording recording = read();
  EXPECT_THAT(of_kind(recording, EventKind::kSupervisorKilled), SizeIs(1));
  EXPECT_THAT(of_kind(recording, EventKind::kLoadReached), SizeIs(1));
  EXPECT_FALSE(recording.end);
  EXPECT_EQ(recording.looks.back().workers, Bytes{0});
  EXPECT_LT(recording.looks.back().memory.usage, mib(is_v2() ? 60 : 20));
  Bytes held;
  Bytes workers;
  for (const observe::Look& look : recording.looks) {
    held = std::max(held, look.held.value_or(Bytes{}));
    workers = std::max(workers, look.workers);
  }
  EXPECT_GE(held, mib(59));
  EXPECT_GE(workers, mib(59)) << workers.value;
}

TEST_F(RecordingTest, OfARunTellsOfItsLoadFromStartToEnd) {
  Cgroup cgroup;
  cgroup.limit_memory(200 * kMiB);
  App app(cgroup, {});
  Duress duress(
      run_on(cgroup, {"--memory", "60MiB", "--for", is_v2() ? "20s" : "2s", "--record", file}));
  ASSERT_EQ(duress.process().wait(), 0) << duress.process().errors();
  EXPECT_EQ((*duress.last("end"))["recording"], file);
  const Recording recording = read();
  EXPECT_TRUE(recording.complete) << recording.damage;
  ASSERT_TRUE(recording.plan);
  EXPECT_EQ(recording.plan->memory, mib(60));
  ASSERT_TRUE(recording.end);
  EXPECT_EQ(recording.end->reason, "deadline");
  EXPECT_THAT(recording.header.command, ::testing::Contains("--memory"));
  EXPECT_EQ(recording.header.cgroup, cgroup.path());
  EXPECT_THAT(of_kind(recording, EventKind::kLoadEnded), SizeIs(1));
  const std::vector<Event> came = of_kind(recording, EventKind::kProcessCame);
  ASSERT_THAT(came, SizeIs(1));
  EXPECT_EQ(came[0].subject, "duress-memory");
  EXPECT_TRUE(came[0].ours);
}

TEST_F(RecordingTest, ARunWhoseRecorderIsKilledIsARunAllTheSame) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(
      run_on(cgroup, {"--memory", "20MiB", "--for", is_v2() ? "20s" : "3s", "--record", file}));
  ASSERT_TRUE(duress.reached());
  const std::vector<pid_t> recorders = processes_named("duress-recorder");
  ASSERT_THAT(recorders, SizeIs(1));
  ::kill(recorders[0], SIGKILL);
  EXPECT_EQ(duress.process().wait(), 0);
  EXPECT_EQ((*duress.last("end"))["recording"], file);
  EXPECT_THAT(duress.process().errors(), HasSubstr("the recorder was killed"));
  EXPECT_FALSE(read().complete);
}

TEST_F(RecordingTest, IsNotMadeByADryRunNorWhereNoneIsWanted) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress dry(run_on(cgroup, {"--memory", "20MiB", "--dry-run", "--record", file}));
  EXPECT_EQ(dry.process().wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(file));
  Duress without(run_on(cgroup, {"--memory", "20MiB", "--for", "1s", "--no-record"}));
  EXPECT_EQ(without.process().wait(), 0);
  EXPECT_TRUE((*without.last("end"))["recording"].is_null());
}

TEST_F(RecordingTest, ThatCannotBeMadeWhereTheUserWantsItIsRefused) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress run(run_on(cgroup, {"--memory", "20MiB", "--record", "/proc/no/such/file"}));
  EXPECT_EQ(run.process().wait(), 3);
  EXPECT_THAT(run.process().errors(), HasSubstr("/proc/no/such/file"));
  Duress record({"record", "--cgroup", cgroup.path(), "-o", "/proc/no/such/file"});
  EXPECT_EQ(record.process().wait(), 3);
}

TEST_F(RecordingTest, ALimitThatIsChangedIsAnEvent) {
  Cgroup cgroup;
  cgroup.limit_memory(100 * kMiB);
  App app(cgroup, {});
  Duress duress(record(cgroup));
  ASSERT_TRUE(is_recording(duress));
  std::this_thread::sleep_for(patience(milliseconds(300)));
  cgroup.limit_memory(80 * kMiB);
  std::this_thread::sleep_for(patience(milliseconds(400)));
  duress.process().signal(SIGINT);
  ASSERT_EQ(duress.process().wait(), 0);
  const Recording recording = read();
  const std::vector<Event> told = of_kind(recording, EventKind::kLimitChanged);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].bytes, mib(80));
  EXPECT_EQ(told[0].cgroup, cgroup.path());
  EXPECT_EQ(recording.looks.front().limit, mib(100));
  EXPECT_EQ(recording.looks.back().limit, mib(80));
}

TEST_F(RecordingTest, AProcessThatComesAndGoesIsNamed) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(record(cgroup));
  ASSERT_TRUE(is_recording(duress));
  std::this_thread::sleep_for(patience(milliseconds(300)));
  pid_t pid = 0;
  {
    Process visitor({"/bin/sleep", "600"}, &cgroup);
    pid = visitor.pid();
    std::this_thread::sleep_for(patience(milliseconds(600)));
  }
  std::this_thread::sleep_for(patience(milliseconds(400)));
  duress.process().signal(SIGINT);
  ASSERT_EQ(duress.process().wait(), 0);
  for (const EventKind kind : {EventKind::kProcessCame, EventKind::kProcessWent}) {
    const std::vector<Event> told = of_kind(read(), kind);
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_EQ(told[0].subject, "sleep");
    EXPECT_EQ(told[0].pid, pid);
  }
}

TEST_F(RecordingTest, EndsWithTheTargetAndAMomentMore) {
  auto cgroup = std::make_unique<Cgroup>();
  App app(*cgroup, {});
  Duress duress(record(*cgroup, {"--json"}));
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(file); }));
  std::this_thread::sleep_for(patience(milliseconds(500)));
  cgroup.reset();
  EXPECT_EQ(duress.process().wait(), 4);
  const auto told = duress.last("recorded");
  ASSERT_TRUE(told);
  EXPECT_EQ((*told)["reason"], "targetEnded");
  EXPECT_EQ((*told)["recording"], file);
  EXPECT_THAT(of_kind(read(), EventKind::kContainerEnded), SizeIs(1));
}

TEST_F(RecordingTest, CountersGoOnInTheCgroupOfARestartedContainer) {
  Cgroup first;
  Cgroup second;
  first.limit_memory(8 * kMiB);
  second.limit_memory(8 * kMiB);
  const SystemClock clock;
  App before(first, victims(2, 0));
  ASSERT_TRUE(wait_until([&] { return before.said("sacrificed"); }));
  auto recorder = observe::Recorder::start({.path = file}, target_of(first), clock);
  ASSERT_TRUE(recorder) << recorder.error().message;
  App more(first, victims(3, 0));
  ASSERT_TRUE(wait_until([&] { return more.said("sacrificed"); }));
  ASSERT_TRUE(recorder->look(clock.now()));
  EXPECT_EQ(recorder->last().oom_kills, 3);
  const auto cpu = recorder->last().cpu;
  EXPECT_GT(cpu.count(), 0);

  App restarted(second, victims(4, 0));
  ASSERT_TRUE(wait_until([&] { return restarted.said("sacrificed"); }));
  recorder->tell({.kind = EventKind::kContainerRestarted, .text = "again"}, clock.now());
  recorder->retarget(target_of(second));
  EXPECT_TRUE(wait_until([&] {
    std::this_thread::sleep_for(milliseconds(20));
    return recorder->look(clock.now()) && !recorder->is_unsettled();
  }));
  EXPECT_EQ(recorder->last().oom_kills, 7);
  EXPECT_GT(recorder->last().cpu, cpu);
  recorder->retarget(target_of(second));
  ASSERT_TRUE(recorder->look(clock.now()));
  EXPECT_EQ(recorder->last().oom_kills, 7);
  ASSERT_TRUE(recorder->close(clock.now()));
  EXPECT_THAT(of_kind(read(), EventKind::kOomKill), SizeIs(7));
  EXPECT_THAT(of_kind(read(), EventKind::kContainerRestarted), SizeIs(1));
}

}  // namespace
}  // namespace duress::testing
