#include "spec/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "spec/manifest.h"

namespace duress::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Candidate candidate(std::string name, std::string ns = "shop") {
  Candidate out;
  out.name = std::move(name);
  out.ns = std::move(ns);
  out.labels = {{"app", "web"}, {"tier", "front"}};
  out.annotations = {{"owner", "me"}};
  out.phase = "Running";
  out.node = "n1";
  out.node_labels = {{"zone", "a"}, {"disk", "ssd"}};
  out.pod_ip = "10.0.0.7";
  out.more_fields = {{"spec.restartPolicy", "Always"}};
  out.containers = {"app", "log"};
  return out;
}

std::vector<Candidate> many(std::size_t count) {
  std::vector<Candidate> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(candidate("web-" + std::to_string(i)));
  return out;
}

std::string manifest(std::string_view spec) {
  return "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\n"
         "metadata: {name: s, namespace: shop}\n"
         "spec: {stressors: {cpu: {load: 5}}, " +
         std::string(spec) + "}\n";
}

// Read as a user writes it, so that these tests hold reader and matching together.
Selection read(std::string_view spec) {
  const auto got = parse_manifest(manifest(spec));
  if (got) return got->selection;
  for (const Problem& problem : got.error()) ADD_FAILURE() << format_problem(problem);
  return {};
}

std::vector<std::string> refusals(std::string_view spec) {
  std::vector<std::string> out;
  const auto got = parse_manifest(manifest(spec));
  if (got) return out;
  for (const Problem& problem : got.error()) out.push_back(format_problem(problem));
  return out;
}

TEST(Selector, MeansWhatEachKindSays) {
  struct Case {
    std::string selector;
    bool expected;
  };
  const std::vector<Case> cases = {
      {"", true},
      {"namespaces: [shop]", true},
      {"namespaces: [other, shop]", true},
      {"namespaces: [other]", false},
      {"namespaces: []", true},
      {"labelSelectors: {app: web}", true},
      {"labelSelectors: {app: web, tier: front}", true},
      {"labelSelectors: {app: web, tier: back}", false},
      {"labelSelectors: {nope: web}", false},
      {"annotationSelectors: {owner: me}", true},
      {"annotationSelectors: {owner: you}", false},
      {"expressionSelectors: [{key: app, operator: In, values: [api, web]}]", true},
      {"expressionSelectors: [{key: app, operator: In, values: [api]}]", false},
      {"expressionSelectors: [{key: none, operator: In, values: [api]}]", false},
      {"expressionSelectors: [{key: app, operator: NotIn, values: [api]}]", true},
      {"expressionSelectors: [{key: app, operator: NotIn, values: [web]}]", false},
      {"expressionSelectors: [{key: none, operator: NotIn, values: [web]}]", true},
      {"expressionSelectors: [{key: app, operator: Exists}]", true},
      {"expressionSelectors: [{key: none, operator: Exists}]", false},
      {"expressionSelectors: [{key: app, operator: DoesNotExist}]", false},
      {"expressionSelectors: [{key: none, operator: DoesNotExist, values: []}]", true},
      {"expressionSelectors: [{key: app, operator: Exists}, {key: tier, operator: In, values: "
       "[back]}]",
       false},
      {"fieldSelectors: {metadata.name: web}", true},
      {"fieldSelectors: {metadata.name: api}", false},
      {"fieldSelectors: {metadata.namespace: shop, spec.nodeName: n1}", true},
      {"fieldSelectors: {status.phase: Running, status.podIP: 10.0.0.7}", true},
      {"fieldSelectors: {status.podIP: 10.0.0.8}", false},
      {"fieldSelectors: {spec.restartPolicy: Always}", true},
      {"fieldSelectors: {spec.restartPolicy: Never}", false},
      {"fieldSelectors: {status.nominatedNodeName: ''}", true},
      {"nodes: [n1]", true},
      {"nodes: [n2]", false},
      {"nodeSelectors: {zone: a}", true},
      {"nodeSelectors: {zone: a, disk: hdd}", false},
      {"nodes: [n2], nodeSelectors: {zone: a}", true},
      {"nodes: [n1], nodeSelectors: {zone: b}", true},
      {"nodes: [n2], nodeSelectors: {zone: b}", false},
      {"podPhaseSelectors: [Running]", true},
      {"podPhaseSelectors: [Pending]", false},
      {"podPhaseSelectors: [Pending, Running]", true},
      {"podPhaseSelectors: ['!Pending']", true},
      {"podPhaseSelectors: ['!Running']", false},
      {"podPhaseSelectors: [Running, '!Running']", false},
      {"podPhaseSelectors: [Pending, '!Failed']", false},
      {"pods: {shop: [web]}", true},
      {"pods: {shop: [api, web]}", true},
      {"pods: {shop: [api]}", false},
      {"pods: {other: [web]}", false},
      // The kinds together: AND, but for pods, which stands alone.
      {"namespaces: [shop], labelSelectors: {app: web}, nodes: [n1]", true},
      {"namespaces: [shop], labelSelectors: {app: web}, nodes: [n2]", false},
      {"namespaces: [shop], annotationSelectors: {owner: you}", false},
      {"namespaces: [other], labelSelectors: {app: api}, pods: {shop: [web]}", true},
      {"pods: {}, labelSelectors: {app: api}", false},
  };
  for (const Case& c : cases) {
    const Selection selection = read("mode: all, selector: {" + c.selector + "}");
    EXPECT_EQ(matches(selection.selector, candidate("web"), "shop"), c.expected) << c.selector;
  }
}

