#include "rehearse/pod_life.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::rehearse {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Instant at(double second) {
  return Instant(std::chrono::nanoseconds(static_cast<std::int64_t>(second * 1e9)));
}

MATCHER_P2(Is, what, container, "") {
  return arg.what == what && arg.container == static_cast<std::size_t>(container);
}

spec::Container named(const std::string& name) {
  spec::Container out;
  out.name = name;
  return out;
}

spec::Pod pod_of(std::vector<spec::Container> containers,
                 spec::RestartPolicy policy = spec::RestartPolicy::kAlways) {
  spec::Pod out;
  out.name = "web";
  out.containers = std::move(containers);
  out.restart_policy = policy;
  return out;
}

Termination exit_of(int code, double second) { return {.exit_code = code, .finished = at(second)}; }

std::vector<std::string> told(PodLife& life) {
  std::vector<std::string> out;
  for (const Told& one : life.take_told()) out.push_back(one.reason + ": " + one.message);
  return out;
}

// Starts what may be started, and says that it has.
void start(PodLife& life, std::size_t container, double second) {
  EXPECT_THAT(life.advance(at(second)), ElementsAre(Is(Do::kStart, container)));
  life.started(container, at(second));
}

TEST(PodLife, BacksOffAsAKubelet) {
  const spec::Pod pod = pod_of({named("app")});
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  life.ended(0, exit_of(1, 1));
  start(life, 0, 1);  // the first time at once
  life.ended(0, exit_of(1, 2));
  const double delays[] = {10, 20, 40, 80, 160, 300, 300};
  double now = 2;
  for (const double delay : delays) {
    EXPECT_THAT(life.advance(at(now)), IsEmpty());
    EXPECT_EQ(life.deadline(), at(now + delay));
    std::vector<ContainerState> states;
    life.describe(states);
    EXPECT_EQ(states[0].reason, "CrashLoopBackOff");
    EXPECT_THAT(life.advance(at(now + delay - 0.001)), IsEmpty());
    start(life, 0, now + delay);
    now += delay + 1;
    life.ended(0, exit_of(1, now));
  }
  EXPECT_EQ(life.phase(), Phase::kRunning);
}

TEST(PodLife, ForgetsTheBackOffAfterTenMinutes) {
  const spec::Pod pod = pod_of({named("app")});
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  life.ended(0, exit_of(1, 1));
  start(life, 0, 1);
  life.ended(0, exit_of(1, 602));
  start(life, 0, 602);
  life.ended(0, exit_of(1, 603));
  EXPECT_THAT(life.advance(at(603)), IsEmpty());
  EXPECT_EQ(life.deadline(), at(613));
}

TEST(PodLife, TellsOfTheBackOffOnceAndInAKubeletsWords) {
  const spec::Pod pod = pod_of({named("app")});
  PodLife life(pod, {.uid = "u", .back_off_factor = 10}, at(0));
  start(life, 0, 0);
  life.ended(0, exit_of(1, 1));
  start(life, 0, 1);
  life.ended(0, exit_of(1, 2));
  (void)life.advance(at(2));
  (void)life.advance(at(2.5));
  EXPECT_THAT(told(life),
              ElementsAre("Started: Started container app", "Started: Started container app",
                          "BackOff: Back-off restarting failed container app in pod "
                          "web_default(u)"));
  std::vector<ContainerState> states;
  life.describe(states);
  EXPECT_EQ(states[0].message, "back-off 1s restarting failed container=app pod=web_default(u)");
  EXPECT_EQ(states[0].restarts, 1);
}

TEST(PodLife, RestartsByItsPolicy) {
  const spec::Pod failing = pod_of({named("app")}, spec::RestartPolicy::kOnFailure);
  PodLife life(failing, {.uid = "u"}, at(0));
  start(life, 0, 0);
  life.ended(0, exit_of(1, 1));
  start(life, 0, 1);
  life.ended(0, exit_of(0, 2));
  EXPECT_THAT(life.advance(at(100)), IsEmpty());
  EXPECT_TRUE(life.over());
  EXPECT_EQ(life.phase(), Phase::kSucceeded);

  const spec::Pod never = pod_of({named("app")}, spec::RestartPolicy::kNever);
  PodLife once(never, {.uid = "u"}, at(0));
  start(once, 0, 0);
  once.ended(0, exit_of(2, 1));
  EXPECT_TRUE(once.over());
  EXPECT_EQ(once.phase(), Phase::kFailed);
}

TEST(PodLife, MarksAnyOomKillOfTheCgroup) {
  const spec::Pod pod = pod_of({named("app")}, spec::RestartPolicy::kNever);
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  Termination end = exit_of(0, 1);
  end.oom_kills = 1;  // of a stressor, say
  life.ended(0, end);
  EXPECT_EQ(life.containers()[0].last->reason, "OOMKilled");
  EXPECT_EQ(life.containers()[0].last->exit_code, 0);
}

