// What a real API server takes and refuses by the schema and the rules of the custom resources. All
// objects are tried (dryRun), none is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "cluster.h"
#include "spec/crd.h"
#include "spec/manifest.h"
#include "spec/validate.h"
#include "spec/yaml_tree.h"

namespace duress::testing {
namespace {

using kube::Answer;
using kube::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kBase = "/apis/chaos-mesh.org/v1alpha1/namespaces/default/stresschaos";

kube::ApiRequest trial(const Json& object) {
  return {.method = "POST",
          .path = std::string(kBase),
          .query = {{"dryRun", "All"}, {"fieldValidation", "Strict"}},
          .body = object.dump(-1, ' ', false, Json::error_handler_t::replace),
          .what = "try a StressChaos",
          .may_repeat = false};
}

Json manifest(const std::string& spec_json) {
  return {{"apiVersion", "chaos-mesh.org/v1alpha1"},
          {"kind", "StressChaos"},
          {"metadata", {{"name", "tried"}, {"namespace", "default"}}},
          {"spec", Json::parse(spec_json)}};
}

// `members` beside a selector and a mode.
Json with(const std::string& members) {
  return manifest(R"({"selector": {}, "mode": "all", )" + members + "}");
}

class Crds : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Cluster cluster;
    for (const auto& crd : spec::all_crds()) {
      const Json object = Json::parse(crd.dump());
      const std::string name = object["metadata"]["name"];
      const auto applied =
          cluster.patch({kube::custom_resource_definitions(), "", name, ""}, object,
                        {.type = kube::PatchType::kApply, .manager = "duress-test"});
      ASSERT_TRUE(applied) << applied.error().message;
    }
    // The server takes up a changed schema a moment later: until it speaks in its words.
    EXPECT_TRUE(cluster.until([&] {
      const auto tried = cluster.ask([](auto& client, auto done) {
        return client.send(trial(with(R"("stressors": {"cpu": {"load": 101}})")), std::move(done));
      });
      return !tried && tried.error().message.find("1 to 100 (percent)") != std::string::npos;
    }));
  }

  Answer<Json> try_out(const Json& object) {
    return cluster_.ask(
        [&](auto& client, auto done) { return client.send(trial(object), std::move(done)); });
  }
  std::string refusal_of(const Json& object) {
    const auto answer = try_out(object);
    return answer ? "it was taken" : answer.error().message;
  }
  std::string refusal(const std::string& members) { return refusal_of(with(members)); }

  Cluster cluster_;
};

// The first line says what is wrong, as parse_manifest and validate see it; empty: nothing.
std::string our_refusal(const Json& object) {
  const auto read =
      spec::parse_manifest(object.dump(-1, ' ', false, Json::error_handler_t::replace));
  const auto problems = read ? spec::validate(read->stressors) : read.error();
  return problems.empty() ? "" : format_problem(problems.front());
}

const std::vector<std::string>& taken() {
  static const std::vector<std::string> specs = {
      R"({"mode": "all", "selector": {"namespaces": ["hello-kubernetes"]},
          "stressors": {"memory": {"workers": 4, "size": "50MiB", "options": [""]}},
          "duration": "1h"})",
      R"({"mode": "one", "selector": {"labelSelectors": {"app": "web"}},
          "stressors": {"cpu": {"workers": 2, "load": 30}}, "duration": ""})",
      R"({"mode": "fixed", "value": "2",
          "selector": {"nodes": ["a"], "nodeSelectors": {"zone": "b"},
                       "podPhaseSelectors": ["Running", "!Pending"],
                       "fieldSelectors": {"spec.nodeName": "a"},
                       "annotationSelectors": {"team": "x"},
                       "expressionSelectors": [
                         {"key": "tier", "operator": "In", "values": ["front", "back"]},
                         {"key": "old", "operator": "DoesNotExist"}]},
          "containerNames": ["app"],
          "stressors": {"memory": {"workers": 1, "size": "80%"}, "cpu": {"workers": 1}}})",
      R"({"mode": "random-max-percent", "value": "50", "selector": {"pods": {"a": ["b", "c"]}},
          "stressors": {"memory": {"size": "50m", "oomScoreAdj": 0, "time": "1m30s",
                                   "mode": "reach", "metric": "workingSet", "reserve": "64MiB",
                                   "rewrite": "10MiB/s", "swappable": true}}})",
      R"({"selector": {}, "restart": "end",
          "stressors": {"memory": {"workers": 4, "size": "3000 mib",
                        "whenOOM": {"policy": "natural", "maxKills": 0, "then": "regrow"}}}})",
      R"({"mode": "all", "selector": {},
          "stressors": {"memory": {"size": "150%", "percentOf": "request", "request": "200Mi"},
                        "cpu": {"mode": "reach", "load": "12.5%", "percentOf": "limit"}}})",
      R"({"mode": "fixed-percent", "value": "100", "selector": {"namespaces": []},
          "stressngStressors": "--cpu 1 --timeout 10", "remoteCluster": ""})",
      R"({"mode": "all", "selector": {}, "stressors": {"memory": {"size": 1073741824}}})",
      R"({"selector": {}, "stressors": {"cpu": {"load": 5}}, "restart": "again",
          "guards": {"nodeMemory": "0%", "nodePressure": {"memory": "12.5%", "cpu": 80, "io": "5"},
                     "restarts": 1000, "notReadyFor": "1m"}})",
      R"({"selector": {}, "stressors": {"cpu": {"load": 5}, "memory": {"size": "1Mi"}},
          "guards": {"nodeMemory": 1073741824}})",
      R"({"mode": "all", "selector": {}, "stressors": {"memory": {"size": "2P", "workers": 1024}}})",
  };
  return specs;
}

