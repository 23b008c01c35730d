#include "cli/rehearse_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/probe_flag.h"
#include "cli/shell_words.h"

namespace duress::cli {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kApp = std::string(DURESS_SOURCE_DIR) + "/examples/article/app.yaml";
const std::string kMemory = std::string(DURESS_SOURCE_DIR) + "/examples/article/memory.yaml";

RehearsalPlan planned(const std::vector<std::string>& words) {
  auto plan = parse_rehearse_arguments(words, "node-1");
  EXPECT_TRUE(plan) << plan.error().message;
  return plan ? std::move(*plan) : RehearsalPlan{};
}

std::string refused(const std::vector<std::string>& words) {
  const auto plan = parse_rehearse_arguments(words, "node-1");
  EXPECT_FALSE(plan);
  if (plan) return "";
  EXPECT_EQ(plan.error().code, Code::kUsage);
  return plan.error().message;
}

class RehearseFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "duress-plan-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& name, std::string_view text) {
    std::string path = directory_ / name;
    std::ofstream(path) << text;
    return path;
  }

  // Two Pods, one of them with a sidecar.
  std::string pods() {
    return file("pods.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: "
                "web}}\nspec: {initContainers: [{name: log, command: [l], restartPolicy: Always}], "
                "containers: [{name: app, command: [a]}]}\n---\napiVersion: v1\nkind: Pod\n"
                "metadata: {name: db, namespace: shop}\nspec: {containers: [{name: sql, command: "
                "[s]}]}\n");
  }

  std::string stress(std::string_view spec) {
    return file("stress.yaml",
                "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: s, "
                "namespace: shop}\nspec: {stressors: {cpu: {load: 5}}, " +
                    std::string(spec) + "}\n");
  }

 private:
  std::filesystem::path directory_;
};

TEST(RehearseArguments, TheArticle) {
  const RehearsalPlan plan = planned({"-f", kApp, "-f", kMemory});
  ASSERT_THAT(plan.pods, SizeIs(1));
  ASSERT_THAT(plan.experiments, SizeIs(1));
  EXPECT_EQ(plan.experiments[0].name, "mem-stress");
  EXPECT_EQ(plan.experiments[0].ns, "chaos-testing");
  EXPECT_FALSE(plan.duration);
  EXPECT_FALSE(plan.start_after);
  EXPECT_TRUE(plan.oom_group);
  EXPECT_THAT(plan.notes, Contains(HasSubstr("image")));
}

TEST(RehearseArguments, APodWithoutAManifest) {
  const RehearsalPlan plan = planned({"--limit-memory",
                                      "500Mi",
                                      "--request-memory",
                                      "200MiB",
                                      "--limit-cpu",
                                      "1500m",
                                      "--probe",
                                      "http://:8080/",
                                      "--readiness",
                                      "exec:cat '/tmp/it is up'",
                                      "--replicas",
                                      "2",
                                      "--memory",
                                      "3000MiB",
                                      "--workers",
                                      "4",
                                      "--",
                                      "./My_Server.sh",
                                      "--port",
                                      "$(PORT)"});
  ASSERT_THAT(plan.pods, SizeIs(2));
  EXPECT_EQ(plan.pods[0].name, "my-server-sh-0");
  EXPECT_EQ(plan.pods[1].name, "my-server-sh-1");
  const spec::Container& container = plan.pods[1].containers[0];
  EXPECT_THAT(container.command, ElementsAre("./My_Server.sh", "--port", "$$(PORT)"))
      << "the shell has expanded what was to be";
  EXPECT_EQ(container.resources.limits.memory, mib(500));
  EXPECT_EQ(container.resources.requests.memory, mib(200));
  EXPECT_EQ(container.resources.requests.cpu, Cores{1.5});
  EXPECT_EQ(std::get<spec::HttpGet>(container.liveness->how).port, 8080);
  EXPECT_THAT(std::get<spec::Exec>(container.readiness->how).command,
              ElementsAre("cat", "/tmp/it is up"));
  ASSERT_THAT(plan.experiments, SizeIs(1));
  EXPECT_EQ(plan.experiments[0].stressors.memory->workers, 4);
  EXPECT_EQ(plan.experiments[0].selection.mode, spec::PickMode::kAll);
  EXPECT_THAT(plan.notes, IsEmpty());
}

