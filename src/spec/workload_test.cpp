#include "spec/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "spec/pod_environment.h"
#include "spec/pod_resources.h"
#include "spec/workload_promises_test.h"
#include "spec/workload_test_text.h"

namespace duress::spec {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

// One of the mistakes that people and editors make.
void break_something(std::string& text, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> odd = {
      "-1", "0",  "99999999999", "''", "[]",   "{}",   "null",        "~",   "true", "500m",
      "*",  "\"", ": :",         "- ", "\x1b", "\xff", "x: {y: [z]}", "1e9", "$(A)", "......"};
  if (text.empty()) return;
  const std::size_t at = below(text.size());
  const std::size_t line = text.rfind('\n', at) == std::string::npos ? 0 : text.rfind('\n', at) + 1;
  const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
  const std::string whole = line <= end ? text.substr(line, end + 1 - line) : "";
  switch (below(7)) {
    case 0:
      text.erase(line, whole.size());
      break;
    case 1:
      text.insert(line, whole);
      break;
    case 2:
      text.insert(line, "  ");
      break;
    case 3:
      text[at] = static_cast<char>(below(256));
      break;
    case 4:
      text.insert(at, odd[below(odd.size())]);
      break;
    case 5:
      if (const std::size_t colon = whole.find(": "); colon != std::string::npos) {
        text.replace(line + colon + 2, whole.size() - colon - 3, odd[below(odd.size())]);
      }
      break;
    default:
      text.resize(at);
  }
}

TEST(Workloads, ReadTheArticles) {
  const std::vector<ManifestText> files = {{"app.yaml", file("examples/article/app.yaml")},
                                           {"memory.yaml", file("examples/article/memory.yaml")}};
  const auto got = read_workloads(files, {});
  ASSERT_TRUE(got) << format_problem(got.error()[0]);
  ASSERT_THAT(got->pods, SizeIs(1));
  const Pod& pod = got->pods[0];
  EXPECT_THAT(pod.name, MatchesRegex("hello-world-[a-z0-9]{10}-[a-z0-9]{5}"));
  EXPECT_EQ(pod.ns, "hello-kubernetes");
  EXPECT_EQ(pod.owner, "Deployment/hello-world");
  EXPECT_EQ(pod.hostname, pod.name);
  EXPECT_THAT(pod.labels, Contains(Pair("app.kubernetes.io/name", "hello-world")));
  EXPECT_EQ(qos_of(pod), QosClass::kBurstable);
  EXPECT_EQ(limits_of(pod).memory, mib(500));
  EXPECT_EQ(requests_of(pod).memory, mib(200));
  ASSERT_THAT(pod.containers, SizeIs(1));
  const Container& container = pod.containers[0];
  EXPECT_THAT(container.command, ElementsAre("/usr/local/bin/hello"));
  ASSERT_TRUE(container.liveness && container.readiness);
  const auto& http = std::get<HttpGet>(container.liveness->how);
  EXPECT_EQ(http.port, 8080);
  EXPECT_EQ(http.path, "/");
  EXPECT_EQ(container.liveness->period, seconds(2));
  EXPECT_EQ(container.liveness->failure_threshold, 3);
  EXPECT_THAT(start_values(pod, container, {}).environment,
              ElementsAre(Pair("KUBERNETES_NAMESPACE", "hello-kubernetes"),
                          Pair("KUBERNETES_POD_NAME", pod.name),
                          Pair("CONTAINER_IMAGE", "hello-world:1.0")));
  ASSERT_THAT(got->experiments, SizeIs(1));
  EXPECT_EQ(got->experiments[0].name, "mem-stress");
  EXPECT_THAT(got->notes, ElementsAre(HasSubstr("image"), HasSubstr("protocol"),
                                      "not used here: Service/hello-world: rehearse runs Pods"));
}

TEST(Workloads, ReadAnOrdinaryChartWithoutFuss) {
  const Workloads got = taken(chart());
  ASSERT_THAT(got.pods, SizeIs(3));
  for (const Pod& pod : got.pods) {
    EXPECT_EQ(pod.containers[0].user, 1001U);
    EXPECT_EQ(pod.containers[0].group, 1001U);
    EXPECT_THAT(pod.volumes, SizeIs(1));
    EXPECT_EQ(pod.containers[0].mounts[0].path, "/tmp");
  }
  EXPECT_THAT(got.notes, SizeIs(testing::Le(9U))) << "notes are grouped by reason";
  EXPECT_THAT(got.notes, Contains(HasSubstr("nodeSelector")));
  EXPECT_THAT(got.notes, Contains(HasSubstr("Service/web")));
}

TEST(Workloads, AreMadeFromEveryKind) {
  struct Case {
    std::string kind;
    std::string version;
    std::string spec;  // before the template
    std::string policy;
    std::vector<std::string> names;  // as expressions
  };
  const std::string mine = "selector: {matchLabels: {app: web}}, ";
  const std::vector<Case> cases = {
      {"Deployment", "apps/v1", mine, "", {"web-[b-z2-9]{10}-[b-z2-9]{5}"}},
      {"Deployment",
       "apps/v1",
       mine + "replicas: 2, ",
       "Always",
       {"web-[b-z2-9]{10}-[b-z2-9]{5}", "web-[b-z2-9]{10}-[b-z2-9]{5}"}},
      {"Deployment", "apps/v1", mine + "replicas: 0, ", "", {}},
      {"ReplicaSet", "apps/v1", mine, "", {"web-[b-z2-9]{5}"}},
      {"StatefulSet",
       "apps/v1",
       mine + "serviceName: web, replicas: 3, ",
       "",
       {"web-0", "web-1", "web-2"}},
      {"StatefulSet",
       "apps/v1",
       mine + "ordinals: {start: 5}, replicas: 2, ",
       "",
       {"web-5", "web-6"}},
      {"DaemonSet", "apps/v1", mine, "", {"web-[b-z2-9]{5}"}},
      {"Job", "batch/v1", "", "Never", {"web-[b-z2-9]{5}"}},
      {"Job",
       "batch/v1",
       "parallelism: 3, completions: 2, backoffLimit: 1, ",
       "OnFailure",
       {"web-[b-z2-9]{5}", "web-[b-z2-9]{5}"}},
      {"CronJob", "batch/v1", "", "Never", {"web-28[0-9]{6}-[b-z2-9]{5}"}},
  };
  for (const Case& c : cases) {
    std::string spec = c.spec + "template: {metadata: {labels: {app: web}}, spec: {" +
                       (c.policy.empty() ? "" : "restartPolicy: " + c.policy + ", ") +
                       "containers: [{name: app, command: [a]}]}}";
    if (c.kind == "CronJob") spec = "schedule: '@daily', jobTemplate: {spec: {" + spec + "}}";
    const Workloads got = taken("apiVersion: " + c.version + "\nkind: " + c.kind +
                                "\nmetadata: {name: web, namespace: shop}\nspec: {" + spec + "}\n");
    ASSERT_THAT(got.pods, SizeIs(c.names.size())) << c.kind;
    std::set<std::string> different;
    for (std::size_t i = 0; i < c.names.size(); ++i) {
      EXPECT_THAT(got.pods[i].name, MatchesRegex(c.names[i]));
      EXPECT_EQ(got.pods[i].ns, "shop");
      EXPECT_EQ(got.pods[i].owner, c.kind + "/web");
      EXPECT_EQ(got.pods[i].hostname, got.pods[i].name);
      EXPECT_THAT(got.pods[i].labels, Contains(Pair("app", "web")));
      different.insert(got.pods[i].name);
    }
    EXPECT_THAT(different, SizeIs(c.names.size()));
  }
}

TEST(Workloads, AreCalledTheSameBySeed) {
  WorkloadOptions options;
  const auto name = [&] {
    const std::vector<ManifestText> files = {{"f", deployment("name: app, command: [a]")}};
    return read_workloads(files, options)->pods[0].name;
  };
  const std::string first = name();
  EXPECT_EQ(name(), first);
  options.seed = 2;
  EXPECT_NE(name(), first);
}

TEST(Workloads, KeepToTheRestartPolicyOfTheirKind) {
  const auto job = [](std::string_view policy) {
    return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {" +
           std::string(policy) + "containers: [{name: app, command: [a]}]}}}\n";
  };
  EXPECT_THAT(refusals(job("")), ElementsAre(HasSubstr("spec.template.spec.restartPolicy: missing: "
                                                       "OnFailure or Never")));
  EXPECT_THAT(refusals(job("restartPolicy: Always, ")),
              ElementsAre(HasSubstr("Always is not allowed: OnFailure or Never")));
  EXPECT_THAT(refusals(deployment("name: app, command: [a]", "restartPolicy: Never, ")),
              ElementsAre(HasSubstr("Never is not allowed: Always")));
  EXPECT_EQ(taken(job("restartPolicy: Never, ")).pods[0].restart_policy, RestartPolicy::kNever);
  EXPECT_EQ(pod_of("name: a, command: [a]", "restartPolicy: OnFailure").restart_policy,
            RestartPolicy::kOnFailure);
}

TEST(Workloads, MeanTheirOwnPods) {
  const auto with = [](std::string_view selector) {
    return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {" +
           std::string(selector) +
           "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, command: "
           "[a]}]}}}\n";
  };
  EXPECT_THAT(refusals(with("")), ElementsAre(HasSubstr("spec.selector: missing")));
  EXPECT_THAT(refusals(with("selector: {matchLabels: {app: api}}, ")),
              ElementsAre(HasSubstr("spec.selector: it does not mean the template's own labels, "
                                    "app=web")));
  EXPECT_THAT(
      refusals(with("selector: {matchExpressions: [{key: app, operator: DoesNotExist}]}, ")),
      ElementsAre(HasSubstr("does not mean")));
  EXPECT_THAT(
      taken(with("selector: {matchExpressions: [{key: app, operator: In, values: [web]}]}, ")).pods,
      SizeIs(1));
}

TEST(Workloads, ComeInListsStreamsFilesAndJson) {
  const std::string one = pod("name: app, command: [a]");
  const std::string two = deployment("name: app, command: [a]");
  EXPECT_THAT(taken("---\n# nothing\n---\n" + one + "---\n" + two + "---\n").pods, SizeIs(2));
  EXPECT_THAT(taken(R"({"apiVersion": "v1", "kind": "List", "items": [
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
     "spec": {"containers": [{"name": "c", "command": ["x"]}]}},
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}]})")
                  .pods,
              SizeIs(1));
  const std::vector<ManifestText> files = {{"a.yaml", one}, {"b.yaml", two}};
  EXPECT_THAT(read_workloads(files, {})->pods, SizeIs(2));
  const std::vector<ManifestText> twice = {{"a.yaml", one}, {"b.yaml", one}};
  const auto same = read_workloads(twice, {});
  ASSERT_FALSE(same);
  EXPECT_THAT(format_problem(same.error()[0]),
              AllOf(HasSubstr("b.yaml: Pod/web: metadata.name: default/web is not allowed")));
}

