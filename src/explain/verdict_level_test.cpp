#include "explain/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "explain/courses_test.h"

namespace duress::explain {
namespace {

using namespace testing;
using observe::EventKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;

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

Course in_the_ramp() {
  Course course;
  course.plan(mib(200)).pass(seconds(1)).event(EventKind::kLoadStarted);
  for (std::int64_t i = 1; i <= 10; ++i) {
    course.asked(mib(10 * i)).pass(seconds(1), mib(38), mib(10 * i));
  }
  course.end("deadline");
  return course;
}

Course quota() {
  Course course;
  course.plan(mib(200)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(200));
  course.raw().header.node_cpus = 1;
  for (std::int64_t i = 1; i <= 4; ++i) {
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
  const Course course = stuck(mib(100), mib(100) - kib(400), mib(38));
  EXPECT_EQ(judged(course).finding, Finding::kFine);
}

}  // namespace
}  // namespace duress::explain
