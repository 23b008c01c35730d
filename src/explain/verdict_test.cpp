#include "explain/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "explain/courses_test.h"

namespace duress::explain {
namespace {

using namespace testing;
using observe::EventKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// Precedence: what else holds is said, but does not decide.
TEST(Precedence, AnApplicationsDeathOutweighsTheStressorsThatCameBefore) {
  Course course;
  course.plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(3000));
  course.pass(milliseconds(500), mib(38), mib(460)).worker_killed().pass(seconds(1));
  course.pass(milliseconds(500), mib(38), mib(460)).killed("node", 18).pass(seconds(1));
  course.end("targetEnded", "the target's process has ended", 1);
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kAppOomKilledByStress) << all_of(verdict);
  EXPECT_EQ(verdict.stressor_kills, 1);
  EXPECT_EQ(verdict.application_kills, 1);
  EXPECT_FALSE(verdict.application_survived);
  EXPECT_THAT(verdict.also, Contains(HasSubstr("Duress's own worker once")));
}

TEST(Precedence, TheEarliestBlowDecides) {
  Course first_liveness = liveness(3);
  first_liveness.pass(seconds(20), mib(500), Bytes{}).killed("node", 30).pass(seconds(1));
  const Verdict verdict = judged(first_liveness);
  EXPECT_EQ(verdict.finding, Finding::kRestartedByLiveness);
  EXPECT_THAT(verdict.also, Contains(HasSubstr("1 process of the application")));
}

TEST(Precedence, AnEndThatAKillExplainsIsNoRestartOfItsOwn) {
  Course course = application_killed(mib(300), mib(150));
  course.container_ended(137).pass(milliseconds(100)).event(EventKind::kContainerRestarted);
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kAppOomKilledByStress);
  EXPECT_EQ(verdict.restarts, 1);
  EXPECT_THAT(all_of(verdict), Not(HasSubstr("for a reason that the recording does not show")));
}

TEST(Precedence, AChildsDeathLeavesTheApplicationAlive) {
  Course course;
  course.own(mib(150)).plan(mib(300)).pass(seconds(1)).load(mib(300)).pass(seconds(2));
  course.pass(seconds(1), mib(200), mib(300)).killed("child", 44).own(mib(100)).pass(seconds(5));
  course.end("deadline");
  EXPECT_TRUE(judged(course).application_survived);
  course.raw().end.reset();
  course.raw().complete = false;
  course.raw().looks.back().processes = 0;
  EXPECT_FALSE(judged(course).application_survived);
}

TEST(Precedence, ASupervisorsDeathOutweighsItsStressors) {
  Course course;
  course.plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(3000));
  course.pass(milliseconds(500), mib(38), mib(460)).worker_killed().pass(seconds(1));
  course.event(EventKind::kSupervisorKilled);
  EXPECT_EQ(judged(course).finding, Finding::kSupervisorKilled);
}

TEST(Precedence, ALimitThatWasLoweredIsSaidBesideTheKill) {
  Course course;
  course.plan(mib(250)).pass(seconds(1)).load(mib(250)).pass(seconds(2));
  course.state().limit = mib(200);
  course.event(EventKind::kLimitChanged);
  course.last_event().bytes = mib(200);
  course.worker_killed().pass(seconds(1)).end("stressorKilled", "", 1);
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kStressorOomKilled);
  EXPECT_THAT(verdict.also, Contains(HasSubstr("limit was changed once, first to 200 MiB")));
}

// What must not be claimed.
TEST(Honesty, TwoFailedProbesAreNoProof) {
  const Verdict verdict = judged(liveness(2));
  EXPECT_EQ(verdict.finding, Finding::kContainerRestarted);
  EXPECT_THAT(verdict.sentence, HasSubstr("which proves no cause"));
}

TEST(Honesty, AKubeletsOwnWordIsProof) {
  Course course = liveness(2);
  course.raw().events.back().text = "Container web failed liveness probe, will be restarted";
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kRestartedByLiveness);
  EXPECT_THAT(verdict.sentence, HasSubstr("restarted because its liveness probe had failed twice"));
}

TEST(Honesty, AnEndThatIsToldTwiceIsOneEnd) {
  Course course;  // the recorder sees the process go, then whoever ended it says how and why
  course.plan(mib(460)).pass(seconds(1)).load(mib(460));
  course.pass(seconds(10)).event(EventKind::kProbeFailed, "liveness", "timeout");
  course.event(EventKind::kContainerEnded, "web", "the target's first process ended");
  course.pass(milliseconds(300)).container_ended(137);
  course.last_event().text = "Container web failed liveness probe, will be restarted";
  course.pass(milliseconds(300)).event(EventKind::kContainerRestarted);
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kRestartedByLiveness);
  EXPECT_EQ(verdict.restarts, 1);
  EXPECT_THAT(verdict.sentence, AllOf(HasSubstr("liveness probe had failed once"),
                                      HasSubstr("exit code 137 (SIGKILL)")));
  EXPECT_THAT(verdict.evidence, Contains(HasSubstr("first process ended; Container web")));
}

