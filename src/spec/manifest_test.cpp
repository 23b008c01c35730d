#include "spec/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace duress::spec {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kHead = "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\n";

std::string stress(std::string_view stressors, std::string_view more = "") {
  return std::string(kHead) + "spec:\n  mode: all\n  selector: {namespaces: [a]}\n" +
         std::string(more) + "  stressors:\n" + std::string(stressors);
}

std::string memory(std::string_view fields) {
  return stress("    memory: {" + std::string(fields) + "}\n");
}

std::string cpu(std::string_view fields) {
  return stress("    cpu: {" + std::string(fields) + "}\n");
}

Manifest taken(std::string_view text) {
  auto manifest = parse_manifest(text);
  if (manifest) return *manifest;
  for (const Problem& problem : manifest.error()) ADD_FAILURE() << format_problem(problem);
  return {};
}

std::vector<std::string> refusals(std::string_view text) {
  std::vector<std::string> out;
  const auto manifest = parse_manifest(text);
  if (manifest) return out;
  for (const Problem& problem : manifest.error()) {
    out.push_back(format_problem(problem));
    EXPECT_EQ(out.back().find('\n'), std::string::npos) << "more than a line: " << out.back();
    EXPECT_LT(out.back().size(), 500U);
  }
  return out;
}

TEST(Manifest, TakesTheArticles) {
  std::ifstream file(std::string(DURESS_SOURCE_DIR) + "/examples/article/memory.yaml");
  std::ostringstream text;
  text << file.rdbuf();
  const Manifest manifest = taken(text.str());
  EXPECT_EQ(manifest.name, "mem-stress");
  EXPECT_EQ(manifest.ns, "chaos-testing");
  ASSERT_TRUE(manifest.stressors.memory);
  EXPECT_FALSE(manifest.stressors.cpu);
  const MemoryLoad& load = *manifest.stressors.memory;
  EXPECT_EQ(load.workers, 4);
  EXPECT_EQ(std::get<Bytes>(load.size), mib(50));
  EXPECT_EQ(load.size_of, SizeOf::kTotal);
  EXPECT_THAT(load.options, IsEmpty());
  EXPECT_EQ(manifest.duration, Duration(hours(1)));
  EXPECT_TRUE(manifest.selector_given);
  EXPECT_EQ(manifest.selector_summary, "namespaces hello-kubernetes, mode all");
  EXPECT_THAT(manifest.notes, IsEmpty());
  EXPECT_THAT(validate(manifest.stressors), IsEmpty());
}