TEST_F(Crds, TakeWhatDuressTakes) {
  for (const std::string& text : taken()) {
    ASSERT_EQ(our_refusal(manifest(text)), "") << text;
    EXPECT_EQ(refusal_of(manifest(text)), "it was taken") << text;
  }
}

TEST_F(Crds, RefuseGuardsThatGuardNothing) {
  const auto guards = [&](const std::string& members, const std::string& more = "") {
    return refusal(R"("stressors": {"cpu": {"load": 5}}, )" + more + R"("guards": {)" + members +
                   "}");
  };
  EXPECT_THAT(guards(R"("nodeMemory": "101%")"), AllOf(HasSubstr("spec.guards.nodeMemory"),
                                                       HasSubstr("101%"), HasSubstr("0% to 100%")));
  EXPECT_THAT(guards(R"("nodePressure": {"cpu": "0%"})"),
              AllOf(HasSubstr("spec.guards.nodePressure.cpu"), HasSubstr("1 to 100 (percent)")));
  EXPECT_THAT(guards(R"("restarts": 0)"), HasSubstr("spec.guards.restarts"));
  EXPECT_THAT(guards(R"("notReadyFor": "0s")"),
              AllOf(HasSubstr("spec.guards.notReadyFor"), HasSubstr("above 0s")));
  EXPECT_THAT(guards(R"("restarts": 1)", R"("restart": "end", )"),
              AllOf(HasSubstr("spec.guards.restarts"), HasSubstr("restart: end")));
  EXPECT_THAT(guards(""), HasSubstr("spec.guards"));
}

TEST_F(Crds, RefuseValuesWithPathValueAndWhatIsAllowed) {
  const auto memory = [&](const std::string& members) {
    return refusal(R"("stressors": {"memory": {)" + members + "}}");
  };
  for (const char* size : {"0", "\"0MiB\"", "\"0%\"", "\"abc\"", "\"-5MiB\"", "\"5MiBs\"", "-1"}) {
    EXPECT_THAT(memory(R"("size": )" + std::string(size)),
                AllOf(HasSubstr("spec.stressors.memory.size"),
                      HasSubstr(Json::parse(size).is_string() ? Json::parse(size).get<std::string>()
                                                              : std::string(size)),
                      HasSubstr("a size above 0 such as 200MiB")))
        << size;
  }
  EXPECT_THAT(
      memory(R"("size": "101%")"),
      HasSubstr("spec.stressors.memory.size: Invalid value: 101% is not allowed: above 0%"));
  EXPECT_THAT(memory(R"("size": "30%", "workers": 4, "sizeOf": "worker")"),
              AllOf(HasSubstr("memory.size"), HasSubstr("leave out sizeOf: worker")));
  EXPECT_THAT(memory(R"("workers": 0)"), AllOf(HasSubstr("memory.workers"), HasSubstr("1")));
  EXPECT_THAT(memory(R"("workers": 1025)"), HasSubstr("less than or equal to 1024"));
  EXPECT_THAT(memory(R"("oomScoreAdj": -1001)"), HasSubstr("equal to -1000"));
  EXPECT_THAT(memory(R"("oomScoreAdj": 1001)"), HasSubstr("equal to 1000"));
  EXPECT_THAT(memory(R"("mode": "grow")"),
              AllOf(HasSubstr("memory.mode"), HasSubstr("\"grow\""), HasSubstr("\"reach\"")));
  EXPECT_THAT(memory(R"("size": "50MiB", "percentOf": "limit")"),
              AllOf(HasSubstr("memory.percentOf"), HasSubstr("the size is 50MiB")));
  EXPECT_THAT(memory(R"("size": "5%", "percentOf": "request")"), HasSubstr("memory.request"));
  EXPECT_THAT(memory(R"("time": "-1s")"), AllOf(HasSubstr("memory.time"), HasSubstr("-1s is not")));
  EXPECT_THAT(memory(R"("whenOOM": {"policy": "avoid", "then": "regrow"})"),
              AllOf(HasSubstr("memory.whenOOM.then"), HasSubstr("natural or stressorFirst")));
  EXPECT_THAT(memory(R"("options": ["--vm-keep"], "mode": "reach")"), HasSubstr("stress-ng"));
  EXPECT_THAT(memory(R"("sise": "50MiB")"), HasSubstr("unknown field"));
  EXPECT_THAT(refusal(R"("stressors": {"cpu": {"load": 0}})"),
              AllOf(HasSubstr("spec.stressors.cpu.load"), HasSubstr("0 is not allowed: 1 to 100")));
  EXPECT_THAT(refusal(R"("stressors": {"cpu": {"load": "101%"}})"), HasSubstr("101% is not"));
}

