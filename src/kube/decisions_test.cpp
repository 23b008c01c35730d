// The pure parts that decide: watching, electing, telling.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/election.h"
#include "kube/event_ledger.h"
#include "kube/event_recorder.h"
#include "kube/watch_plan.h"

namespace duress::kube {
namespace {

using std::chrono::seconds;

constexpr Instant kStart{seconds(1000)};

TEST(WatchPlan, ListsPageByPageAndWatchesFromThere) {
  WatchPlan plan(1);
  EXPECT_EQ(WatchPlan::first().what, WatchStep::What::kList);
  const auto next = plan.page("token", "10");
  EXPECT_EQ(next.what, WatchStep::What::kList);
  EXPECT_EQ(next.from, "token");
  EXPECT_EQ(next.after, Duration{0});
  const auto watch = plan.page("", "10");
  EXPECT_EQ(watch.what, WatchStep::What::kWatch);
  EXPECT_EQ(watch.from, "10");
}

TEST(WatchPlan, ContinuesFromTheLastEventOrBookmark) {
  WatchPlan plan(1);
  static_cast<void>(plan.page("", "10"));
  plan.heard("12");
  const auto step = plan.ended(kStart);
  EXPECT_EQ(step.what, WatchStep::What::kWatch);
  EXPECT_EQ(step.from, "12");
  EXPECT_EQ(step.after, Duration{0});
}

TEST(WatchPlan, WaitsWhenTheServerEndsItWithoutAWord) {
  WatchPlan plan(1);
  static_cast<void>(plan.page("", "10"));
  Duration before{0};
  for (int i = 0; i < 5; ++i) {
    const auto step = plan.ended(kStart);
    EXPECT_GT(step.after, before);
    before = step.after;
  }
}

TEST(WatchPlan, BeginsAnewWhenItsVersionIsTooOld) {
  WatchPlan plan(1);
  static_cast<void>(plan.page("", "10"));
  plan.heard("12");
  const ApiError expired{Reason::kExpired, "too old", 410};
  const auto step = plan.failed(expired, kStart);
  EXPECT_EQ(step.what, WatchStep::What::kList);
  EXPECT_EQ(step.from, "");
  EXPECT_LT(step.after, seconds(1));
  EXPECT_FALSE(WatchPlan::is_trouble(expired));
}

TEST(WatchPlan, BeginsAnewWhenAPageIsTooOld) {
  WatchPlan plan(1);
  static_cast<void>(plan.page("token", "10"));
  const auto step = plan.failed({Reason::kExpired, "too old", 410}, kStart);
  EXPECT_EQ(step.what, WatchStep::What::kList);
  EXPECT_EQ(step.from, "");
}

TEST(WatchPlan, ResumesWhereTheConnectionBroke) {
  WatchPlan plan(1);
  static_cast<void>(plan.page("", "10"));
  plan.heard("12");
  const auto step = plan.failed({Reason::kNoContact, "broke"}, kStart);
  EXPECT_EQ(step.what, WatchStep::What::kWatch);
  EXPECT_EQ(step.from, "12");
  EXPECT_GE(step.after, std::chrono::milliseconds(100));
  EXPECT_LE(step.after, std::chrono::milliseconds(150));
}

TEST(WatchPlan, HeedsHowLongTheServerWantsToBeLeftAlone) {
  WatchPlan plan(1);
  static_cast<void>(plan.page("", "10"));
  EXPECT_GE(plan.failed({Reason::kTooMany, "", 429, seconds(7)}, kStart).after, seconds(7));
  const auto refused = plan.failed({Reason::kForbidden, "", 403}, kStart);
  EXPECT_EQ(refused.what, WatchStep::What::kList);
  EXPECT_GE(refused.after, seconds(5));
}

class ElectionTest : public ::testing::Test {
 protected:
  static Json lease(const std::string& holder, const std::string& version) {
    return {{"metadata", {{"resourceVersion", version}}},
            {"spec",
             {{"holderIdentity", holder}, {"leaseDurationSeconds", 15}, {"leaseTransitions", 4}}}};
  }
  Election election_{"me", {}};
};

TEST_F(ElectionTest, MakesTheLeaseThatIsNotThere) {
  EXPECT_EQ(election_.saw(nullptr, kStart), Election::Move::kCreate);
  const Json record = election_.record(Election::Move::kCreate, nullptr, WallTime{});
  EXPECT_EQ(text_at(record, "/spec/holderIdentity"), "me");
  EXPECT_EQ(number_at(record, "/spec/leaseTransitions"), 0);
  EXPECT_EQ(text_at(record, "/spec/renewTime"), "1970-01-01T00:00:00.000000Z");
}

// The other's clock says nothing: only how long its record stays as it is.
TEST_F(ElectionTest, TakesALeaseThatDoesNotChangeForItsTime) {
  EXPECT_EQ(election_.saw(lease("other", "1"), kStart), Election::Move::kNothing);
  EXPECT_EQ(election_.holder(), "other");
  EXPECT_EQ(election_.saw(lease("other", "1"), kStart + seconds(14)), Election::Move::kNothing);
  EXPECT_EQ(election_.saw(lease("other", "2"), kStart + seconds(14)), Election::Move::kNothing);
  EXPECT_EQ(election_.saw(lease("other", "2"), kStart + seconds(28)), Election::Move::kNothing);
  EXPECT_EQ(election_.saw(lease("other", "2"), kStart + seconds(29)), Election::Move::kTake);
  EXPECT_EQ(number_at(election_.record(Election::Move::kTake, lease("other", "2"), WallTime{}),
                      "/spec/leaseTransitions"),
            5);
}

TEST_F(ElectionTest, TakesAReleasedLeaseAtOnce) {
  EXPECT_EQ(election_.saw(lease("", "1"), kStart), Election::Move::kTake);
}

TEST_F(ElectionTest, LeadsFromWhenItsRequestLeft) {
  EXPECT_FALSE(election_.leads(kStart));
  election_.wrote(lease("me", "2"), kStart);
  EXPECT_TRUE(election_.leads(kStart + seconds(9)));
  EXPECT_FALSE(election_.leads(kStart + seconds(10)));
  EXPECT_EQ(election_.saw(lease("me", "2"), kStart), Election::Move::kRenew);
  EXPECT_EQ(number_at(election_.record(Election::Move::kRenew, lease("me", "2"), WallTime{}),
                      "/spec/leaseTransitions"),
            4);
}

TEST_F(ElectionTest, StopsLeadingWhenItSeesAnother) {
  election_.wrote(lease("me", "2"), kStart);
  EXPECT_EQ(election_.saw(lease("other", "3"), kStart), Election::Move::kNothing);
  EXPECT_FALSE(election_.leads(kStart));
}

TEST_F(ElectionTest, ReleasesSoThatAnotherNeedNotWait) {
  const Json released = election_.release(lease("me", "2"), WallTime{});
  EXPECT_EQ(text_at(released, "/spec/holderIdentity"), "");
  EXPECT_EQ(text_at(released, "/metadata/resourceVersion"), "2");
}

EventNote note(const std::string& name, const std::string& reason) {
  return {
      .target = {.api_version = "v1", .kind = "Pod", .ns = "n", .name = name, .uid = name + "-uid"},
      .reason = reason,
      .message = "it happened"};
}

TEST(EventLedger, WritesTheFirstAtOnceAndGathersTheRestForTenSeconds) {
  EventLedger ledger;
  const auto first = ledger.note(note("a", "Killed"), kStart, WallTime{});
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_new);
  for (int i = 1; i < 10; ++i)
    EXPECT_FALSE(ledger.note(note("a", "Killed"), kStart + seconds(i), WallTime{seconds(i)}));
  EXPECT_EQ(ledger.next(), kStart + seconds(10));
  EXPECT_TRUE(ledger.due(kStart + seconds(9)).empty());
  const auto due = ledger.due(kStart + seconds(10));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].count, 10);
  EXPECT_EQ(due[0].last, WallTime{seconds(9)});
  EXPECT_EQ(due[0].name, first->name);
  EXPECT_FALSE(due[0].is_new);
  EXPECT_FALSE(ledger.next());
}