TEST(Selector, WithoutNamespacesMeansTheExperimentsOwn) {
  EXPECT_FALSE(matches({}, candidate("web", "shop"), "chaos"));
  EXPECT_TRUE(matches({}, candidate("web", "chaos"), "chaos"));
}

TEST(SelectionMode, TakesAsManyAsItSays) {
  struct Case {
    std::string mode;
    std::size_t of;
    std::size_t expected;
  };
  const std::vector<Case> cases = {
      {"one", 5, 1},
      {"one", 0, 0},
      {"all", 5, 5},
      {"all", 0, 0},
      {"fixed, value: '3'", 5, 3},
      {"fixed, value: 9", 5, 5},
      {"fixed-percent, value: '50'", 5, 3},
      {"fixed-percent, value: '50'", 4, 2},
      {"fixed-percent, value: '1'", 5, 1},
      {"fixed-percent, value: '1'", 0, 0},
      {"fixed-percent, value: '100'", 7, 7},
      {"fixed-percent, value: '34'", 3, 2},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(how_many(read("mode: " + c.mode), c.of, 1), c.expected) << c.mode << " of " << c.of;
  }
}

TEST(SelectionMode, DrawsUpToAPercentage) {
  const Selection selection = read("mode: random-max-percent, value: '40'");
  std::set<std::size_t> seen;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const std::size_t taken = how_many(selection, 100, seed);
    EXPECT_LE(taken, 40U);
    EXPECT_EQ(taken, how_many(selection, 100, seed)) << "it can be repeated";
    seen.insert(taken);
  }
  EXPECT_GT(seen.size(), 35U) << "nearly all of 0 to 40 come";
  EXPECT_TRUE(seen.contains(0) && seen.contains(40));
}

TEST(Choice, KeepsTheOrderAndCanBeRepeated) {
  const auto pods = many(20);
  const Selection five = read("mode: fixed, value: '5'");
  const auto taken = choose(five, pods, "shop", 7);
  EXPECT_EQ(taken.size(), 5U);
  EXPECT_TRUE(std::ranges::is_sorted(taken));
  EXPECT_EQ(taken, choose(five, pods, "shop", 7));
  EXPECT_NE(taken, choose(five, pods, "shop", 8));
  EXPECT_EQ(choose(read("mode: all"), pods, "shop", 7).size(), 20U);
  EXPECT_THAT(choose(five, pods, "elsewhere", 7), IsEmpty());
  EXPECT_THAT(choose(five, {}, "shop", 7), IsEmpty());
}

TEST(Choice, ReachesEveryPod) {
  std::set<std::size_t> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto taken = choose(read("mode: one"), many(8), "shop", seed);
    ASSERT_EQ(taken.size(), 1U);
    seen.insert(taken[0]);
  }
  EXPECT_EQ(seen.size(), 8U);
}

TEST(Choice, DoesNotDependOnTheOrderAndHardlyOnOthers) {
  auto pods = many(10);
  const Selection four = read("mode: fixed, value: '4'");
  const auto names = [&](const std::vector<Candidate>& from) {
    std::set<std::string> out;
    for (const std::size_t i : choose(four, from, "shop", 3)) out.insert(from[i].name);
    return out;
  };
  const auto before = names(pods);
  std::ranges::reverse(pods);
  EXPECT_EQ(names(pods), before);
  pods.push_back(candidate("web-new"));
  std::vector<std::string> gone;
  std::ranges::set_difference(before, names(pods), std::back_inserter(gone));
  EXPECT_LE(gone.size(), 1U) << "one more Pod takes the place of one at most";
}