TEST_F(Crds, RefuseExperimentsThatWouldDoNothingOrNobody) {
  const std::string cpu = R"("stressors": {"cpu": {"load": 5}})";
  EXPECT_THAT(refusal(R"("duration": "1h")"),
              AllOf(HasSubstr("spec.stressors"), HasSubstr("give memory, cpu or both")));
  EXPECT_THAT(refusal(R"("stressors": {})"), HasSubstr("nothing to do"));
  EXPECT_THAT(refusal(R"("stressngStressors": " ")"), HasSubstr("nothing to do"));
  EXPECT_THAT(refusal(cpu + R"(, "duration": "0s")"),
              AllOf(HasSubstr("spec.duration"), HasSubstr("0s is not allowed: a duration above")));
  EXPECT_THAT(refusal(cpu + R"(, "duration": "5x")"), HasSubstr("such as 90s or 1h30m"));
  EXPECT_THAT(
      refusal(cpu + R"(, "remoteCluster": "b")"),
      AllOf(HasSubstr("spec.remoteCluster"), HasSubstr("apply the manifest in that cluster")));
  EXPECT_THAT(refusal_of(manifest("{" + cpu + R"(, "mode": "all"})")), HasSubstr("spec.selector"));
  for (const char* value : {R"("value": "0")", R"("value": "x")", R"("value": "")"}) {
    EXPECT_THAT(
        refusal_of(manifest(R"({"selector": {}, "mode": "fixed", )" + cpu + ", " + value + "}")),
        AllOf(HasSubstr("spec.value"), HasSubstr("a number of Pods")))
        << value;
  }
  EXPECT_THAT(
      refusal_of(
          manifest(R"({"selector": {}, "mode": "fixed-percent", "value": "101", )" + cpu + "}")),
      AllOf(HasSubstr("spec.value"), HasSubstr("101 is not allowed: a percentage, 1 to 100")));
  EXPECT_THAT(
      refusal_of(manifest(R"({"mode": "all", "selector": {"fieldSelectors": {"spec.x": "1"}}, )" +
                          cpu + "}")),
      AllOf(HasSubstr("spec.selector.fieldSelectors"), HasSubstr("status.podIP")));
  EXPECT_THAT(refusal_of(manifest(
                  R"({"selector": {"expressionSelectors": [{"key": "a", "operator": "In"}]}, )" +
                  cpu + "}")),
              HasSubstr("spec.selector.expressionSelectors[0].values"));
}

TEST_F(Crds, LeaveANodeStressOnItsNode) {
  const kube::Place place{{"duress.dev", "v1alpha1", "nodestresses", false}, "", "", ""};
  kube::Place one = place;
  one.name = "duress-crd-test";
  static_cast<void>(cluster_.remove(one));
  const auto made = cluster_.create(place, {{"apiVersion", "duress.dev/v1alpha1"},
                                            {"kind", "NodeStress"},
                                            {"metadata", {{"name", one.name}}},
                                            {"spec", {{"nodeName", "nobody-has-this-name"}}}});
  ASSERT_TRUE(made) << made.error().message;
  const auto moved = cluster_.patch(one, {{"spec", {{"nodeName", "another"}}}});
  ASSERT_FALSE(moved);
  EXPECT_THAT(moved.error().message, HasSubstr("cannot be changed"));
  const auto found = cluster_.ask([&](auto& client, auto done) {
    return client.get(place, std::move(done),
                      {{"fieldSelector", "spec.nodeName=nobody-has-this-name"}});
  });
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(kube::list_at(*found, "/items").size(), 1U);
  EXPECT_TRUE(cluster_.remove(one));
}