TEST(Workloads, SayWhereAProblemStands) {
  EXPECT_THAT(refusals("kind: Pod\n"), ElementsAre(HasSubstr("f.yaml: Pod: apiVersion: missing")));
  EXPECT_THAT(refusals("a: 1\n---\nb: 2\n"),
              ElementsAre(HasSubstr("f.yaml: document in line 1: kind: missing"),
                          HasSubstr("f.yaml: document in line 2: kind: missing")));
  EXPECT_THAT(refusals("- a\n"), ElementsAre(HasSubstr("f.yaml: manifest: a list is not allowed")));
  EXPECT_THAT(refusals(""), ElementsAre(HasSubstr("f.yaml: manifest: empty")));
  EXPECT_THAT(refusals("a: [\n"), ElementsAre(HasSubstr("not YAML")));
  EXPECT_THAT(
      refusals("apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: w}\n"),
      ElementsAre("f.yaml: Deployment/w: apiVersion: apps/v1beta1 is not allowed: apps/v1"));
  EXPECT_THAT(refusals("apiVersion: v1\nkind: Pod\nmetadata: {name: w}\n"),
              ElementsAre(HasSubstr("Pod/w: spec: missing")));
  EXPECT_THAT(
      refusals("apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, command: [b]}]}\n"),
      ElementsAre(HasSubstr("Pod: metadata.name: missing")));
}