TEST(Manifest, TakesEveryFieldOfALoad) {
  const Manifest manifest = taken(stress(R"(
    memory:
      workers: 2
      size: 150%
      time: 90s
      sizeOf: total
      mode: reach
      metric: workingSet
      percentOf: request
      request: 200Mi
      reserve: 16MiB
      rewrite: 10MiB/s
      swappable: true
      oomScoreAdj: 0
      whenOOM: {policy: stressorFirst, maxKills: 3, then: regrow}
    cpu:
      workers: 2
      load: 50
      mode: reach
      percentOf: limit
)"));
  ASSERT_TRUE(manifest.stressors.memory);
  const MemoryLoad& memory = *manifest.stressors.memory;
  EXPECT_EQ(std::get<Percent>(memory.size), Percent{150});
  EXPECT_EQ(memory.ramp, Duration(seconds(90)));
  EXPECT_EQ(memory.mode, Mode::kReach);
  EXPECT_EQ(memory.metric, Metric::kWorkingSet);
  EXPECT_EQ(memory.percent_of, PercentOf::kRequest);
  EXPECT_EQ(memory.request, mib(200));
  EXPECT_EQ(memory.reserve, mib(16));
  EXPECT_EQ(memory.rewrite, mib(10));
  EXPECT_TRUE(memory.swappable);
  EXPECT_EQ(memory.oom_score_adj, 0);
  EXPECT_EQ(memory.when_oom.policy, OomPolicy::kStressorFirst);
  EXPECT_EQ(memory.when_oom.max_kills, 3);
  EXPECT_EQ(memory.when_oom.then, Then::kRegrow);
  ASSERT_TRUE(manifest.stressors.cpu);
  EXPECT_EQ(manifest.stressors.cpu->load, Percent{50});
  EXPECT_EQ(manifest.stressors.cpu->workers, 2);
  EXPECT_EQ(manifest.stressors.cpu->mode, Mode::kReach);
  EXPECT_EQ(manifest.stressors.cpu->percent_of, CpuPercentOf::kLimit);
  EXPECT_THAT(validate(manifest.stressors), IsEmpty());
}

TEST(Manifest, TakesTheRampByBothNames) {
  EXPECT_EQ(taken(memory("size: 1Mi, ramp: 5s")).stressors.memory->ramp, Duration(seconds(5)));
  EXPECT_THAT(refusals(memory("size: 1Mi, ramp: 5s, time: 5s")),
              ElementsAre("spec.stressors.memory.ramp: the same as time, which is given too: "
                          "leave one"));
}

TEST(Manifest, TakesWhatTheApiServerAdds) {
  const Manifest manifest = taken(R"(
apiVersion: chaos-mesh.org/v1alpha1
kind: StressChaos
metadata:
  name: s
  uid: 6e0e
  labels: {a: b}
  annotations: {experiment.chaos-mesh.org/pause: "false"}
  managedFields: [{manager: kubectl, fieldsV1: {"f:spec": {}}}]
spec:
  mode: fixed-percent
  value: "50"
  containerNames: [app]
  selector:
    namespaces: [a, b]
    labelSelectors: {app: web}
    annotationSelectors: {x: y}
    expressionSelectors: [{key: tier, operator: In, values: [cache]}]
    fieldSelectors: {metadata.name: p}
    nodeSelectors: {zone: one}
    nodes: [n]
    pods: {a: [p1, p2]}
    podPhaseSelectors: [Running]
  stressors: {cpu: {workers: 1, load: 100}}
status:
  experiment: {desiredPhase: Run}
  whatever: [1, {a: 2}]
)");
  EXPECT_TRUE(manifest.selector_given);
  EXPECT_THAT(manifest.selector_summary,
              HasSubstr("namespaces a b, labelSelectors app=web, annotationSelectors x=y, "
                        "expressionSelectors tier In (cache), fieldSelectors metadata.name=p"));
  EXPECT_FALSE(manifest.duration);
}

TEST(Manifest, TakesJson) {
  const Manifest manifest = taken(
      "{\"apiVersion\":\"chaos-mesh.org\\/v1alpha1\",\"kind\":\"StressChaos\","
      "\"metadata\":{\"name\":\"gr\\u00f6\\u00dfe\"},\n\t\"spec\":{\"mode\":\"one\",\n"
      "\t\t\"selector\":{},\"stressors\":{\"memory\":{\"workers\":1,\"size\":\"5MiB\","
      "\"options\":null}},\n\t\t\"duration\":null}}");
  EXPECT_EQ(manifest.name, "gr\u00f6\u00dfe");
  ASSERT_TRUE(manifest.stressors.memory);
  EXPECT_EQ(std::get<Bytes>(manifest.stressors.memory->size), mib(5));
  EXPECT_EQ(manifest.selector_summary, "mode one");
}

TEST(Manifest, TakesAFileWithMarksAroundItsDocument) {
  EXPECT_TRUE(parse_manifest("---\n" + memory("size: 1Mi") + "---\n"));
  EXPECT_TRUE(parse_manifest("# a comment\r\n---\r\n" + memory("size: 1Mi") + "...\n"));
  EXPECT_TRUE(parse_manifest("\xef\xbb\xbf" + memory("size: 1Mi")));
}

TEST(Manifest, MeansAllOfTheMemoryWithoutASize) {
  for (const std::string_view fields :
       {"workers: 2", "workers: 2, size: ''", "size: '', mode: add"}) {
    const Manifest manifest = taken(memory(fields));
    ASSERT_TRUE(manifest.stressors.memory);
    EXPECT_EQ(std::get<Percent>(manifest.stressors.memory->size), Percent{100});
    EXPECT_THAT(manifest.notes, ElementsAre("spec.stressors.memory.size is not given: 100% is "
                                            "meant, all that the limit allows"));
    EXPECT_THAT(validate(manifest.stressors), IsEmpty());
  }
}

TEST(Manifest, MeansAFullLoadWithoutOne) {
  const Manifest manifest = taken(cpu("workers: 2"));
  EXPECT_EQ(manifest.stressors.cpu->load, Percent{100});
  EXPECT_THAT(manifest.notes, ElementsAre(HasSubstr("cpu.load is not given: 100 is meant")));
  EXPECT_THAT(validate(manifest.stressors), IsEmpty());
}

TEST(Manifest, KeepsOptionsThatHoldSomething) {
  const Manifest manifest =
      taken(memory("workers: 1, size: 5MiB, options: ['', '--vm-keep', ' ', '--vm-hang 0']"));
  EXPECT_THAT(manifest.stressors.memory->options, ElementsAre("--vm-keep", "--vm-hang 0"));
  EXPECT_THAT(taken(cpu("load: 10, options: ['--cpu-method fft']")).stressors.cpu->options,
              ElementsAre("--cpu-method fft"));
}

TEST(Manifest, LetsStressngStressorsWin) {
  const Manifest manifest =
      taken(stress("    memory: {workers: 1}\n", "  stressngStressors: ' --vm 1 '\n"));
  EXPECT_EQ(manifest.stressors.stressng, "--vm 1");
  EXPECT_FALSE(manifest.stressors.memory);
  EXPECT_THAT(manifest.notes, ElementsAre("spec.stressngStressors wins over spec.stressors, which "
                                          "does nothing here"));
  EXPECT_TRUE(parse_manifest(std::string(kHead) + "spec: {stressngStressors: --vm 1}"));
  EXPECT_TRUE(taken(stress("    cpu: {load: 5}\n", "  stressngStressors: ''\n")).stressors.cpu);
}

TEST(Manifest, HasNoEndWithoutADuration) {
  EXPECT_FALSE(taken(memory("size: 1Mi")).duration);
  EXPECT_FALSE(taken(stress("    cpu: {load: 5}\n", "  duration: ''\n")).duration);
  EXPECT_FALSE(taken(stress("    cpu: {load: 5}\n", "  duration:\n")).duration);
}

TEST(Manifest, RefusesADurationThatIsNone) {
  for (const std::string_view duration : {"0s", "-1s", "60", "1d", "soon", "[1h]", "{h: 1}", "0"}) {
    const auto lines =
        refusals(stress("    cpu: {load: 5}\n", "  duration: " + std::string(duration) + "\n"));
    ASSERT_THAT(lines, SizeIs(1)) << duration;
    EXPECT_THAT(lines[0], HasSubstr("is not allowed: a duration above 0s such as 90s or 1h30m"));
  }
}

TEST(Manifest, RefusesOtherKinds) {
  const auto kind = [](std::string_view name) {
    return refusals("apiVersion: apps/v1\nkind: " + std::string(name) + "\nspec: {replicas: 1}\n");
  };
  EXPECT_THAT(kind("StatefulSet"),
              ElementsAre("kind: StatefulSet is not allowed: a StressChaos, which says the stress; "
                          "this is what would be stressed (apiVersion: chaos-mesh.org/v1alpha1, "
                          "kind: StressChaos) is needed"));
  EXPECT_THAT(kind("Schedule"), ElementsAre(HasSubstr("Schedule is not allowed: a StressChaos; "
                                                      "write what it holds")));
  EXPECT_THAT(kind("PodChaos"), ElementsAre(HasSubstr("CPU and memory stress is what there is")));
  EXPECT_THAT(kind("ConfigMap"), ElementsAre(HasSubstr("ConfigMap is not allowed: a StressChaos")));
  EXPECT_THAT(kind("[a]"), ElementsAre(HasSubstr("kind: a list is not allowed")));
}

TEST(Manifest, RefusesOtherVersions) {
  EXPECT_THAT(refusals("apiVersion: chaos-mesh.org/v2\nkind: StressChaos\n"),
              ElementsAre("apiVersion: chaos-mesh.org/v2 is not allowed: chaos-mesh.org/v1alpha1"));
  EXPECT_THAT(refusals("spec: {}"),
              ElementsAre(HasSubstr("kind: missing"), HasSubstr("apiVersion: missing")));
}

TEST(Manifest, RefusesWhatIsNoManifest) {
  EXPECT_THAT(refusals(""), ElementsAre(HasSubstr("manifest: empty")));
  EXPECT_THAT(refusals(" \n\n"), ElementsAre(HasSubstr("manifest: empty")));
  EXPECT_THAT(refusals("# nothing\n---\n"), ElementsAre(HasSubstr("manifest: nothing is not")));
  EXPECT_THAT(refusals("hello"), ElementsAre(HasSubstr("manifest: hello is not allowed: a map")));
  EXPECT_THAT(refusals("- a\n- b\n"), ElementsAre(HasSubstr("manifest: a list is not allowed")));
  EXPECT_THAT(refusals("a: [1\nb: 2"), ElementsAre(HasSubstr("not YAML: ")));
  EXPECT_THAT(refusals("a: b: c"), ElementsAre(HasSubstr("line 1, column 5: not YAML: ")));
  EXPECT_THAT(refusals("\tkind: x"), ElementsAre(HasSubstr("not YAML: ")));
}

TEST(Manifest, RefusesNothingToDo) {
  EXPECT_THAT(refusals(kHead), ElementsAre(HasSubstr("spec: missing")));
  EXPECT_THAT(refusals(std::string(kHead) + "spec:\n"), ElementsAre(HasSubstr("spec: missing")));
  const std::string nothing = "spec.stressors: nothing to do: give memory, cpu or both";
  EXPECT_THAT(refusals(std::string(kHead) + "spec: {mode: all}"), ElementsAre(nothing));
  EXPECT_THAT(refusals(std::string(kHead) + "spec: {stressors: {}}"), ElementsAre(nothing));
  EXPECT_THAT(refusals(std::string(kHead) + "spec: {stressors: {memory: null}}"),
              ElementsAre(nothing));
  EXPECT_THAT(refusals(memory("")), ElementsAre("spec.stressors.memory: it would do nothing: give "
                                                "workers and size"));
  EXPECT_THAT(refusals(cpu("load: null")), ElementsAre(HasSubstr("cpu: it would do nothing")));
}

TEST(Manifest, RefusesSeveralDocuments) {
  EXPECT_THAT(refusals(memory("size: 1Mi") + "---\n" + memory("size: 1Mi")),
              ElementsAre("manifest: 2 documents is not allowed: one StressChaos a file; split it "
                          "at the --- lines"));
}

TEST(Manifest, RefusesUnknownFieldsWithTheNearest) {
  EXPECT_THAT(refusals(memory("size: 1Mi, worker: 4")),
              ElementsAre("spec.stressors.memory.worker: unknown field: did you mean workers?"));
  EXPECT_THAT(refusals(cpu("laod: 4")), ElementsAre(HasSubstr("cpu.laod: unknown field: did you "
                                                              "mean load?")));
  EXPECT_THAT(refusals(stress("    memroy: {size: 1Mi}\n")),
              ElementsAre("spec.stressors.memroy: unknown field: did you mean memory?"));
  EXPECT_THAT(refusals(stress("    cpu: {load: 5}\n", "  scheduler: {cron: x}\n")),
              ElementsAre(HasSubstr("spec.scheduler: unknown field: known here: selector, mode")));
  EXPECT_THAT(refusals(memory("size: 1Mi, whenOOM: {policie: avoid}")),
              ElementsAre("spec.stressors.memory.whenOOM.policie: unknown field: did you mean "
                          "policy?"));
  EXPECT_THAT(refusals(memory("size: 1Mi, whenOOM.policy: avoid")),
              ElementsAre(HasSubstr("memory.whenOOM.policy: unknown field")));
  EXPECT_THAT(refusals(std::string(kHead) + "sepc: {}\n"),
              Contains("sepc: unknown field: did you mean spec?"));
  EXPECT_THAT(refusals(stress("    cpu: {load: 5}\n") + "  selektor: {}\n"),
              ElementsAre(HasSubstr("spec.selektor: unknown field: did you mean selector?")));
  EXPECT_THAT(refusals(std::string(kHead) +
                       "spec: {selector: {namespace: [a]}, stressors: {cpu: {load: 5}}}"),
              ElementsAre(HasSubstr("spec.selector.namespace: unknown field: did you mean "
                                    "namespaces?")));
  EXPECT_THAT(refusals(memory("size: 1Mi, options: [], whenOOM: {options: []}")),
              ElementsAre(HasSubstr("memory.whenOOM.options: unknown field")));
}

TEST(Manifest, RefusesDuplicates) {
  EXPECT_THAT(refusals(stress("    memory:\n      size: 1Mi\n      workers: 4\n      size: 2Mi\n")),
              ElementsAre("spec.stressors.memory.size: given twice, in lines 8 and 10: leave one"));
  EXPECT_THAT(refusals(stress("    cpu: {load: 5}\n") + "spec: {}\n"),
              ElementsAre(HasSubstr("spec: given twice")));
  EXPECT_THAT(refusals(memory("size: 1Mi, whenOOM: {then: stop, then: regrow}")),
              ElementsAre(HasSubstr("whenOOM.then: given twice")));
  EXPECT_THAT(refusals(stress("    cpu: {load: 5}\n    cpu: {load: 6}\n")),
              ElementsAre(HasSubstr("spec.stressors.cpu: given twice")));
}

TEST(Manifest, RefusesTheWrongKindOfNode) {
  EXPECT_THAT(refusals(memory("size: 1Mi, workers: [4]")),
              ElementsAre("spec.stressors.memory.workers: a list is not allowed: 1 to 1024"));
  EXPECT_THAT(refusals(memory("size: {of: 1Mi}")),
              ElementsAre(HasSubstr("memory.size: a map is not allowed: a size above 0")));
  EXPECT_THAT(refusals(memory("size: 1Mi, options: --vm")),
              ElementsAre("spec.stressors.memory.options: --vm is not allowed: a list"));
  EXPECT_THAT(refusals(memory("size: 1Mi, options: [[a]]")),
              ElementsAre(HasSubstr("options[0]: a list is not allowed: a single value")));
  EXPECT_THAT(refusals(memory("size: 1Mi, whenOOM: avoid")),
              ElementsAre(HasSubstr("whenOOM: avoid is not allowed: a map")));
  EXPECT_THAT(refusals(stress("    memory: 50MiB\n")),
              ElementsAre(HasSubstr("memory: 50MiB is not allowed: a map")));
  EXPECT_THAT(refusals(std::string(kHead) + "spec: [a]"),
              ElementsAre(HasSubstr("spec: a list is not allowed: a map")));
  EXPECT_THAT(refusals(std::string(kHead) +
                       "spec: {selector: {namespaces: a, pods: [p], labelSelectors: {a: [b]}, "
                       "expressionSelectors: [{key: a}]}, mode: some, value: [1], containerNames: "
                       "a, stressors: {cpu: {load: 5}}}"),
              ElementsAre(HasSubstr("selector.namespaces: a is not allowed: a list"),
                          HasSubstr("selector.pods: a list is not allowed: a map"),
                          HasSubstr("labelSelectors.a: a list is not allowed"),
                          HasSubstr("expressionSelectors[0].operator: missing"),
                          HasSubstr("containerNames: a is not allowed: a list"),
                          HasSubstr("mode: some is not allowed: one, all, fixed"),
                          HasSubstr("value: a list is not allowed")));
  EXPECT_THAT(refusals(stress("    cpu: {load: 5}\n", "  stressngStressors: [a]\n")),
              ElementsAre(HasSubstr("spec.stressngStressors: a list is not allowed")));
  EXPECT_THAT(refusals(std::string(kHead) + "metadata: {name: [a]}\nspec: {stressngStressors: a}"),
              ElementsAre(HasSubstr("metadata.name: a list is not allowed")));
}

TEST(Manifest, RefusesARemoteCluster) {
  EXPECT_THAT(refusals(stress("    cpu: {load: 5}\n", "  remoteCluster: east\n")),
              ElementsAre("spec.remoteCluster: east is not allowed: leave it out, and apply the "
                          "manifest in that cluster"));
  EXPECT_TRUE(parse_manifest(stress("    cpu: {load: 5}\n", "  remoteCluster: ''\n")));
}

TEST(Manifest, ReadsWhetherARestartedContainerIsStressedAgain) {
  const std::string load = "    cpu: {load: 5}\n";
  EXPECT_TRUE(parse_manifest(stress(load, ""))->again);
  EXPECT_TRUE(parse_manifest(stress(load, "  restart: again\n"))->again);
  EXPECT_FALSE(parse_manifest(stress(load, "  restart: end\n"))->again);
  EXPECT_THAT(refusals(stress(load, "  restart: never\n")),
              ElementsAre("spec.restart: never is not allowed: again (default) or end"));
}

TEST(Manifest, SaysAllThatIsWrong) {
  EXPECT_THAT(refusals(stress("    memory: {size: fifty, workers: 0, oomScoreAdj: 2000}\n"
                              "    cpu: {load: 101, workers: 1025}\n",
                              "  duration: 0s\n")),
              ElementsAre(HasSubstr("spec.duration: 0s"), HasSubstr("memory.size: fifty"),
                          "spec.stressors.memory.workers: 0 is not allowed: 1 to 1024",
                          HasSubstr("memory.oomScoreAdj: 2000 is not allowed: -1000 to 1000"),
                          HasSubstr("cpu.load: 101 is not allowed: 1 to 100"),
                          HasSubstr("cpu.workers: 1025 is not allowed: 1 to 1024")));
}

TEST(Manifest, SaysNoMoreThanAScreenful) {
  std::string fields = "size: 1Mi";
  for (int i = 0; i < 100; ++i) fields += ", unknown" + std::to_string(i) + ": 1";
  const auto lines = refusals(memory(fields));
  ASSERT_THAT(lines, SizeIs(21));
  EXPECT_EQ(lines.back(), "manifest: 80 more things are wrong; mend these first");
}

TEST(Manifest, PrintsNothingATerminalActsOn) {
  for (const std::string& line :
       refusals(memory("size: \"\\e[31m\", \"\\u202e\\x1b\": 1, workers: \"1\\n2\""))) {
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
    EXPECT_THAT(line, HasSubstr("\\x"));
  }
}

}  // namespace
}  // namespace duress::spec