TEST(RehearseArguments, EveryOption) {
  const RehearsalPlan plan =
      planned({"--for=90s", "--start-after", "5s", "--backoff-factor", "2.5", "--no-oom-group",
               "--node-memory", "8Gi", "--report", "r.html", "--junit=j.xml", "-o", "jsonl",
               "--seed", "7", "--quiet", "--plain", "--", "server"});
  EXPECT_EQ(plan.duration, Duration(seconds(90)));
  EXPECT_EQ(plan.start_after, Duration(seconds(5)));
  EXPECT_EQ(plan.back_off_factor, 2.5);
  EXPECT_FALSE(plan.oom_group);
  EXPECT_EQ(plan.node_memory, gib(8));
  EXPECT_EQ(plan.report_file, "r.html");
  EXPECT_EQ(plan.junit_file, "j.xml");
  EXPECT_EQ(plan.output.format, Format::kJsonLines);
  EXPECT_TRUE(plan.output.quiet && plan.plain);
  EXPECT_EQ(plan.seed, 7U);
  EXPECT_EQ(plan.pods[0].name, "server");
  EXPECT_THAT(plan.notes, ElementsAre(HasSubstr("no experiment"), HasSubstr("divided by 2.5")));
}

TEST(RehearseArguments, AreRefusedInWords) {
  struct Case {
    std::vector<std::string> words;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {{}, "nothing to run: give -f FILE with Pods, or a command behind --"},
      {{"-f", kMemory}, "nothing to run"},
      {{"--"}, "--: the command is missing"},
      {{"--", ""}, "--: the command is missing"},
      {{"server"}, "unknown word server: the command to rehearse stands behind --"},
      {{"--limt-memory", "1Mi", "--", "a"}, "did you mean --limit-memory?"},
      {{"--limit-memory", "--", "a"}, "--limit-memory: a value is missing: SIZE"},
      {{"--limit-memory", "0", "--", "a"}, "--limit-memory: 0 is not allowed: a size above 0"},
      {{"--limit-memory=1Mi", "--request-memory=2Mi", "--", "a"},
       "--request-memory: 2Mi is not allowed: no more than the limit"},
      {{"--limit-cpu", "half", "--", "a"}, "--limit-cpu: half is not allowed: cores above 0"},
      {{"--request-cpu=2", "--limit-cpu=1", "--", "a"}, "--request-cpu: 2 is not allowed"},
      {{"--probe", "8080", "--", "a"}, "--probe: 8080 is not allowed: http://:PORT/PATH"},
      {{"--readiness", "exec:", "--", "a"}, "--readiness: \"\" has no program to run"},
      {{"--replicas", "0", "--", "a"}, "--replicas: 0 is not allowed: 1 to 500"},
      {{"--replicas", "2", "-f", kApp}, "--replicas: it is for a Pod without a manifest"},
      {{"-f", kApp, "--", "a"}, "two things to run: the Pods of -f, and the command behind --"},
      {{"-f", kApp, "-f", kApp}, "is given twice"},
      {{"-f", "/no/such.yaml"}, "-f: open /no/such.yaml"},
      {{"-f", kApp, "-f", kMemory, "--memory", "1Mi"}, "--memory: StressChaos mem-stress of the"},
      {{"-f", kApp, "--memory", "much"}, "--memory: much is not allowed"},
      {{"-f", kApp, "--workers", "2"}, "--memory: missing"},
      {{"--for", "0s", "--", "a"}, "--for: 0s is not allowed: a duration above 0s"},
      {{"--start-after", "-1s", "--", "a"}, "--start-after: -1s is not allowed"},
      {{"--backoff-factor", "0.5", "--", "a"}, "--backoff-factor: 0.5 is not allowed: 1 to 1000"},
      {{"--backoff-factor", "2x", "--", "a"}, "--backoff-factor: 2x is not allowed"},
      {{"--backoff-factor", "nan", "--", "a"}, "--backoff-factor: nan is not allowed"},
      {{"--oom-group", "--no-oom-group", "--", "a"}, "--oom-group and --no-oom-group: give one"},
      {{"--oom-group=no", "--", "a"}, "--oom-group: takes no value"},
      {{"--seed", "-1", "--", "a"}, "--seed: -1 is not allowed"},
      {{"-o", "xml", "--", "a"}, "-o: xml is not allowed: text, json or jsonl"},
      {{"--for", "1s", "--for", "2s", "--", "a"}, "--for: given twice"},
      {{"-f", kApp, "--command", "./run"}, "--command: ./run is not allowed: NAME=WORDS"},
      {{"-f", kApp, "--command", "hello-world='x"}, "has a ' that is not closed"},
      {{"-f", kApp, "--command", "helo=x"},
       "--command: helo is not allowed: a container: "
       "hello-world"},
      {{"-f", kApp, "--command", "hello-world=x", "--command", "hello-world=y"}, "given twice"},
  };
  for (const Case& c : cases) {
    const std::string message = refused(c.words);
    EXPECT_THAT(message, HasSubstr(c.expected));
    EXPECT_THAT(message, Not(HasSubstr("\n"))) << "one thing is wrong, and one line says it";
  }
}

