#include "spec/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/fields.h"

namespace duress::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> lines(const Stressors& loads, Names names = Names::kManifest) {
  std::vector<std::string> out;
  for (const Problem& problem : validate(loads, names)) out.push_back(format_problem(problem));
  return out;
}

Stressors memory(std::string_view size) {
  Stressors loads;
  EXPECT_TRUE(field_by_flag("--memory")->set(loads, size)) << size;
  return loads;
}

Stressors cpu(std::string_view load) {
  Stressors loads;
  EXPECT_TRUE(field_by_flag("--cpu")->set(loads, load)) << load;
  return loads;
}

TEST(Validate, TakesWhatMakesSense) {
  EXPECT_THAT(lines(memory("50MiB")), IsEmpty());
  EXPECT_THAT(lines(memory("100%")), IsEmpty());
  EXPECT_THAT(lines(memory("4KiB")), IsEmpty());
  EXPECT_THAT(lines(cpu("1")), IsEmpty());
  EXPECT_THAT(lines(cpu("100")), IsEmpty());
  Stressors both = memory("80%");
  both.cpu = cpu("50%").cpu;
  both.memory->mode = Mode::kReach;
  both.memory->metric = Metric::kWorkingSet;
  EXPECT_THAT(lines(both), IsEmpty());
}

TEST(Validate, RefusesNothingToDo) {
  EXPECT_THAT(lines({}), ElementsAre("spec.stressors: nothing to do: give memory, cpu or both"));
  EXPECT_THAT(lines({}, Names::kFlags),
              ElementsAre("no load: give --memory SIZE, --cpu LOAD or both"));
}

TEST(Validate, RefusesAMissingSizeAndLoad) {
  Stressors loads;
  ASSERT_TRUE(field_by_flag("--workers")->set(loads, "4"));
  ASSERT_TRUE(field_by_flag("--cpu-workers")->set(loads, "4"));
  EXPECT_THAT(lines(loads, Names::kFlags),
              ElementsAre("--memory: missing: a size above 0 such as 200MiB, or a percentage such "
                          "as 80%",
                          "--cpu: missing: 1 to 100 (percent)"));
}

TEST(Validate, RefusesPercentOver100UnlessOfRequest) {
  Stressors loads = memory("150%");
  EXPECT_THAT(lines(loads),
              ElementsAre("spec.stressors.memory.size: 150% is not allowed: above 0% and up to "
                          "100%; more only with memory.percentOf: request"));
  EXPECT_THAT(lines(loads, Names::kFlags),
              ElementsAre("--memory: 150% is not allowed: above 0% and up to 100%; more only with "
                          "--percent-of request"));
  loads.memory->percent_of = PercentOf::kRequest;
  loads.memory->request = mib(100);
  EXPECT_THAT(lines(loads), IsEmpty());
}

TEST(Validate, RefusesPercentOfRequestWithoutOne) {
  Stressors loads = memory("50%");
  loads.memory->percent_of = PercentOf::kRequest;
  EXPECT_THAT(lines(loads),
              ElementsAre("spec.stressors.memory.request: missing: memory.percentOf: request needs "
                          "the container's memory request, such as 200MiB"));
}

TEST(Validate, RefusesARequestThatDoesNothing) {
  Stressors loads = memory("50%");
  loads.memory->request = mib(100);
  EXPECT_THAT(lines(loads), ElementsAre(HasSubstr("memory.request: it would do nothing")));
}

TEST(Validate, RefusesPercentOfWithASize) {
  Stressors loads = memory("50MiB");
  loads.memory->percent_of = PercentOf::kNode;
  EXPECT_THAT(lines(loads),
              ElementsAre(HasSubstr("percentOf: the size is 50 MiB, not a percentage")));
}

TEST(Validate, RefusesPercentOfEachWorkerOver100InAll) {
  Stressors loads = memory("30%");
  loads.memory->size_of = SizeOf::kWorker;
  loads.memory->workers = 3;
  EXPECT_THAT(lines(loads), IsEmpty());
  loads.memory->workers = 4;
  EXPECT_THAT(lines(loads), ElementsAre(HasSubstr("30% is not allowed: for each of 4 workers that "
                                                  "makes 120%")));
}

TEST(Validate, RefusesLessThanAPageAWorker) {
  EXPECT_THAT(lines(memory("1KiB")), ElementsAre(HasSubstr("1 KiB is not allowed: it would do "
                                                           "nothing: at least 4 KiB")));
  Stressors loads = memory("16KiB");
  loads.memory->workers = 4;
  EXPECT_THAT(lines(loads), IsEmpty());
  loads.memory->workers = 5;
  EXPECT_THAT(lines(loads), ElementsAre(HasSubstr("at least 4 KiB for each, 20 KiB")));
  loads.memory->size_of = SizeOf::kWorker;
  EXPECT_THAT(lines(loads), IsEmpty());
}