spec::Probe failing_probe() {
  spec::Probe out;
  out.period = seconds(1);
  out.failure_threshold = 1;
  out.grace = seconds(5);
  return out;
}

TEST(PodLife, KillsForLivenessWithTheProbesOwnGrace) {
  spec::Container app = named("hello");
  app.liveness = failing_probe();
  const spec::Pod pod = pod_of({app});
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  EXPECT_THAT(life.advance(at(1)), ElementsAre(Is(Do::kProbe, 0)));
  life.probed(0, ProbeKind::kLiveness, ProbeOutcome::kFailure,
              "HTTP probe failed with statuscode: 500", at(1));
  EXPECT_THAT(life.advance(at(1)), ElementsAre(Is(Do::kTerminate, 0)));
  EXPECT_EQ(life.deadline(), at(6));
  EXPECT_THAT(life.advance(at(6)), ElementsAre(Is(Do::kKill, 0)));
  life.ended(0, {.exit_code = 137, .signal = 9, .finished = at(6.1)});
  EXPECT_THAT(
      told(life),
      ElementsAre("Started: Started container hello",
                  "Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500",
                  "Killing: Container hello failed liveness probe, will be restarted"));
  EXPECT_EQ(life.containers()[0].last->killed_for, "liveness");
  EXPECT_EQ(life.containers()[0].last->reason, "Error");
  start(life, 0, 6.1);
}

TEST(PodLife, DoesNotPromiseARestartThatItsPolicyForbids) {
  spec::Container app = named("hello");
  app.startup = failing_probe();
  const spec::Pod pod = pod_of({app}, spec::RestartPolicy::kNever);
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  (void)life.advance(at(1));
  life.probed(0, ProbeKind::kStartup, ProbeOutcome::kFailure, "x", at(1));
  EXPECT_EQ(told(life).back(), "Killing: Container hello failed startup probe");
}

TEST(PodLife, TellsOfAProbeThatWarnsOrErrs) {
  spec::Container app = named("hello");
  app.liveness = failing_probe();
  const spec::Pod pod = pod_of({app});
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  (void)life.advance(at(1));
  life.probed(0, ProbeKind::kLiveness, ProbeOutcome::kError, "broken", at(1));
  EXPECT_EQ(told(life).back(),
            "Unhealthy: Liveness probe errored and resulted in unknown state: broken");
  (void)life.advance(at(2));
  life.probed(0, ProbeKind::kLiveness, ProbeOutcome::kSuccess, "Probe terminated redirects", at(2));
  EXPECT_EQ(told(life).back(), "ProbeWarning: Liveness probe warning: Probe terminated redirects");
  EXPECT_THAT(life.advance(at(2)), IsEmpty());
}

TEST(PodLife, RunsPreStopWithinTheGraceAndLeavesTheSignalTwoSeconds) {
  spec::Container app = named("app");
  app.pre_stop = spec::Exec{{"wait"}};
  spec::Pod pod = pod_of({app});
  pod.grace = seconds(3);
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  life.stop(seconds(30), at(1));
  EXPECT_THAT(life.advance(at(1)), ElementsAre(Is(Do::kPreStop, 0)));
  EXPECT_THAT(life.advance(at(3.9)), IsEmpty());
  EXPECT_THAT(life.advance(at(4)), ElementsAre(Is(Do::kTerminate, 0)));
  EXPECT_THAT(life.advance(at(5.9)), IsEmpty());
  EXPECT_THAT(life.advance(at(6)), ElementsAre(Is(Do::kKill, 0)));
  life.ended(0, {.exit_code = 137, .finished = at(6)});
  EXPECT_TRUE(life.over());
}

TEST(PodLife, SleepsBeforeTheSignalWhereAskedTo) {
  spec::Container app = named("app");
  app.pre_stop = spec::Sleep{seconds(2)};
  const spec::Pod pod = pod_of({app});
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  life.stop(seconds(30), at(1));
  EXPECT_THAT(life.advance(at(1)), IsEmpty());
  EXPECT_EQ(life.deadline(), at(3));
  EXPECT_THAT(life.advance(at(3)), ElementsAre(Is(Do::kTerminate, 0)));
  EXPECT_EQ(life.deadline(), at(31));
}

TEST(PodLife, GivesNobodyMoreThanTheMostGrace) {
  const spec::Pod pod = pod_of({named("app")});
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  life.stop(seconds(30), at(1));
  EXPECT_THAT(life.advance(at(1)), ElementsAre(Is(Do::kTerminate, 0)));
  life.stop(seconds(0), at(2));  // Ctrl-C a second time
  EXPECT_THAT(life.advance(at(2)), ElementsAre(Is(Do::kKill, 0)));
}

