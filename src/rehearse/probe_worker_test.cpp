#include "rehearse/probe_worker.h"

#include <gtest/gtest.h>

namespace duress::rehearse {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Instant at(double second) {
  return Instant(std::chrono::nanoseconds(static_cast<std::int64_t>(second * 1e9)));
}

spec::Probe every(int period, int failures = 3, int delay = 0) {
  spec::Probe out;
  out.period = seconds(period);
  out.failure_threshold = failures;
  out.initial_delay = seconds(delay);
  return out;
}

// A container that starts at once, with no startup probe.
ProbeWorker running(const spec::Probe& probe, ProbeKind kind) {
  ProbeWorker out(probe, kind, at(0));
  EXPECT_FALSE(out.take_due(at(0)));
  out.container_started(at(0.1));
  out.others_may_begin(at(0.1));
  return out;
}

TEST(ProbeWorker, AsksForLivenessAfterOnePeriodAndThenEveryPeriod) {
  ProbeWorker worker = running(every(10), ProbeKind::kLiveness);
  EXPECT_FALSE(worker.take_due(at(9.9)));
  EXPECT_EQ(worker.deadline(), at(10));
  EXPECT_TRUE(worker.take_due(at(10)));
  (void)worker.done(ProbeOutcome::kSuccess, "", at(10.1));
  EXPECT_EQ(worker.deadline(), at(20));
}

TEST(ProbeWorker, AsksForReadinessAtOnce) {
  ProbeWorker worker = running(every(10), ProbeKind::kReadiness);
  EXPECT_FALSE(worker.passing());
  EXPECT_TRUE(worker.take_due(at(0.1)));
  EXPECT_TRUE(worker.done(ProbeOutcome::kSuccess, "", at(0.2)).changed);
  EXPECT_TRUE(worker.passing());
  EXPECT_EQ(worker.deadline(), at(10.1));
}

TEST(ProbeWorker, HoldsTheInitialDelayInWholeSeconds) {
  ProbeWorker worker = running(every(1, 3, 3), ProbeKind::kLiveness);
  EXPECT_FALSE(worker.take_due(at(1)));
  EXPECT_FALSE(worker.take_due(at(3)));  // 2.9 s
  EXPECT_TRUE(worker.take_due(at(4)));
}

TEST(ProbeWorker, KillsAtTheThresholdOnceAndWaitsForTheNextContainer) {
  ProbeWorker worker = running(every(1, 2), ProbeKind::kLiveness);
  ASSERT_TRUE(worker.take_due(at(1)));
  EXPECT_FALSE(worker.done(ProbeOutcome::kFailure, "no", at(1)).kill);
  EXPECT_TRUE(worker.passing());
  ASSERT_TRUE(worker.take_due(at(2)));
  EXPECT_TRUE(worker.done(ProbeOutcome::kFailure, "no", at(2)).kill);
  EXPECT_FALSE(worker.passing());
  EXPECT_FALSE(worker.take_due(at(3)));
  worker.container_ended();
  worker.container_started(at(4));
  worker.others_may_begin(at(4));
  EXPECT_TRUE(worker.passing());
  EXPECT_TRUE(worker.take_due(at(5)));
}

TEST(ProbeWorker, CountsAgainAfterASuccess) {
  ProbeWorker worker = running(every(1, 2), ProbeKind::kLiveness);
  const ProbeOutcome outcomes[] = {ProbeOutcome::kFailure, ProbeOutcome::kSuccess,
                                   ProbeOutcome::kFailure, ProbeOutcome::kSuccess};
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(worker.take_due(at(i + 1)));
    EXPECT_FALSE(worker.done(outcomes[i], "", at(i + 1)).kill);
  }
}

TEST(ProbeWorker, PassesOverAnError) {
  ProbeWorker worker = running(every(1, 2), ProbeKind::kLiveness);
  const ProbeOutcome outcomes[] = {ProbeOutcome::kFailure, ProbeOutcome::kError,
                                   ProbeOutcome::kFailure};
  bool kill = false;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(worker.take_due(at(i + 1)));
    kill = worker.done(outcomes[i], "", at(i + 1)).kill;
  }
  EXPECT_TRUE(kill);
}

TEST(ProbeWorker, GoesOnRightAfterAProbeThatTookLongerThanItsPeriod) {
  ProbeWorker worker = running(every(1), ProbeKind::kLiveness);
  ASSERT_TRUE(worker.take_due(at(1)));
  EXPECT_FALSE(worker.take_due(at(2)));
  EXPECT_FALSE(worker.take_due(at(3)));
  (void)worker.done(ProbeOutcome::kSuccess, "", at(3.5));
  EXPECT_LT(worker.deadline(), at(3.5));
  EXPECT_TRUE(worker.take_due(at(3.5)));
  (void)worker.done(ProbeOutcome::kSuccess, "", at(3.6));
  EXPECT_EQ(worker.deadline(), at(4));
}

// A machine that slept, or a process that was stopped: one probe, not one for every period.
TEST(ProbeWorker, AsksOnceAfterALongPause) {
  ProbeWorker worker = running(every(1), ProbeKind::kLiveness);
  ASSERT_TRUE(worker.take_due(at(3600)));
  (void)worker.done(ProbeOutcome::kSuccess, "", at(3600.1));
  EXPECT_FALSE(worker.take_due(at(3600.1)));
  EXPECT_EQ(worker.deadline(), at(3601));
}

TEST(ProbeWorker, WaitsForTheStartupProbeAndStopsItOnceItHasSucceeded) {
  ProbeWorker liveness(every(1), ProbeKind::kLiveness, at(0));
  ProbeWorker startup(every(1), ProbeKind::kStartup, at(0));
  liveness.container_started(at(0.1));
  startup.container_started(at(0.1));
  EXPECT_FALSE(liveness.take_due(at(1)));
  ASSERT_TRUE(startup.take_due(at(1)));
  (void)startup.done(ProbeOutcome::kSuccess, "", at(1));
  EXPECT_TRUE(startup.passing());
  liveness.others_may_begin(at(1));
  startup.others_may_begin(at(1));
  EXPECT_FALSE(startup.take_due(at(2)));
  EXPECT_TRUE(liveness.take_due(at(2)));
}

TEST(ProbeWorker, IgnoresTheOutcomeOfAContainerThatHasEnded) {
  ProbeWorker worker = running(every(1, 1), ProbeKind::kLiveness);
  ASSERT_TRUE(worker.take_due(at(1)));
  worker.container_ended();
  worker.container_started(at(1.5));
  EXPECT_FALSE(worker.done(ProbeOutcome::kFailure, "", at(1.6)).kill);
}

}  // namespace
}  // namespace duress::rehearse