TEST(RehearseArguments, AllThatIsWrongIsToldAtOnce) {
  EXPECT_THAT(refused({"-f", "/no/such.yaml", "--for", "soon", "--memory", "much", "--pelicas", "2",
                       "--probe", "x"}),
              AllOf(HasSubstr("/no/such.yaml"), HasSubstr("--for"), HasSubstr("--memory"),
                    HasSubstr("--replicas?"), HasSubstr("--probe")));
}

TEST_F(RehearseFiles, CommandsAreGivenToContainers) {
  const RehearsalPlan plan =
      planned({"-f", kApp, "--command", "hello-world=./hello --port \"8080\""});
  EXPECT_THAT(plan.pods[0].containers[0].command, ElementsAre("./hello", "--port", "8080"));
  const std::string imaged = file("imaged.yaml",
                                  "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: "
                                  "{containers: [{name: app, image: nginx, args: [-g, quiet]}]}\n");
  EXPECT_THAT(refused({"-f", imaged}), HasSubstr("--command app='WORDS'"));
  EXPECT_THAT(
      planned({"-f", imaged, "--command=web/app=/usr/sbin/nginx -q"}).pods[0].containers[0].command,
      ElementsAre("/usr/sbin/nginx", "-q", "-g", "quiet"));
}

TEST_F(RehearseFiles, ExperimentsForNobodyAreRefused) {
  EXPECT_THAT(refused({"-f", pods(), "-f", stress("selector: {labelSelectors: {app: api}}")}),
              AllOf(HasSubstr("StressChaos s selects none of the Pods (labelSelectors app=api"),
                    HasSubstr("there are shop/web (app=web), shop/db")));
  EXPECT_THAT(refused({"-f", pods(), "-f", stress("selector: {namespaces: [other]}")}),
              HasSubstr("selects none"));
  const std::string elsewhere = file(
      "elsewhere.yaml",
      "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: s}\nspec: {mode: "
      "all, stressors: {cpu: {load: 5}}}\n");
  EXPECT_THAT(refused({"-f", pods(), "-f", elsewhere}),
              HasSubstr("without namespaces it means its own, default"));
  EXPECT_THAT(refused({"-f", pods(), "-f", stress("mode: random-max-percent, value: '1'")}),
              HasSubstr("takes none of 2 Pods by this draw"));
  EXPECT_THAT(planned({"-f", pods(), "-f", stress("selector: {nodes: [node-1]}")}).experiments,
              SizeIs(1));
}

TEST_F(RehearseFiles, ContainerNamesAreThoseOfTheChosen) {
  EXPECT_THAT(refused({"-f", pods(), "-f", stress("mode: all, containerNames: [app, sqll]")}),
              HasSubstr("spec.containerNames: sqll is not allowed: the Pods that it selects have "
                        "app, log, sql"));
  const RehearsalPlan plan =
      planned({"-f", pods(), "-f", stress("mode: all, containerNames: [log]")});
  EXPECT_THAT(plan.notes, Contains(HasSubstr("shop/db has no container log: it has sql")));
}

TEST_F(RehearseFiles, WhatIsUnexpectedIsSaid) {
  const std::string paused = file(
      "paused.yaml",
      "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: s, namespace: "
      "shop, annotations: {experiment.chaos-mesh.org/pause: \"true\"}}\nspec: {mode: all, value: "
      "'3', duration: 1h, stressors: {cpu: {load: 5}}}\n");
  EXPECT_THAT(planned({"-f", pods(), "-f", paused, "--for", "1m"}).notes,
              ElementsAre(HasSubstr("StressChaos s: spec.value has no meaning"),
                          "StressChaos s is paused by its annotation",
                          "StressChaos s would last 1h; the rehearsal ends after 1m"));
}