TEST(Validate, RefusesWorkersThatOverflow) {
  Stressors loads = memory("7EiB");
  loads.memory->size_of = SizeOf::kWorker;
  EXPECT_THAT(lines(loads), IsEmpty());
  loads.memory->workers = 2;
  EXPECT_THAT(lines(loads), ElementsAre(HasSubstr("too large for 2 workers")));
}

TEST(Validate, RefusesReachOfEachWorker) {
  Stressors loads = memory("80%");
  loads.memory->mode = Mode::kReach;
  loads.memory->size_of = SizeOf::kWorker;
  EXPECT_THAT(lines(loads), ElementsAre(HasSubstr("sizeOf: worker is not allowed: total with "
                                                  "memory.mode: reach")));
}

TEST(Validate, RefusesAMetricThatNothingSteers) {
  Stressors loads = memory("80%");
  loads.memory->metric = Metric::kAnon;
  EXPECT_THAT(lines(loads), ElementsAre(HasSubstr("metric: anon is not allowed")));
}

TEST(Validate, RefusesKillsWithoutEndWhenItStops) {
  Stressors loads = memory("80%");
  loads.memory->when_oom.max_kills = 0;
  EXPECT_THAT(lines(loads), ElementsAre(HasSubstr("maxKills: 0 is not allowed: 1 or more")));
  loads.memory->when_oom.then = Then::kRegrow;
  EXPECT_THAT(lines(loads), IsEmpty());
}

TEST(Validate, RefusesKillsUnderAPolicyWithoutThem) {
  for (const OomPolicy policy : {OomPolicy::kAvoid, OomPolicy::kAppFirst}) {
    Stressors loads = memory("80%");
    loads.memory->when_oom.policy = policy;
    EXPECT_THAT(lines(loads), IsEmpty());
    loads.memory->when_oom.max_kills = 3;
    loads.memory->when_oom.then = Then::kRegrow;
    EXPECT_THAT(lines(loads), ElementsAre(HasSubstr("then: regrow is not allowed"),
                                          HasSubstr("maxKills: 3 is not allowed")));
  }
}

TEST(Validate, RefusesOurFieldsBesideOptions) {
  struct Set {
    std::string_view path, text;
  };
  for (const Set& set :
       {Set{"memory.mode", "reach"}, Set{"memory.reserve", "1MiB"}, Set{"memory.time", "1s"},
        Set{"memory.rewrite", "1MiB"}, Set{"memory.swappable", "true"},
        Set{"memory.whenOOM.policy", "avoid"}, Set{"memory.whenOOM.then", "regrow"},
        Set{"cpu.mode", "reach"}, Set{"cpu.percentOf", "limit"}}) {
    Stressors loads = memory("80%");
    loads.cpu = cpu("80").cpu;
    loads.memory->options = {"--vm-keep"};
    loads.cpu->options = {"--cpu-method fft"};
    EXPECT_THAT(lines(loads), IsEmpty());
    ASSERT_TRUE(field_by_path(set.path)->set(loads, set.text)) << set.path;
    EXPECT_THAT(lines(loads), ElementsAre(HasSubstr(std::string(set.path) + ": stress-ng runs ")));
  }
}

TEST(Validate, LeavesStressngAlone) {
  Stressors loads;
  loads.stressng = "--vm 1";
  EXPECT_THAT(lines(loads), IsEmpty());
}

TEST(Validate, RefusesWhatNoFlagCouldSet) {
  Stressors loads = memory("50MiB");
  loads.cpu = cpu("50").cpu;
  loads.memory->workers = 0;
  loads.memory->oom_score_adj = 1001;
  loads.memory->reserve = Bytes{-1};
  loads.memory->rewrite = Bytes{-1};
  loads.memory->ramp = Duration(-1);
  loads.memory->when_oom.max_kills = -1;
  loads.cpu->workers = 1025;
  loads.cpu->load = Percent{100.5};
  EXPECT_THAT(lines(loads),
              ElementsAre(HasSubstr("memory.workers: 0 is"), HasSubstr("memory.oomScoreAdj: 1001"),
                          HasSubstr("memory.reserve: -1 B"), HasSubstr("memory.rewrite: -1 B"),
                          HasSubstr("memory.time: -1ns"), HasSubstr("maxKills: -1"),
                          HasSubstr("cpu.workers: 1025"), HasSubstr("cpu.load: 100.5%")));
  Stressors sizes = memory("50MiB");
  sizes.memory->size = Bytes{-1};
  EXPECT_THAT(lines(sizes), ElementsAre(HasSubstr("size: -1 B")));
  sizes.memory->size = Percent{0};
  EXPECT_THAT(lines(sizes), ElementsAre(HasSubstr("size: 0% is not allowed")));
}

}  // namespace
}  // namespace duress::spec
