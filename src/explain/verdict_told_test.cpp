// The time line and the forecast.
#include "explain/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "explain/courses_test.h"

namespace duress::explain {
namespace {

using namespace testing;
using observe::EventKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

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

}  // namespace
}  // namespace duress::explain