TEST(ContainerChoice, IsTheFirstOrThoseNamed) {
  const Candidate pod = candidate("web");
  EXPECT_THAT(*choose_containers(read("mode: all"), pod), ElementsAre("app"));
  EXPECT_THAT(*choose_containers(read("mode: all, containerNames: [log, app]"), pod),
              ElementsAre("app", "log"));
  EXPECT_THAT(*choose_containers(read("mode: all, containerNames: [log, other]"), pod),
              ElementsAre("log"));
  const auto none = choose_containers(read("mode: all, containerNames: [lgo, other]"), pod);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::kNotFound);
  EXPECT_EQ(none.error().message, "shop/web has no container lgo, other: it has app, log");
}

TEST(SelectionFields, AreRefusedWhereTheyMakeNoSense) {
  struct Case {
    std::string spec;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {"mode: some", "spec.mode: some is not allowed: one, all, fixed, fixed-percent or"},
      {"mode: fixed", "spec.value: missing: a number of Pods, 1 or more"},
      {"mode: fixed, value: ''", "spec.value: missing: a number of Pods"},
      {"mode: fixed, value: '0'", "spec.value: 0 is not allowed: a number of Pods, 1 or more"},
      {"mode: fixed, value: '-1'", "spec.value: -1 is not allowed"},
      {"mode: fixed, value: '2.5'", "spec.value: 2.5 is not allowed"},
      {"mode: fixed-percent", "spec.value: missing: a percentage, 1 to 100"},
      {"mode: fixed-percent, value: '0'", "spec.value: 0 is not allowed: a percentage"},
      {"mode: fixed-percent, value: '101'", "spec.value: 101 is not allowed: a percentage"},
      {"mode: fixed-percent, value: '50%'", "spec.value: 50% is not allowed: a percentage"},
      {"mode: random-max-percent, value: 'x'", "spec.value: x is not allowed: a percentage"},
      {"selector: {expressionSelectors: [{key: a, operator: in, values: [b]}]}",
       "expressionSelectors[0].operator: in is not allowed: In, NotIn, Exists or DoesNotExist"},
      {"selector: {expressionSelectors: [{key: a, operator: In}]}",
       "expressionSelectors[0].values: missing: In needs at least one"},
      {"selector: {expressionSelectors: [{key: a, operator: Exists, values: [b]}]}",
       "expressionSelectors[0].values: leave it out: Exists takes none"},
      {"selector: {expressionSelectors: [{operator: Exists}]}", "expressionSelectors[0].key: "},
      {"selector: {podPhaseSelectors: [running]}",
       "podPhaseSelectors: running is not allowed: Pending, Running"},
      {"selector: {podPhaseSelectors: ['!']}", "podPhaseSelectors: ! is not allowed"},
      {"selector: {fieldSelectors: {metadata.nmae: a}}",
       "fieldSelectors.metadata.nmae: unknown field: did you mean metadata.name?"},
      {"selector: {namespace: [a]}", "spec.selector.namespace: unknown field: did you mean"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(refusals(c.spec), ElementsAre(HasSubstr(c.expected))) << c.spec;
  }
}

TEST(SelectionFields, ThatDoNothingAreSaid) {
  const auto notes = [](std::string_view spec) { return parse_manifest(manifest(spec))->notes; };
  EXPECT_THAT(notes("mode: all, value: '5'"), ElementsAre(HasSubstr("spec.value has no meaning")));
  EXPECT_THAT(notes("mode: all, value: ''"), IsEmpty());
  EXPECT_THAT(notes("selector: {nodes: [a]}"), ElementsAre("spec.mode is not given: all is meant"));
  EXPECT_THAT(notes("mode: one, selector: {nodes: [a], pods: {a: [b]}}"),
              ElementsAre(HasSubstr("the other selectors do nothing")));
}

TEST(Pause, IsAnAnnotationThatSaysTrue) {
  const auto with = [](std::string_view value) {
    return parse_manifest(
        "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: s, "
        "annotations: {experiment.chaos-mesh.org/pause: " +
        std::string(value) + "}}\nspec: {mode: all, stressors: {cpu: {load: 5}}}\n");
  };
  EXPECT_TRUE(with("'true'")->paused);
  EXPECT_FALSE(with("'false'")->paused);
  EXPECT_FALSE(with("null")->paused);
  const auto wrong = with("'yes'");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(format_problem(wrong.error()[0]),
              HasSubstr("yes is not allowed: \"true\" or \"false\""));
}

}  // namespace
}  // namespace duress::spec