TEST_F(RehearseFiles, FlagsPutALoadOnThePodsOfManifests) {
  const RehearsalPlan plan = planned({"-f", pods(), "--memory", "5MiB"});
  ASSERT_THAT(plan.experiments, SizeIs(1));
  EXPECT_THAT(plan.experiments[0].selection.selector.namespaces, ElementsAre("shop"));
  EXPECT_EQ(std::get<Bytes>(plan.experiments[0].stressors.memory->size), mib(5));
}

TEST_F(RehearseFiles, AnExperimentMayMeanThePodOfTheCommand) {
  const std::string own = file(
      "own.yaml",
      "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: s}\nspec: {mode: "
      "all, selector: {labelSelectors: {app: server}}, stressors: {cpu: {load: 5}}}\n");
  EXPECT_THAT(planned({"-f", own, "--", "./server"}).experiments, SizeIs(1));
}

TEST(RehearseHelp, NamesEveryFlagInLinesOfAHundred) {
  const std::string help = rehearse_help();
  for (const char* flag : {"-f FILE", "--command", "--limit-memory", "--readiness", "--memory",
                           "--cpu", "--start-after", "--no-oom-group", "--junit", "--seed"}) {
    EXPECT_THAT(help, HasSubstr(flag));
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 104U) << line;
  EXPECT_TRUE(planned({"--help"}).help);
  EXPECT_TRUE(planned({"-h", "--nonsense"}).help);
}

TEST(ShellWords, AreSplitAsAShellDoes) {
  struct Case {
    std::string text;
    std::vector<std::string> expected;
  };
  for (const Case& c : std::vector<Case>{{"a", {"a"}},
                                         {"  a\tb\n c ", {"a", "b", "c"}},
                                         {"a 'b c' d", {"a", "b c", "d"}},
                                         {"a \"b c\"", {"a", "b c"}},
                                         {"a '' b", {"a", "", "b"}},
                                         {"a\\ b", {"a b"}},
                                         {"a'b'\"c\"d", {"abcd"}},
                                         {"a '\\n'", {"a", "\\n"}},
                                         {"a \"\\n\\\"\\\\\"", {"a", "\\n\"\\"}},
                                         {"a $B *", {"a", "$B", "*"}}}) {
    const auto got = shell_words(c.text);
    ASSERT_TRUE(got) << c.text;
    EXPECT_EQ(*got, c.expected) << c.text;
  }
  for (const char* text : {"", "  ", "'a", "\"a", "a\\", "''", "'' a"}) {
    EXPECT_FALSE(shell_words(text)) << text;
  }
}

TEST(ProbeFlag, ReadsEachKind) {
  EXPECT_EQ(std::get<spec::HttpGet>(parse_probe_flag("http://:8080/a?b=c")->how).path, "/a?b=c");
  EXPECT_EQ(std::get<spec::HttpGet>(parse_probe_flag("http://localhost:80")->how).path, "/");
  EXPECT_TRUE(std::get<spec::HttpGet>(parse_probe_flag("https://:8443/")->how).https);
  EXPECT_EQ(std::get<spec::TcpSocket>(parse_probe_flag("tcp://:5432")->how).port, 5432);
  EXPECT_EQ(std::get<spec::Grpc>(parse_probe_flag("grpc://:9000")->how).service, "");
  EXPECT_EQ(std::get<spec::Grpc>(parse_probe_flag("grpc://:9000/a.B")->how).service, "a.B");
  EXPECT_THAT(std::get<spec::Exec>(parse_probe_flag("exec:test -f /ok")->how).command,
              ElementsAre("test", "-f", "/ok"));
  for (const char* text : {"", "http", "http://", "http://:0/", "http://:65536/", "http://8080/",
                           "http://example.com:80/", "http://:80/a b", "tcp://:1/a", "udp://:1",
                           "exec:", "exec:'", ":8080"}) {
    EXPECT_FALSE(parse_probe_flag(text)) << text;
  }
}

}  // namespace
}  // namespace duress::cli