TEST(EventLedger, KeepsTargetsAndReasonsApart) {
  EventLedger ledger;
  EXPECT_TRUE(ledger.note(note("a", "Killed"), kStart, WallTime{}));
  EXPECT_TRUE(ledger.note(note("b", "Killed"), kStart, WallTime{}));
  EXPECT_TRUE(ledger.note(note("a", "Restarted"), kStart, WallTime{}));
}

TEST(EventLedger, BeginsANewEventAfterALongSilence) {
  EventLedger ledger;
  const auto first = ledger.note(note("a", "Killed"), kStart, WallTime{});
  const auto later =
      ledger.note(note("a", "Killed"), kStart + std::chrono::minutes(11), WallTime{seconds(660)});
  ASSERT_TRUE(later);
  EXPECT_TRUE(later->is_new);
  EXPECT_EQ(later->count, 1);
  EXPECT_NE(later->name, first->name);
}

TEST(EventLedger, IsBounded) {
  EventLedger ledger;
  std::size_t written = 0;
  for (int i = 0; i < 10'000; ++i)
    written += ledger.note(note(std::to_string(i), "Killed"), kStart, WallTime{}) ? 1U : 0U;
  EXPECT_EQ(written, EventLedger::kMostKept);
}

TEST(EventObject, LiesInTheNamespaceOfItsTarget) {
  EventWrite write{.note = note("a", "Killed"), .name = "a.1"};
  write.note.is_warning = true;
  const Json event = event_object(write, "duress-agent", "node-1");
  EXPECT_EQ(text_at(event, "/metadata/namespace"), "n");
  EXPECT_EQ(text_at(event, "/type"), "Warning");
  EXPECT_EQ(text_at(event, "/involvedObject/uid"), "a-uid");
  write.note.target.ns = "";
  EXPECT_EQ(text_at(event_object(write, "c", "h"), "/metadata/namespace"), "default");
}

}  // namespace
}  // namespace duress::kube
