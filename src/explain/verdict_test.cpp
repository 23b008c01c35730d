#include "explain/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "explain/course_test.h"

namespace duress::explain {
namespace {

using observe::EventKind;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::Contains;
using testing::Course;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Verdict judged(const Course& course) { return judge(course.recording()); }

// Everything that the verdict says, for what must or must not be said anywhere.
std::string all_of(const Verdict& verdict) {
  std::string out = verdict.sentence + "\n" + verdict.foretold + "\n";
  for (const auto* lines : {&verdict.evidence, &verdict.also, &verdict.advice}) {
    for (const std::string& line : *lines) out += line + "\n";
  }
  for (const TimelineEntry& entry : verdict.timeline) out += entry.text + "\n";
  return out;
}

Course fine() {
  Course course;
  course.plan(mib(50))
      .pass(seconds(1))
      .load(mib(50))
      .pass(seconds(10))
      .end("deadline", "the time is over");
  return course;
}

Course sawtooth(int teeth) {
  Course course;
  course.plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(3000));
  for (int i = 0; i < teeth; ++i) {
    course.pass(milliseconds(500), mib(38), mib(460)).worker_killed(100 + i).pass(seconds(1));
  }
  course.end("stressorKilled", "the OOM killer took a worker", teeth);
  return course;
}

// 300 MiB held and still, beside an application of 150 MiB that grows past what is left.
Course application_killed(Bytes held, Bytes from) {
  Course course;
  course.own(from).plan(held).pass(seconds(1)).load(held).pass(seconds(2));
  course.pass(seconds(2), mib(500) - held, held).killed("node", 18).own(mib(5));
  course.pass(milliseconds(500)).end("targetEnded", "the target's process has ended");
  return course;
}

Course liveness(int failures) {
  Course course;
  course.plan(mib(460)).pass(seconds(1)).load(mib(460)).pass(seconds(5));
  for (int i = 0; i < failures; ++i) {
    course.pass(seconds(10))
        .event(EventKind::kProbeFailed, "liveness",
               "Get \"http://10.244.1.19:8080/\": context deadline exceeded");
  }
  course.container_ended(1).end("targetEnded", "the target's process has ended");
  course.pass(milliseconds(100)).event(EventKind::kContainerRestarted);
  return course;
}

Course group_killed(bool by_stress) {
  Course course;
  course.plan(by_stress ? mib(3000) : mib(20)).pass(seconds(1));
  if (by_stress) {
    course.event(EventKind::kLoadStarted).asked(mib(3000));
    course.pass(milliseconds(500), mib(38), mib(460));
  } else {
    course.load(mib(20)).pass(seconds(3), mib(480), mib(20));
  }
  course.event(EventKind::kOomGroupKill, "duress-memory", "tasks in /web are going to be killed");
  course.last_event().members = {{18, "node", false}, {99, "duress-memory", true}};
  course.state().oom_kills += 2;
  course.container_ended(137).end("targetEnded", "the target's process has ended", 1);
  return course;
}

Course throttled(std::int64_t before, std::int64_t during) {
  Course course;
  course.plan_cpu(0.5);
  for (int i = 0; i < 20; ++i) {
    course.state().periods += 1;
    course.state().throttled_periods += i < before ? 1 : 0;
    course.pass(milliseconds(100));
  }
  course.event(EventKind::kLoadStarted);
  for (int i = 0; i < 100; ++i) {
    course.state().periods += 1;
    course.state().throttled_periods += i < during ? 1 : 0;
    course.state().throttled += milliseconds(i < during ? 40 : 0);
    course.state().cpu += milliseconds(50);
    course.pass(milliseconds(100));
  }
  course.end("deadline");
  return course;
}

struct Row {
  const char* name;
  std::function<Course()> course;
  Finding finding;
  Severity severity;
  std::vector<std::string> sentence;  // all of these are in it
};

std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

class Findings : public ::testing::TestWithParam<Row> {};

TEST_P(Findings, AreTold) {
  const Row& row = GetParam();
  const Verdict verdict = judge(row.course().recording());
  EXPECT_EQ(name_of(verdict.finding), name_of(row.finding)) << all_of(verdict);
  EXPECT_EQ(name_of(verdict.severity), name_of(row.severity)) << all_of(verdict);
  for (const std::string& word : row.sentence) EXPECT_THAT(verdict.sentence, HasSubstr(word));
  EXPECT_THAT(verdict.evidence, Not(IsEmpty()));
  EXPECT_TRUE(verdict.sentence.ends_with('.')) << verdict.sentence;
}

Course supervisor_killed() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(3));
  course.event(EventKind::kSupervisorKilled, "duress").held({}).pass(seconds(1));
  return course;
}

