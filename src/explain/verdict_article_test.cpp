// The three situations of the article that this program answers, with its figures: 50 MiB by four
// workers, a stress that vanished with the container, and usage that went up and down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "explain/courses_test.h"
#include "explain/verdict.h"

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

// hello-kubernetes: 500 MiB allowed, 39,821,312 bytes used, on cgroup v1.
Course hello() {
  Course course;
  course.raw().header.target = "hello-kubernetes";
  course.raw().header.cgroup_version = 1;
  course.raw().header.qos_class = "Burstable";
  course.own(Bytes{39'821'312});
  return course;
}

TEST(Article, FiftyMebibytesAreFifty) {
  Course course = hello();
  course.plan(mib(50)).foretold("safe").pass(seconds(1)).load(mib(50)).pass(seconds(20));
  course.end("signal", "ended by Ctrl-C");
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kFine);
  EXPECT_THAT(verdict.sentence,
              AllOf(HasSubstr("50 MiB were held"), HasSubstr("88 MiB of 500 MiB (18 %)"),
                    HasSubstr("nobody was killed")));
  EXPECT_THAT(verdict.evidence, Contains(HasSubstr("memory.usage_in_bytes")));
  EXPECT_EQ(verdict.as_foretold, true);
}

// The shell exits with 137 and no stressor is to be found; `Last State: Error, Exit Code 1`.
TEST(Article, WhyDoesTheStressDisappear) {
  Course course = hello();
  course.plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(3000));
  for (int i = 0; i < 4; ++i) {
    course.pass(milliseconds(500), Bytes{39'821'312}, mib(455)).worker_killed(443160 + i);
    course.pass(seconds(9))
        .event(
            EventKind::kProbeFailed, "liveness",
            "Get \"http://10.244.1.19:8080/\": context deadline exceeded (Client.Timeout exceeded "
            "while awaiting headers)");
  }
  course.container_ended(1);
  course.last_event().text = "Container hello-kubernetes failed liveness probe, will be restarted";
  course.end("targetEnded", "the target's process has ended", 4).pass(seconds(1), mib(30), {});
  course.event(EventKind::kContainerRestarted);
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kRestartedByLiveness) << all_of(verdict);
  EXPECT_EQ(verdict.severity, Severity::kBad);
  EXPECT_FALSE(verdict.application_survived);
  EXPECT_EQ(verdict.restarts, 1);
  EXPECT_THAT(verdict.sentence,
              AllOf(HasSubstr("restarted because its liveness probe had failed 4 times in a row"),
                    HasSubstr("exit code 1,"), HasSubstr("the stress ended because of that")));
  EXPECT_THAT(verdict.evidence, Contains(HasSubstr("context deadline exceeded")));
  EXPECT_THAT(verdict.evidence, Contains(HasSubstr("took nobody of the application")));
  EXPECT_THAT(verdict.also, Contains(HasSubstr("Duress's own worker 4 times")));
  EXPECT_THAT(verdict.also, Contains(AllOf(HasSubstr("OOMKilled"), HasSubstr("test caused it"))));
}

// Without probes usage goes up, drops sharply, and goes back and forth; the application stands at
// 988 and lives.
TEST(Article, WhatIfThereWasNoLivenessProbe) {
  Course course = hello();
  course.plan(mib(3000)).foretold("oom", "stress-ng-vm").pass(seconds(1));
  course.event(EventKind::kLoadStarted).asked(mib(3000));
  for (int i = 0; i < 12; ++i) {
    course.pass(seconds(1), Bytes{39'821'312}, mib(455)).killed("stress-ng-vm", 443160 + i, true);
    course.last_event().resident = kib(152704);
    course.last_event().oom_score_adj = 1000;
    course.held({}).pass(seconds(2));
  }
  course.end("signal", "ended by Ctrl-C", 12);
  const Verdict verdict = judged(course);
  EXPECT_EQ(verdict.finding, Finding::kStressorOomKilled) << all_of(verdict);
  EXPECT_EQ(verdict.severity, Severity::kNotice);
  EXPECT_TRUE(verdict.application_survived);
  EXPECT_EQ(verdict.stressor_kills, 12);
  EXPECT_EQ(verdict.sawtooth, 11);
  EXPECT_THAT(verdict.sentence,
              AllOf(HasSubstr("12 times"), HasSubstr("limit of 500 MiB"),
                    HasSubstr("climbed again 11 times"), HasSubstr("the application was spared")));
  EXPECT_THAT(verdict.evidence, Contains(HasSubstr("oom_kill of memory.oom_control rose by 12")));
  EXPECT_EQ(verdict.as_foretold, true);
  EXPECT_THAT(all_of(verdict), Not(HasSubstr("because of the load")));
}

}  // namespace
}  // namespace duress::explain
