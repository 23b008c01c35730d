#include "kubectl/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::kubectl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refused(const std::vector<std::string>& words) {
  const auto parsed = parse_arguments(words);
  return parsed ? "" : parsed.error().message;
}

TEST(KubectlArguments, MakeAnExperimentOfFlags) {
  const auto parsed =
      parse_arguments({"run", "-n", "shop", "-l", "app=web", "--mode=50%", "--memory", "50MiB",
                       "--workers", "4", "--for", "60s", "-c", "app"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->command, Command::kRun);
  EXPECT_EQ(parsed->ns, "shop");
  EXPECT_EQ(parsed->selection.selector.labels.at("app"), "web");
  EXPECT_EQ(parsed->selection.mode, spec::PickMode::kFixedPercent);
  EXPECT_EQ(parsed->selection.value, 50);
  EXPECT_EQ(parsed->loads.memory->workers, 4);
  EXPECT_EQ(parsed->duration, std::chrono::seconds(60));
  EXPECT_THAT(parsed->selection.container_names, ElementsAre("app"));
}

TEST(KubectlArguments, NameExperiments) {
  const auto parsed = parse_arguments({"status", "a", "b", "-o", "json"});
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->names, ElementsAre("a", "b"));
  EXPECT_TRUE(parsed->json);
}

TEST(KubectlArguments, WatchAStatusAsTopDoes) {
  const auto parsed = parse_arguments({"status", "-w", "a"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->command, Command::kTop);
  EXPECT_THAT(parsed->names, ElementsAre("a"));
  EXPECT_THAT(refused({"explain", "--watch"}), HasSubstr("only status takes it"));
}

TEST(KubectlArguments, ReportOneExperimentIntoAFileOrAsAFormat) {
  const auto parsed = parse_arguments({"report", "mem", "-o", "page.html", "--force"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->command, Command::kReport);
  EXPECT_EQ(parsed->output, "page.html");
  EXPECT_FALSE(parsed->json);
  EXPECT_TRUE(parsed->force);
  EXPECT_TRUE(parse_arguments({"report", "mem", "-o", "json"})->json);
  EXPECT_THAT(refused({"report"}), HasSubstr("Give one name"));
  EXPECT_THAT(refused({"report", "a", "b"}), HasSubstr("Give one name"));
  EXPECT_THAT(refused({"status", "-o", "page.html"}),
              HasSubstr("-o: page.html is not allowed: text or json"));
}

TEST(KubectlArguments, ForetellAManifestOrFlags) {
  const auto file = parse_arguments({"preflight", "-f", "memory.yaml", "-o", "json"});
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->command, Command::kPreflight);
  EXPECT_EQ(file->file, "memory.yaml");
  const auto flags = parse_arguments({"preflight", "-l", "app=web", "--memory", "3000MiB"});
  ASSERT_TRUE(flags) << flags.error().message;
  EXPECT_TRUE(flags->loads.memory);
  EXPECT_THAT(refused({"preflight"}), HasSubstr("preflight: on which Pods?"));
  EXPECT_THAT(refused({"preflight", "-f", "a.yaml", "--memory", "5MiB"}),
              HasSubstr("-f has the load"));
  EXPECT_THAT(refused({"run", "-f", "a.yaml"}), HasSubstr("only preflight takes one"));
}

TEST(KubectlArguments, AreRefusedWithAllThatIsWrong) {
  EXPECT_THAT(refused({"stauts"}), HasSubstr("did you mean status?"));
  EXPECT_THAT(refused({"stop"}), HasSubstr("Give names, --all"));
  EXPECT_THAT(refused({"stop", "a", "--all"}), HasSubstr("give one of them"));
  EXPECT_THAT(refused({"status", "--memory", "5MiB"}),
              HasSubstr("only run and preflight take one"));
  EXPECT_THAT(refused({"run", "--memory", "5MiB"}), HasSubstr("Give -l KEY=VALUE"));
  EXPECT_THAT(refused({"run", "-l", "app=web"}), HasSubstr("no load"));
  EXPECT_THAT(refused({"run", "-l", "web", "--memory", "-3", "--mode", "0"}),
              AllOf(HasSubstr("KEY=VALUE"), HasSubstr("--memory"), HasSubstr("--mode")));
  EXPECT_THAT(refused({"run", "-l", "a=b", "--memory", "5MiB", "--for", "0s"}),
              HasSubstr("above 0"));
  EXPECT_THAT(refused({"status", "--memroy", "5"}), HasSubstr("did you mean --memory?"));
  EXPECT_THAT(refused({"status", "-n"}), HasSubstr("a value is missing"));
}

TEST(KubectlArguments, AskForHelp) {
  EXPECT_EQ(parse_arguments({})->command, Command::kHelp);
  EXPECT_EQ(parse_arguments({"run", "--help"})->command, Command::kHelp);
  for (const char* word : {"status", "explain", "--memory", "-A, --all-namespaces"})
    EXPECT_THAT(help(), HasSubstr(word));
}

}  // namespace
}  // namespace duress::kubectl