Course guard() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(3));
  course.end("guard", "the machine has 180 MiB of memory left, less than the guard of 200 MiB");
  return course;
}

Course failed() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).end("failed", "the warden was killed");
  return course;
}

Course outsider() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(1));
  course.event(EventKind::kOutsiderKilled, "postgres", "/kubepods/pod1/db");
  course.last_event().cgroup = "/kubepods/pod1";
  course.pass(seconds(2)).end("deadline");
  return course;
}

Course unnamed() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(1));
  course.state().oom_kills = 2;
  course.pass(seconds(5)).end("deadline");
  return course;
}

Course stressor_first() {
  Course course;
  course.plan(mib(3000), "stressorFirst").pass(seconds(1)).event(EventKind::kLoadStarted);
  course.asked(mib(3000)).pass(milliseconds(500), mib(38), mib(440)).held({}).pass(seconds(1));
  course.end("stressorKilled", "ended a worker at 485 MiB of 500 MiB", 1);
  return course;
}

Course thrashing() {
  Course course;
  course.plan(mib(440)).pass(seconds(1)).load(mib(440));
  for (int i = 0; i < 10; ++i) {
    course.state().memory.refaults += 2000;
    course.state().memory.major_faults += 100;
    course.pass(seconds(1));
  }
  course.end("deadline");
  return course;
}

Course node_short() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50));
  course.state().node_available = mib(150);
  course.pass(seconds(5)).end("deadline");
  return course;
}

Course limit_changed() {
  Course course;
  course.plan(mib(250)).pass(seconds(1)).load(mib(250)).pass(seconds(2));
  course.state().limit = mib(600);
  course.event(EventKind::kLimitChanged);
  course.last_event().bytes = mib(600);
  course.pass(seconds(5)).end("deadline");
  return course;
}

Course exits(int code) {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(3));
  course.container_ended(code).end("targetEnded", "the target's process has ended");
  return course;
}

INSTANTIATE_TEST_SUITE_P(
    All, Findings,
    ::testing::Values(
        Row{"Fine", fine, Finding::kFine, Severity::kGood, {"50 MiB", "88 MiB of 500 MiB"}},
        Row{"StressorOomKilled",
            [] { return sawtooth(1); },
            Finding::kStressorOomKilled,
            Severity::kNotice,
            {"once", "limit of 500 MiB", "application was spared"}},
        Row{"Sawtooth",
            [] { return sawtooth(6); },
            Finding::kStressorOomKilled,
            Severity::kNotice,
            {"6 times", "climbed again 5 times", "application was spared"}},
        Row{"AppOomKilledByStress",
            [] { return application_killed(mib(300), mib(150)); },
            Finding::kAppOomKilledByStress,
            Severity::kBad,
            {"node (PID 18)", "300 MiB", "200 MiB", "would have fitted"}},
        Row{"AppOomKilledByItself",
            [] { return application_killed(mib(20), mib(80)); },
            Finding::kAppOomKilledByItself,
            Severity::kBad,
            {"own growth", "480 MiB", "20 MiB"}},
        Row{"Liveness",
            [] { return liveness(4); },
            Finding::kRestartedByLiveness,
            Severity::kBad,
            {"liveness probe had failed 4 times", "498 MiB of 500 MiB", "exit code 1",
             "the stress ended because of that"}},
        Row{"GroupByStress",
            [] { return group_killed(true); },
            Finding::kGroupKilled,
            Severity::kBad,
            {"whole container", "2 processes", "because of the load", "memory.oom.group"}},
        Row{"GroupByItself",
            [] { return group_killed(false); },
            Finding::kGroupKilled,
            Severity::kBad,
            {"by its own growth"}},
        Row{"Throttled",
            [] { return throttled(0, 90); },
            Finding::kThrottled,
            Severity::kBad,
            {"90 of 100 periods (90 %)", "3.6 s lost", "before the load it was in 0 %"}},
        Row{"SupervisorKilled",
            supervisor_killed,
            Finding::kSupervisorKilled,
            Severity::kNotice,
            {"killed without a word"}},
        Row{"Guard", guard, Finding::kGuard, Severity::kNotice, {"180 MiB", "200 MiB"}},
        Row{"Failed", failed, Finding::kLoadFailed, Severity::kNotice, {"the warden was killed"}},
        Row{"Outsider",
            outsider,
            Finding::kOtherKilled,
            Severity::kBad,
            {"postgres", "neither to the target nor to Duress", "/kubepods/pod1"}},
        Row{"Unnamed",
            unnamed,
            Finding::kUnnamedOomKilled,
            Severity::kNotice,
            {"2 processes", "does not tell whose"}},
        Row{"StressorFirst",
            stressor_first,
            Finding::kStressorEnded,
            Severity::kNotice,
            {"not by the OOM killer", "stressorFirst"}},
        Row{"Thrashing", thrashing, Finding::kThrashing, Severity::kBad, {"20000 pages"}},
        Row{"NodeShort",
            node_short,
            Finding::kNodeShort,
            Severity::kNotice,
            {"150 MiB", "100 MiB"}},
        Row{"LimitChanged",
            limit_changed,
            Finding::kLimitChanged,
            Severity::kNotice,
            {"500 MiB", "600 MiB"}},
        Row{"Crashed",
            [] { return exits(139); },
            Finding::kContainerRestarted,
            Severity::kBad,
            {"exit code 139 (SIGSEGV)", "does not show"}},
        Row{"EndedWell",
            [] { return exits(0); },
            Finding::kContainerRestarted,
            Severity::kNotice,
            {"exit code 0", "the stress ended because of that"}}),
    [](const auto& row) { return std::string(row.param.name); });