TEST(Honesty, NobodyRestartsAContainerWithASegmentationFault) {
  Course course = liveness(4);
  for (auto& event : course.raw().events) {
    if (event.kind == EventKind::kContainerEnded) event.code = 139;
  }
  EXPECT_EQ(judged(course).finding, Finding::kContainerRestarted);
}

TEST(Honesty, AProbeThatRecoveredDoesNotCount) {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50));
  for (int i = 0; i < 3; ++i) course.pass(seconds(1)).event(EventKind::kProbeFailed, "liveness");
  course.event(EventKind::kProbePassed, "liveness").pass(seconds(1));
  course.container_ended(1).end("targetEnded");
  EXPECT_EQ(judged(course).finding, Finding::kContainerRestarted);
}

TEST(Honesty, AReadinessProbeRestartsNothing) {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50));
  for (int i = 0; i < 9; ++i) course.pass(seconds(1)).event(EventKind::kProbeFailed, "readiness");
  course.container_ended(1).end("targetEnded");
  EXPECT_EQ(judged(course).finding, Finding::kContainerRestarted);
}

TEST(Honesty, AKillWithoutALookBeforeIsNotBlamed) {
  Course course;
  course.plan(mib(300)).killed("node", 18).end("targetEnded");
  const Verdict verdict = judged(course);
  EXPECT_THAT(verdict.sentence, HasSubstr("cannot be told"));
  EXPECT_THAT(verdict.sentence, Not(HasSubstr("because of the load")));
}

TEST(Honesty, AKillWithoutALoadIsTheApplicationsOwn) {
  Course course;
  course.pass(seconds(3), mib(500), {}).killed("node", 18).pass(seconds(1));
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kAppOomKilledByItself);
  EXPECT_THAT(verdict.sentence, Not(HasSubstr("Duress")));
}

TEST(Honesty, AWorkerThatFillsBetweenTwoLooksIsToBlame) {
  Course course;  // the last look before the kill shows nothing held
  course.plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted).killed("node", 18);
  course.pass(seconds(1)).end("targetEnded");
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kAppOomKilledByStress);
  EXPECT_THAT(verdict.sentence, HasSubstr("was filling up to the limit of 500 MiB"));
}

TEST(Honesty, TwoFifthsOfTheLimitAreNoSmallLoad) {
  // It grew by 280 MiB to 300 MiB beside 200 MiB: nobody knows that it would have gone on to 500.
  EXPECT_EQ(judged(application_killed(mib(200), mib(20))).finding, Finding::kAppOomKilledByStress);
}

TEST(Honesty, ASharedLimitIsSaid) {
  Course course = application_killed(mib(300), mib(150));
  for (auto& event : course.raw().events) {
    if (event.kind == EventKind::kOomKill) event.cgroup = "/kubepods/pod1";
  }
  EXPECT_THAT(judged(course).sentence, HasSubstr("others may share"));
}

TEST(OomKilledMark, IsExplainedWhereOnlyTheStressorDied) {
  EXPECT_THAT(judged(sawtooth(1)).evidence, Contains(HasSubstr("it was this test that caused it")));
  Course course = sawtooth(1);
  course.pass(seconds(3)).container_ended(0);
  const Verdict verdict = judged(course);
  EXPECT_THAT(verdict.also, Contains(HasSubstr("this test caused it")));
}

TEST(OomKilledMark, IsNotExplainedAwayWhereTheApplicationDied) {
  EXPECT_THAT(all_of(judged(application_killed(mib(20), mib(80)))), Not(HasSubstr("OOMKilled")));
}

TEST(Unnamed, AreTheWorkersThatTheSupervisorSawEnd) {
  Course course;
  course.plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(3000));
  course.pass(milliseconds(500), mib(38), mib(460)).held({});
  course.state().oom_kills = 5;
  course.pass(seconds(1)).end("stressorKilled", "the OOM killer took a worker", 5);
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kStressorOomKilled) << all_of(verdict);
  EXPECT_EQ(verdict.stressor_kills, 5);
}