// What an API server takes though we do not: docs/compatibility.md has the list.
bool is_known_difference(const std::string& ours) {
  constexpr std::string_view known[] = {
      "at least 4 KiB",         // sums of sizes are not for a pattern
      "8 EiB",                  // nor are products
      "8Ei is not allowed",     // one byte more than 63 bits hold
      "0.0001B is not",         // less than a byte
      "99999999999h is not",    // a ramp of more than 292 years
      "experiment.chaos-mesh",  // annotations are not the schema's; a policy looks at them
  };
  return std::ranges::any_of(known,
                             [&](auto part) { return ours.find(part) != std::string::npos; });
}

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  Json next() {
    Json object = manifest(taken()[pick(taken().size())]);
    for (std::size_t i = 0, n = 1 + pick(5) / 3; i < n; ++i) mutate(object["spec"]);
    return object;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  Json value() {
    static const Json values = Json::parse(R"([0, 1, -1, 4, 101, 1024, 1025, 9223372036854775807,
      -9223372036854775808, 1.5, 1e300, true, false, null, [], {}, "", " ", "0", "1", "50MiB",
      "50 mib", "0%", "100%", "100.5%", "12.5%", "1e3%", "-1%", "0.0001B", "5m", "1h", "0s", "-1s",
      "1h1x", "99999999999h", "again", "reach", "avoid", "\u0000", "\u00b5s", "5\u00b5s", "'", "\\",
      "all", "fixed", "In", "{{x}}", [""], ["a", 1], [null], {"a": "b"}, {"a": ["b"]}, "9E", "8Ei"])");
    if (pick(40) == 0) return std::string(300, 'x');
    return values[pick(values.size())];
  }

  // A place chosen by walking down at random.
  void mutate(Json& node) {
    if (!node.is_structured() || node.empty() || pick(6) == 0) return change(node);
    auto inner = node.begin();
    std::advance(inner, static_cast<std::ptrdiff_t>(pick(node.size())));
    if (pick(5) == 0) {
      node.erase(inner);
    } else {
      mutate(*inner);
    }
  }

  void change(Json& node) {
    static const std::vector<std::string> names = {
        "size",    "workers",    "mode",     "percentOf",   "whenOOM",      "value",
        "options", "load",       "time",     "ramp",        "sizeOf",       "metric",
        "reserve", "duration",   "restart",  "request",     "pods",         "x",
        "guards",  "nodeMemory", "restarts", "notReadyFor", "nodePressure", "cpu"};
    if (node.is_object() && pick(3) != 0) {
      node[names[pick(names.size())]] = value();
    } else if (node.is_array() && pick(2) == 0) {
      node.push_back(value());
    } else {
      node = value();
    }
  }

  std::mt19937 random_;
};

TEST_F(Crds, AnswerAThousandMutationsAndTakeNoneThatDuressRefuses) {
  constexpr int kMutations = 1000;
  Mutator mutator(20261125);
  int answered = 0;
  int were_taken = 0;
  std::vector<kube::Pending> pending;
  for (int i = 0; i < kMutations; ++i) {
    const Json object = mutator.next();
    auto look = [&, object](const Answer<Json>& answer) {
      answered += 1;
      if (!answer) {
        EXPECT_TRUE(answer.error().status >= 400 && answer.error().status < 500)
            << answer.error().message << "\n"
            << object;
        return;
      }
      were_taken += 1;
      const std::string ours = our_refusal(object);
      EXPECT_TRUE(ours.empty() || is_known_difference(ours)) << ours << "\n" << object;
    };
    pending.push_back(cluster_.client().send(trial(object), look));
  }
  ASSERT_TRUE(cluster_.until([&] { return answered == kMutations; }, std::chrono::minutes(2)));
  // Else it tries nothing.
  EXPECT_GT(were_taken, 100);
  EXPECT_LT(were_taken, 900);
  RecordProperty("taken", were_taken);
}

}  // namespace
}  // namespace duress::testing