// What holds the level up, each with the words that must be in the sentence.
struct Lack {
  const char* name;
  std::function<Course()> course;
  std::string why;
};
std::ostream& operator<<(std::ostream& out, const Lack& lack) { return out << lack.name; }

class NotReached : public ::testing::TestWithParam<Lack> {};

TEST_P(NotReached, SaysWhy) {
  const Verdict verdict = judge(GetParam().course().recording());
  EXPECT_EQ(name_of(verdict.finding), "notReached") << all_of(verdict);
  EXPECT_THAT(verdict.sentence, HasSubstr(GetParam().why));
}

// Asks for `size`, gets to `got` and stays there; the application goes to `own`.
Course stuck(Bytes size, Bytes got, Bytes own, const std::string& policy = "natural") {
  Course course;
  course.plan(size, policy).pass(seconds(1)).event(EventKind::kLoadStarted).asked(size);
  course.pass(milliseconds(500), mib(38), got).pass(seconds(5), own, got).pass(seconds(5));
  course.end("deadline", "the time asked for is over");
  return course;
}

Course in_the_ramp() {
  Course course;
  course.plan(mib(200)).pass(seconds(1)).event(EventKind::kLoadStarted);
  for (int i = 1; i <= 10; ++i) {
    course.asked(mib(10 * i)).pass(seconds(1), mib(38), mib(10 * i));
  }
  course.end("deadline");
  return course;
}

Course quota() {
  Course course;
  course.plan(mib(200)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(200));
  course.header().node_cpus = 1;
  for (int i = 1; i <= 4; ++i) {
    course.state().periods += 10;
    course.state().throttled_periods += i == 1 ? 10 : 4;
    course.pass(milliseconds(500), mib(38), mib(10 * i));
  }
  course.state().throttled_periods -= 2;
  course.end("signal", "ended by Ctrl-C");
  return course;
}

Course filling() {
  Course course;
  course.plan(mib(400)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(400));
  course.pass(seconds(1), mib(38), mib(150)).end("signal", "ended by Ctrl-C");
  return course;
}

Course given_up() {
  Course course;
  course.own(mib(100)).plan(mib(300), "avoid").pass(seconds(1)).load(mib(300)).pass(seconds(1));
  course.pass(seconds(2), mib(300), mib(180)).pass(seconds(5)).end("deadline");
  return course;
}