TEST(Unnamed, IsTheFirstProcessWhereTheContainerEndedInThatMoment) {
  Course course;
  course.own(mib(150)).plan(mib(300)).pass(seconds(1)).load(mib(300)).pass(seconds(2));
  course.pass(seconds(1), mib(200), mib(300)).own(mib(1));
  course.state().oom_kills = 1;
  course.pass(milliseconds(200)).container_ended(137).end("targetEnded");
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kAppOomKilledByStress) << all_of(verdict);
  EXPECT_FALSE(verdict.application_survived);
  EXPECT_THAT(verdict.evidence, Contains(HasSubstr("Nobody named the victim")));
}

TEST(Unnamed, AreNotTheMembersOfAGroup) {
  Course course = group_killed(true);
  // The one that was chosen is counted twice (mm/oom_kill.c).
  course.state().oom_kills = 3;
  course.pass(milliseconds(100));
  const Verdict verdict = judged(course);
  EXPECT_THAT(all_of(verdict), Not(HasSubstr("nobody recorded"))) << all_of(verdict);
  EXPECT_EQ(verdict.application_kills, 1);
  EXPECT_EQ(verdict.stressor_kills, 1);
}

TEST(Unnamed, StayUnknownBesideAnEndOfAnotherKind) {
  Course course = unnamed();
  course.raw().end.reset();
  course.pass(seconds(1)).container_ended(143).end("targetEnded");
  EXPECT_EQ(judged(course).application_kills, 0);
}

// Odd recordings.
TEST(Odd, NothingAtAll) {
  const Verdict verdict = judge({});
  EXPECT_EQ(verdict.finding, Finding::kCutOff);
  observe::Recording closed;
  closed.complete = true;
  EXPECT_EQ(judge(closed).finding, Finding::kUnknown);
  EXPECT_THAT(judge(closed).sentence, HasSubstr("cannot be told"));
}

TEST(Odd, WatchedOnly) {
  Course course;
  course.pass(seconds(5));
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kRecorderOnly);
  EXPECT_EQ(verdict.severity, Severity::kGood);
}

TEST(Odd, CutOff) {
  Course course = fine();
  course.raw().end.reset();
  course.raw().complete = false;
  std::erase_if(course.raw().events,
                [](const auto& event) { return event.kind == EventKind::kLoadEnded; });
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kCutOff);
  EXPECT_THAT(verdict.sentence, AllOf(HasSubstr("breaks off after 11.5 s"), HasSubstr("not over")));
}

TEST(Odd, CutOffAfterAKill) {
  Course course = application_killed(mib(300), mib(150));
  course.raw().end.reset();
  course.raw().complete = false;
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kAppOomKilledByStress);
  EXPECT_THAT(verdict.also, Contains(HasSubstr("not known")));
}

TEST(Odd, EventsInAnyOrderGiveTheSameVerdict) {
  Course course = liveness(4);
  const Verdict straight = judged(course);
  std::ranges::reverse(course.raw().looks);
  std::ranges::reverse(course.raw().events);
  // Those of one moment have no order but their own: the container's end and the load's.
  EXPECT_EQ(judged(course).finding, straight.finding);
  EXPECT_EQ(judged(course).timeline.size(), straight.timeline.size());
}

TEST(Odd, CountersOfANewCgroupBeginAtNothing) {
  Course course;
  course.plan_cpu(0.5).pass(seconds(1)).event(EventKind::kLoadStarted);
  for (int round = 0; round < 2; ++round) {
    course.state().periods = 0;
    course.state().throttled_periods = 0;
    for (int i = 0; i < 50; ++i) {
      course.state().periods += 1;
      course.state().throttled_periods += 1;
      course.state().cpu += milliseconds(60);
      course.pass(milliseconds(100));
    }
  }
  course.end("deadline");
  EXPECT_THAT(judged(course).sentence, HasSubstr("of 100 periods"));
}

TEST(Odd, AsMuchThrottlingAsBeforeIsNotTheLoads) {
  EXPECT_NE(judged(throttled(18, 90)).finding, Finding::kThrottled);
}

TEST(Odd, TenHoursOfRestartsFitAPage) {
  Course course;
  course.plan(mib(50)).load(mib(50));
  for (int i = 0; i < 500; ++i) {
    course.pass(seconds(1)).event(EventKind::kProbeFailed, "liveness").pass(seconds(1));
    course.event(EventKind::kProbeFailed, "liveness").event(EventKind::kProbeFailed, "liveness");
    course.container_ended(137).event(EventKind::kContainerRestarted);
    course.event(EventKind::kProcessCame, "node" + std::to_string(i));
  }
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kRestartedByLiveness);
  EXPECT_EQ(verdict.restarts, 500);
  EXPECT_LE(verdict.timeline.size(), 101U);
}

}  // namespace
}  // namespace duress::explain