TEST(Workloads, TakeExperimentsAndRefuseOtherChaos) {
  const std::string stress =
      "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: s}\n"
      "spec: {mode: all, stressors: {memory: {size: 1Mi, workers: 1}}}\n";
  EXPECT_THAT(taken(stress).experiments, SizeIs(1));
  EXPECT_THAT(
      refusals("apiVersion: chaos-mesh.org/v1alpha1\nkind: PodChaos\nmetadata: {name: s}\n"),
      ElementsAre(HasSubstr("PodChaos/s: kind: PodChaos is not allowed")));
  EXPECT_THAT(
      refusals("apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: s}\n"
               "spec: {mode: all, stressors: {memory: {size: 1Ki, workers: 4}}}\n"),
      ElementsAre(HasSubstr("StressChaos/s: spec.stressors.memory.size: 1 KiB is not allowed")))
      << "what several fields together mean is checked too";
}

TEST(Commands, AreGivenWhereNoManifestHasOne) {
  EXPECT_THAT(refusals(pod("name: app, image: web:1")),
              ElementsAre("f.yaml: Pod/web: command of app: missing: images are not pulled, so say "
                          "what to run: --command app='WORDS', or command in the manifest"));
  EXPECT_THAT(refusals(deployment("name: app, args: [--x]", "", 3)), SizeIs(1))
      << "once for all replicas";
  const auto command = [](std::string_view container, std::vector<GivenCommand> commands) {
    WorkloadOptions options;
    options.commands = std::move(commands);
    return taken(deployment(container), options).pods[0].containers[0].command;
  };
  EXPECT_THAT(command("name: app, args: [--x]", {{"app", {"./run"}}}), ElementsAre("./run", "--x"));
  EXPECT_THAT(command("name: app, command: [a, b], args: [--x]", {{"app", {"./run"}}}),
              ElementsAre("./run", "--x"));
  EXPECT_THAT(command("name: app", {{"app", {"one"}}, {"web/app", {"two"}}}), ElementsAre("two"));
  EXPECT_THAT(command("name: app", {{"web/app", {"two"}}, {"app", {"one"}}}), ElementsAre("two"));
}