INSTANTIATE_TEST_SUITE_P(
    All, NotReached,
    ::testing::Values(
        Lack{"Limit", [] { return stuck(mib(600), mib(440), mib(38)); },
             "the limit of 500 MiB has room for 462 MiB beside the application's own 38 MiB"},
        Lack{"Avoid", [] { return stuck(mib(460), mib(446), mib(38), "avoid"); },
             "the policy avoid keeps memory free below the limit of 500 MiB"},
        Lack{"Growth", [] { return stuck(mib(300), mib(180), mib(310), "avoid"); },
             "the application grew meanwhile, from 38 MiB to 310 MiB"},
        Lack{"Ramp", in_the_ramp, "the ramp was not over: it had come to 100 MiB"},
        Lack{"Filling", filling, "it was still filling when it was ended by hand"},
        Lack{"NotKept", given_up, "were reached after 1.5 s, but not kept"},
        Lack{"Unknown", [] { return stuck(mib(300), mib(100), mib(38)); },
             "the recording does not show"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(NotReachedForTheQuota, IsToldBesideTheThrottling) {
  const Verdict verdict = judged(quota());
  EXPECT_EQ(verdict.finding, Finding::kThrottled);
  EXPECT_THAT(verdict.also, Contains(HasSubstr("at most 40 MiB of 200 MiB")));
}

TEST(NotReachedByTheCountersStock, IsNoFinding) {
  Course course = stuck(mib(100), mib(100) - kib(400), mib(38));
  EXPECT_EQ(judged(course).finding, Finding::kFine);
}

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

TEST(Honesty, HalfTheLimitHeldIsNotASmallLoad) {
  // It doubled to 250 MiB beside 250 MiB: nobody knows that it would have gone on to 500 MiB.
  EXPECT_EQ(judged(application_killed(mib(250), mib(20))).finding, Finding::kAppOomKilledByStress);
}

TEST(Honesty, ASharedLimitIsSaid) {
  Course course = application_killed(mib(300), mib(150));
  for (auto& event : course.raw().events) {
    if (event.kind == EventKind::kOomKill) event.cgroup = "/kubepods/pod1";
  }
  EXPECT_THAT(judged(course).sentence, HasSubstr("others share it"));
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

TEST(Timeline, GathersAHundredAlike) {
  Course course;
  course.plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(3000));
  for (int i = 0; i < 52; ++i) {
    course.worker_killed(100 + i);
    course.event(EventKind::kProcessWent, "duress-memory");
    course.event(EventKind::kTold, "", "the OOM killer took a worker at 49" + std::to_string(i));
    course.state().at += milliseconds(20);
  }
  course.pass(seconds(1)).end("stressorKilled", "", 52);
  const Verdict verdict = judged(course);
  EXPECT_THAT(verdict.timeline, SizeIs(5)) << all_of(verdict);
  EXPECT_THAT(all_of(verdict),
              HasSubstr("OOM killer took duress-memory, Duress's own, 52 times in 1.0 s, 50 a "
                        "second."));
}

TEST(Timeline, IsInOrderAndPrintable) {
  Course course = liveness(4);
  course.event(EventKind::kTold, "", "\x1b[31mred\n\xff");
  const Verdict verdict = judged(course);
  EXPECT_TRUE(std::ranges::is_sorted(verdict.timeline, {}, &TimelineEntry::at));
  EXPECT_THAT(all_of(verdict), Not(HasSubstr("\x1b")));
}

// What was foretold.
TEST(Foretold, ComesTrueOrNot) {
  const auto of = [](Course course, const std::string& answer, const std::string& victim = "") {
    course.foretold(answer, victim);
    return judge(course.recording()).as_foretold;
  };
  EXPECT_EQ(of(fine(), "safe"), true);
  EXPECT_EQ(of(fine(), "oom"), false);
  EXPECT_EQ(of(fine(), "cannotReach"), false);
  EXPECT_EQ(of(sawtooth(1), "oom", "duress-memory"), true);
  EXPECT_EQ(of(sawtooth(1), "oom", "node"), false);
  EXPECT_EQ(of(sawtooth(1), "safe"), false);
  EXPECT_EQ(of(sawtooth(1), "oomApplication", "node"), false);
  EXPECT_EQ(of(application_killed(mib(300), mib(150)), "oomApplication", "node"), true);
  EXPECT_EQ(of(application_killed(mib(300), mib(150)), "oom"), false);
  EXPECT_EQ(of(stuck(mib(600), mib(440), mib(38)), "cannotReach"), true);
  EXPECT_EQ(of(stressor_first(), "oom"), true);
}

TEST(Foretold, IsNotPutToTheTestByALoadThatWasEndedEarly) {
  Course course;
  course.plan(mib(400)).foretold("oom").pass(seconds(1)).event(EventKind::kLoadStarted);
  course.asked(mib(400)).pass(milliseconds(300), mib(38), mib(50)).end("signal");
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.as_foretold, std::nullopt);
  EXPECT_THAT(verdict.foretold, HasSubstr("not put to the test"));
}

TEST(Foretold, IsNotPutToTheTestUnderAnotherLimit) {
  Course course = limit_changed();
  course.foretold("oom");
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.as_foretold, std::nullopt);
  EXPECT_THAT(verdict.foretold, HasSubstr("limit was changed"));
}

TEST(Foretold, TellsTheGroupApart) {
  Course course = group_killed(true);
  course.foretold("oom", "duress-memory", true);
  EXPECT_EQ(judged(course).as_foretold, true);
  course.foretold("oom", "duress-memory", false);
  EXPECT_EQ(judged(course).as_foretold, false);
}

TEST(Names, AreDistinctForEveryFinding) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(kLastFinding); ++i) {
    names.insert(name_of(static_cast<Finding>(i)));
  }
  EXPECT_THAT(names, SizeIs(static_cast<std::size_t>(kLastFinding) + 1));
  EXPECT_THAT(names, Each(Not("")));
}

}  // namespace
}  // namespace duress::explain
