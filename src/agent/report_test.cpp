#include "agent/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace duress::agent {
namespace {

using spec::Injection;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

const WallTime kNow(seconds(1'790'000'000));

LoadPlanned fifty_mib() {
  LoadPlanned out;
  out.plan.memory = mib(50);
  out.foretold = observe::Foretold{.answer = "oom", .sentence = "the stressor would be killed"};
  return out;
}

LoadSampled sample(Bytes held, std::int64_t kills = 0, std::int64_t oom_kills = 0) {
  return {.asked = mib(50),
          .held = held,
          .cpu_asked = {},
          .cpu_got = Cores{0},
          .usage = held + mib(20),
          .working_set = held + mib(19),
          .limit = mib(500),
          .oom_kills = oom_kills,
          .kills = kills};
}

LoadOver ended_by(const std::string& reason) {
  LoadOver out;
  out.end.reason = reason;
  out.end.message = "because of " + reason;
  return out;
}

ContainerStory on() {
  ContainerStory story;
  story.starts("A");
  story.hear(fifty_mib(), kNow);
  story.hear(LoadStarted{}, kNow);
  return story;
}

TEST(ContainerStory, TellsThatAGuardEndedItUntilItBeginsAnew) {
  ContainerStory story = on();
  EXPECT_FALSE(story.report().guarded);
  story.ended(ended_by("guard"), {});
  EXPECT_TRUE(story.report().guarded);
  EXPECT_TRUE(ContainerStory(story.report()).report().guarded) << "another agent";
  ContainerStory again = story;
  again.asked_anew();
  EXPECT_FALSE(again.report().guarded);
  story.starts("A");
  EXPECT_FALSE(story.report().guarded);
}

TEST(ContainerStory, IsInjectedWhenTheWorkersAreThereAndNotBefore) {
  ContainerStory story;
  story.starts("A");
  story.hear(fifty_mib(), kNow);
  EXPECT_EQ(story.report().injection, Injection::kWaiting);
  EXPECT_EQ(story.report().forecast, "the stressor would be killed");
  story.hear(LoadStarted{}, kNow);
  EXPECT_EQ(story.report().injection, Injection::kInjected);
  EXPECT_EQ(story.report().since, kNow);
  EXPECT_FALSE(story.report().reached);
  story.hear(LoadReached{}, kNow);
  EXPECT_TRUE(story.report().reached);
  EXPECT_EQ(story.report().times, 1);
}

TEST(ContainerStory, TellsWhatIsMeasuredAndOnlyWhatWasAskedFor) {
  ContainerStory story = on();
  story.hear(sample(mib(49)), kNow);
  EXPECT_EQ(story.report().held, mib(49));
  EXPECT_EQ(story.report().usage, mib(69));
  EXPECT_EQ(story.report().working_set, mib(68));
  EXPECT_EQ(story.report().limit, mib(500));
  EXPECT_FALSE(story.report().cpu_got);
}

TEST(ContainerStory, OfCpuAloneIsReachedWhenItIsGot) {
  ContainerStory story;
  story.starts("A");
  LoadPlanned planned;
  planned.plan.cpu = Cores{0.5};
  story.hear(planned, kNow);
  LoadSampled sampled;
  sampled.cpu_asked = Cores{0.5};
  sampled.cpu_got = Cores{0.4};
  story.hear(sampled, kNow);
  EXPECT_FALSE(story.report().reached);
  sampled.cpu_got = Cores{0.49};
  story.hear(sampled, kNow);
  EXPECT_TRUE(story.report().reached);
}

TEST(ContainerStory, HasNoFiguresOfALoadThatIsOver) {
  ContainerStory story = on();
  story.hear(sample(mib(49)), kNow);
  story.ended(ended_by("signal"), {.ours = "released: the experiment was stopped"});
  EXPECT_EQ(story.report().injection, Injection::kNotInjected);
  EXPECT_EQ(story.report().message, "released: the experiment was stopped");
  EXPECT_FALSE(story.report().held);
  EXPECT_FALSE(story.report().usage);
  EXPECT_FALSE(story.report().since);
}

TEST(ContainerStory, OfALoadThatEndedByItselfTellsWhatBecameOfIt) {
  const std::pair<const char*, Injection> fates[] = {
      {"deadline", Injection::kNotInjected}, {"targetEnded", Injection::kWaiting},
      {"signal", Injection::kFailed},        {"stressorKilled", Injection::kFailed},
      {"guard", Injection::kFailed},         {"failed", Injection::kFailed},
      {"heldUp", Injection::kFailed}};
  for (const auto& [reason, injection] : fates) {
    ContainerStory story = on();
    story.ended(ended_by(reason), {});
    EXPECT_EQ(story.report().injection, injection) << reason;
    EXPECT_THAT(story.report().message, HasSubstr(reason));
  }
}

TEST(ContainerStory, OfALoadThatWasBeingEndedIsOfNoFailureHoweverItEnded) {
  for (const char* reason : {"signal", "failed", "heldUp", "guard", "stressorKilled", ""}) {
    ContainerStory story = on();
    LoadOver over = ended_by(reason);
    over.silent = over.end.reason.empty();
    story.ended(over, {.ours = "released"});
    EXPECT_EQ(story.report().injection, Injection::kNotInjected) << reason;
    EXPECT_EQ(story.report().message, "released");
  }
}

TEST(ContainerStory, OfALoadThatIsBegunAgainWaits) {
  ContainerStory story = on();
  story.ended(ended_by("signal"), {.begins_again = true});
  EXPECT_EQ(story.report().injection, Injection::kWaiting);
  EXPECT_THAT(story.report().message, HasSubstr("begun again"));
}

TEST(ContainerStory, NamesWhatALoadCouldNotPutBack) {
  ContainerStory story = on();
  LoadOver over = ended_by("signal");
  over.end.left_behind = {"memory.high of /a"};
  story.ended(over, {.ours = "released"});
  EXPECT_THAT(story.report().message, HasSubstr("left behind: memory.high of /a"));
}

TEST(ContainerStory, CountsOverAllLoadsOfAContainer) {
  ContainerStory story = on();
  story.hear(sample(mib(49), 2, 3), kNow);
  LoadOver over = ended_by("targetEnded");
  over.end.kills = 2;
  over.oom_kills = 3;
  story.ended(over, {});
  story.starts("B");
  story.hear(sample(mib(49), 1, 1), kNow);
  EXPECT_EQ(story.report().kills, 3);
  EXPECT_EQ(story.report().oom_kills, 4);
  EXPECT_EQ(story.report().restarts, 1);
  EXPECT_EQ(story.report().times, 2);
}

TEST(ContainerStory, GoesOnFromWhatWasReportedBefore) {
  spec::ContainerReport before = on().report();
  before.kills = 5;
  ContainerStory story(before);
  EXPECT_EQ(story.report().injection, Injection::kWaiting);  // nothing is on now
  story.starts("A");
  story.hear(sample(mib(1), 1), kNow);
  EXPECT_EQ(story.report().kills, 6);
  EXPECT_EQ(story.report().times, 2);
  EXPECT_EQ(story.report().restarts, 0);
}

TEST(ContainerStory, OfAFailureIsNotCoveredByWaiting) {
  ContainerStory story = on();
  story.ended(ended_by("failed"), {});
  story.waits("the container does not run on this node");
  EXPECT_THAT(story.report().message, HasSubstr("because of failed"));
}

// A NodeStress of so many containers with long names.
std::size_t object_size(const spec::NodeReport& report) {
  spec::NodeOrder order{.node = std::string(63, 'n'), .deadline = WallTime{}};
  order.loads.memory.emplace();
  for (const spec::ContainerReport& one : report.containers)
    order.containers.push_back({.ns = one.ns,
                                .pod = one.pod,
                                .pod_uid = std::string(36, 'u'),
                                .container = one.container,
                                .id = one.id});
  nlohmann::json object = spec::node_stress_object(order);
  object["status"] = spec::report_json(report);
  return object.dump().size();
}

spec::ContainerReport large() {
  ContainerStory story = on();
  story.hear(sample(mib(50)), kNow);
  spec::ContainerReport one = story.report();
  one.id = std::string(64, 'a');
  one.ns = one.pod = std::string(63, 'n');
  one.container = std::string(20, 'n');
  one.event = one.message = one.forecast = one.verdict = std::string(2000, 'x');
  one.usage = one.working_set = one.limit = one.asked = one.held = gib(100);
  one.cpu_asked = one.cpu_got = Cores{100};
  one.kills = one.oom_kills = one.restarts = 100000;
  return one;
}

TEST(Fit, KeepsTheLargestObjectWithinItsBounds) {
  spec::NodeReport report;
  for (const std::size_t count : {std::size_t{1}, std::size_t{40}, std::size_t{100},
                                  std::size_t{200}, spec::kMostContainersOfANode}) {
    report.containers.assign(count, large());
    fit(report);
    EXPECT_LT(object_size(report), 256U * 1024) << count;
    EXPECT_THAT(report.containers[0].verdict, ::testing::EndsWith("..."));
  }
}

TEST(Fit, KeepsPreflightsWithinTheBoundsToo) {
  spec::NodeReport report;
  spec::ContainerReport one = large();
  one.preflight.emplace();
  one.preflight->level = "oomApplication";
  one.preflight->follows.assign(20, std::string(500, 'f'));
  one.preflight->advice.assign(20, std::string(500, 'a'));
  for (const std::size_t count : {std::size_t{1}, std::size_t{60}, std::size_t{150}}) {
    report.containers.assign(count, one);
    fit(report);
    EXPECT_LT(object_size(report), 256U * 1024) << count;
    EXPECT_FALSE(report.containers[0].preflight->follows.empty());
  }
}

TEST(Fit, CutsNoCharacterInTwo) {
  spec::NodeReport report;
  report.containers.assign(1, large());
  report.containers[0].verdict = std::string(398, 'x') + "\u00e9\u00e9";
  fit(report);
  EXPECT_TRUE(is_utf8(report.containers[0].verdict));
}

spec::NodeReport report_of(const ContainerStory& story) {
  spec::NodeReport out;
  out.containers.push_back(story.report());
  return out;
}

TEST(ReportPacer, WritesTheFirstAtOnceAndThenAtMostOnceASecond) {
  ReportPacer pacer(milliseconds(0));
  const Instant start{seconds(50)};
  ContainerStory story = on();
  EXPECT_EQ(pacer.due_in(report_of(story), start), Duration(0));
  pacer.wrote(report_of(story), start);
  EXPECT_FALSE(pacer.due_in(report_of(story), start));
  story.hear(LoadReached{}, kNow);
  EXPECT_EQ(pacer.due_in(report_of(story), start + milliseconds(300)), milliseconds(700));
  EXPECT_EQ(pacer.due_in(report_of(story), start + seconds(5)), Duration(0));
}

TEST(ReportPacer, WritesFiguresRarelyAndOnlyWhereTheyMoved) {
  ReportPacer pacer(milliseconds(500));
  const Instant start{seconds(50)};
  ContainerStory story = on();
  story.hear(sample(mib(50)), kNow);
  pacer.wrote(report_of(story), start);
  story.hear(sample(mib(50) + kib(100)), kNow);
  EXPECT_FALSE(pacer.due_in(report_of(story), start + seconds(60)));
  story.hear(sample(mib(52)), kNow);
  EXPECT_EQ(pacer.due_in(report_of(story), start), ReportPacer::kFiguresEvery + milliseconds(500));
  story.hear(sample(mib(52), 1), kNow);  // a kill is a change of state
  EXPECT_EQ(pacer.due_in(report_of(story), start), Duration(ReportPacer::kAtMostEvery));
}

TEST(ReportPacer, WritesWhateverMovedOnceASecondWhileSomebodyLooks) {
  ReportPacer pacer(milliseconds(500));
  const Instant start{seconds(50)};
  ContainerStory story = on();
  story.hear(sample(mib(50)), kNow);
  pacer.wrote(report_of(story), start);
  pacer.watched(start + seconds(30));
  EXPECT_FALSE(pacer.due_in(report_of(story), start + seconds(2))) << "nothing has moved";
  story.hear(sample(mib(50) + kib(4)), kNow);
  EXPECT_EQ(pacer.due_in(report_of(story), start + milliseconds(200)), milliseconds(800));
  EXPECT_EQ(pacer.due_in(report_of(story), start + seconds(2)), Duration(0));
  EXPECT_FALSE(pacer.due_in(report_of(story), start + seconds(30))) << "nobody looks any more";
}

TEST(ReportPacer, TellsAReleaseAtOnce) {
  ReportPacer pacer(milliseconds(0));
  const Instant start{};
  auto report = report_of(on());
  pacer.wrote(report, start);
  report.released = true;
  EXPECT_EQ(pacer.due_in(report, start + milliseconds(1)), Duration(0));
  pacer.wrote(report, start + milliseconds(1));
  EXPECT_EQ(pacer.due_in(report, start + milliseconds(2)), std::nullopt);
}

TEST(ReportPacer, TriesAgainWhatWasNotTaken) {
  ReportPacer pacer(milliseconds(0));
  const Instant start{seconds(50)};
  pacer.wrote(report_of(on()), start);
  pacer.failed();
  EXPECT_EQ(pacer.due_in(report_of(on()), start), Duration(ReportPacer::kAtMostEvery));
}

}  // namespace
}  // namespace duress::agent