TEST(Commands, ForNobodyAreRefused) {
  WorkloadOptions options;
  options.commands = {{"ap", {"x"}}, {"api/app", {"x"}}};
  EXPECT_THAT(refusals(pod("name: app, command: [a]"), options),
              ElementsAre("--command: ap is not allowed: a container: app; or POD/CONTAINER",
                          HasSubstr("--command: api/app is not allowed")));
}

TEST(Workloads, AreNotWithoutEnd) {
  EXPECT_THAT(refusals(deployment("name: app, command: [a]", "", 501)),
              ElementsAre("replicas: 501 Pods is not allowed: up to 500 Pods in all"));
  EXPECT_THAT(taken(deployment("name: app, command: [a]", "", 500)).pods, SizeIs(500));
  EXPECT_THAT(refusals(deployment("name: app, command: [a]", "", 1'000'001)),
              ElementsAre(HasSubstr("spec.replicas: 1000001 is not allowed: 0 to 1000000")));
}

// A thousand manifests with something broken: refused in lines that a terminal can show, or taken
// with every figure in range.
TEST(Workloads, KeepTheirPromisesWhateverIsBroken) {
  const std::vector<std::string> seeds = {chart(), file("examples/article/app.yaml"),
                                          file("examples/article/memory.yaml")};
  std::mt19937 random(20240607);
  int taken_ones = 0;
  int refused_ones = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    const auto breaks = 1 + random() % 3;
    for (std::size_t n = 0; n < breaks; ++n) break_something(text, random);
    const std::vector<ManifestText> files = {{"f.yaml", text}};
    const auto got = read_workloads(files, {});
    (got ? taken_ones : refused_ones) += 1;
    EXPECT_EQ(broken_promise(got), "") << text;
  }
  EXPECT_GT(taken_ones, 100);
  EXPECT_GT(refused_ones, 300);
}

}  // namespace
}  // namespace duress::spec