TEST(PodLife, StartsInitContainersInOrderAndFailsWithThem) {
  spec::Pod pod = pod_of({named("app")}, spec::RestartPolicy::kNever);
  pod.init_containers = {named("one"), named("two")};
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  EXPECT_EQ(life.phase(), Phase::kPending);
  std::vector<ContainerState> states;
  life.describe(states);
  EXPECT_EQ(states[2].reason, "PodInitializing");
  life.ended(0, exit_of(0, 1));
  start(life, 1, 1);
  life.ended(1, exit_of(5, 2));
  EXPECT_THAT(life.advance(at(3)), IsEmpty());
  EXPECT_EQ(life.phase(), Phase::kFailed);
  EXPECT_TRUE(life.over());
}

TEST(PodLife, EndsSidecarsAfterThoseWhichTheyServeInReverse) {
  spec::Pod pod = pod_of({named("app")}, spec::RestartPolicy::kNever);
  pod.init_containers = {named("a"), named("b")};
  for (spec::Container& one : pod.init_containers) one.sidecar = true;
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  start(life, 1, 0);
  start(life, 2, 0);
  EXPECT_EQ(life.phase(), Phase::kRunning);
  life.stop(seconds(30), at(1));
  EXPECT_THAT(life.advance(at(1)), ElementsAre(Is(Do::kTerminate, 2)));
  life.ended(2, exit_of(0, 2));
  EXPECT_THAT(life.advance(at(2)), ElementsAre(Is(Do::kTerminate, 1)));
  life.ended(1, exit_of(0, 3));
  EXPECT_THAT(life.advance(at(3)), ElementsAre(Is(Do::kTerminate, 0)));
  life.ended(0, exit_of(0, 4));
  EXPECT_TRUE(life.over());
  EXPECT_EQ(life.phase(), Phase::kSucceeded);
}

TEST(PodLife, EndsSidecarsOfAPodThatHasDoneItsWork) {
  spec::Pod pod = pod_of({named("app")}, spec::RestartPolicy::kNever);
  pod.init_containers = {named("side")};
  pod.init_containers[0].sidecar = true;
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  start(life, 1, 0);
  life.ended(1, exit_of(0, 1));
  EXPECT_THAT(life.advance(at(1)), ElementsAre(Is(Do::kTerminate, 0)));
  life.ended(0, exit_of(143, 2));
  EXPECT_TRUE(life.over());
  EXPECT_EQ(life.phase(), Phase::kSucceeded);
}

TEST(PodLife, TreatsWhatCouldNotBeExecutedAsAnEndWith128) {
  const spec::Pod pod = pod_of({named("app")});
  PodLife life(pod, {.uid = "u"}, at(0));
  EXPECT_THAT(life.advance(at(0)), ElementsAre(Is(Do::kStart, 0)));
  life.start_failed(0, "no such thing", at(0));
  EXPECT_EQ(told(life).back(), "Failed: Error: no such thing");
  std::vector<ContainerState> states;
  life.describe(states);
  EXPECT_EQ(states[0].reason, "RunContainerError");
  EXPECT_EQ(states[0].last->exit_code, 128);
  EXPECT_THAT(life.advance(at(0)), ElementsAre(Is(Do::kStart, 0)));
  life.start_failed(0, "no such thing", at(0.1));
  EXPECT_THAT(life.advance(at(1)), IsEmpty());
  life.describe(states);
  EXPECT_EQ(states[0].reason, "CrashLoopBackOff");
}

TEST(PodLife, IsReadyOnceEveryContainerIs) {
  spec::Container app = named("app");
  app.readiness = failing_probe();
  const spec::Pod pod = pod_of({app});
  PodLife life(pod, {.uid = "u"}, at(0));
  start(life, 0, 0);
  EXPECT_FALSE(life.ready());
  EXPECT_THAT(life.advance(at(0)), ElementsAre(Is(Do::kProbe, 0)));
  life.probed(0, ProbeKind::kReadiness, ProbeOutcome::kSuccess, "", at(0.1));
  EXPECT_TRUE(life.ready());
  EXPECT_THAT(life.advance(at(1)), ElementsAre(Is(Do::kProbe, 0)));
  life.probed(0, ProbeKind::kReadiness, ProbeOutcome::kFailure, "no", at(1.1));
  EXPECT_FALSE(life.ready());
  EXPECT_TRUE(life.containers()[0].running());  // nobody is killed for that
}

}  // namespace
}  // namespace duress::rehearse
