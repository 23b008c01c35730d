// What is wrong is refused before anything is touched, with the field, what was given and what is
// allowed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>

#include "world.h"

namespace duress::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Refused {
  int code;
  std::string errors;
};

Refused run(std::vector<std::string> words) {
  words.insert(words.begin(), "run");
  Duress duress(std::move(words));
  const int code = duress.process().wait().value_or(-1);
  return {code, duress.process().errors()};
}

// With a target that would be fine.
class Refusal : public ::testing::Test {
 protected:
  Refused on_target(std::vector<std::string> words) {
    words.insert(words.begin(), {"--cgroup", cgroup_.path()});
    Refused out = run(std::move(words));
    EXPECT_EQ(cgroup_.processes().size(), 1U) << "something was started";
    return out;
  }
  Refused manifest(const std::string& text) {
    const std::string path = "/tmp/duress-it-" + std::to_string(::getpid()) + ".yaml";
    std::ofstream(path, std::ios::binary) << text;
    Refused out = on_target({"-f", path, "--for", "1s"});
    std::remove(path.c_str());
    return out;
  }
  static std::string stress_chaos(const std::string& stressors) {
    return "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata:\n  name: x\nspec:\n  "
           "mode: all\n"
           "  selector:\n    namespaces: [a]\n  stressors:\n" +
           stressors;
  }
  Cgroup cgroup_;
  App app_{cgroup_, {}};
};

struct Case {
  std::vector<std::string> words;
  int code;
  std::string says;
};

TEST_F(Refusal, NamesTheFlagTheValueAndWhatIsAllowed) {
  const std::vector<Case> cases = {
      {{"--memory", "0"}, 2, "--memory"},
      {{"--memory", "-5MiB"}, 2, "-5MiB"},
      {{"--memory", "plenty"}, 2, "plenty"},
      {{"--memory", "101%"}, 2, "101%"},
      {{"--memory", "5MiB", "--workers", "0"}, 2, "1 to 1024"},
      {{"--memory", "5MiB", "--workers", "1025"}, 2, "1025"},
      {{"--cpu", "0"}, 2, "--cpu"},
      {{"--cpu", "101%"}, 2, "101%"},
      {{"--memory", "5MiB", "--wrokers", "4"}, 2, "did you mean --workers"},
      {{"--memory", "5MiB", "--when-oom", "never"}, 2, "stressorFirst"},
      {{"--memory", "5MiB", "--oom-score-adj", "1001"}, 2, "1000"},
      {{"--memory", "5MiB", "--for", "0s"}, 2, "--for"},
      {{"--memory", "5MiB", "--for", "soon"}, 2, "soon"},
      {{"--memory", "5MiB", "-o", "xml"}, 2, "jsonl"},
      {{"--memory", "5MiB", "--memory", "6MiB"}, 2, "twice"},
      {{"--memory", "50%", "--percent-of", "request"}, 2, "request"},
      {{"--memory"}, 2, "value is missing"},
      {{}, 2, "no load"},
      {{"--memory", "5MiB", "--pid", "4711"}, 2, "two targets"},
      {{"--memory", "50%", "--percent-of", "limit"}, 3, "memory limit"},
      {{"--cpu", "50%", "--cpu-percent-of", "limit"}, 3, "CPU limit"},
      {{"--memory", "900GiB"}, 3, "guard"},
      {{"--memory", "5MiB", "--at-most", "0"}, 2, "--at-most"},
      {{"--memory", "5MiB", "--at-most", "4MiB"}, 3, "4 MiB may be held at most"},
  };
  for (const Case& test : cases) {
    const Refused got = on_target(test.words);
    EXPECT_EQ(got.code, test.code) << test.says << ": " << got.errors;
    EXPECT_THAT(got.errors, HasSubstr(test.says));
  }
}

TEST_F(Refusal, SaysEverythingThatIsWrongAtOnce) {
  const Refused got = on_target({"--memory", "x", "--workers", "0", "--cpu", "500"});
  EXPECT_EQ(got.code, 2);
  EXPECT_THAT(got.errors, AllOf(HasSubstr("--memory"), HasSubstr("--workers"), HasSubstr("--cpu")));
}

TEST(RefusedTarget, NoneRootInitKernelThreadOwnAndGone) {
  EXPECT_THAT(run({"--memory", "1MiB"}).errors, HasSubstr("no target"));
  EXPECT_EQ(run({"--cgroup", "/", "--memory", "1MiB"}).code, 3);
  EXPECT_THAT(run({"--pid", "1", "--memory", "1MiB"}).errors, HasSubstr("init"));
  EXPECT_EQ(run({"--pid", "1", "--memory", "1MiB"}).code, 3);
  EXPECT_THAT(run({"--pid", "2", "--memory", "1MiB"}).errors, HasSubstr("kernel thread"));
  EXPECT_EQ(run({"--pid", "4194303", "--memory", "1MiB"}).code, 3);
  EXPECT_EQ(run({"--pid", "nobody", "--memory", "1MiB"}).code, 2);
  EXPECT_THAT(run({"--container", "feedfacefeed", "--memory", "1MiB"}).errors,
              HasSubstr("no container"));
  EXPECT_EQ(run({"--cgroup", "duress-no-such", "--memory", "1MiB"}).code, 3);
  EXPECT_EQ(run({"--cgroup", "a/../../b", "--memory", "1MiB"}).code, 3);
}

TEST(RefusedTarget, DuresssOwnCgroup) {
  Cgroup cgroup;
  Duress duress({"run", "--cgroup", cgroup.path(), "--memory", "1MiB"}, &cgroup);
  EXPECT_EQ(duress.process().wait(), 3);
  EXPECT_THAT(duress.process().errors(), HasSubstr("holds this very process"));
}

TEST(RefusedTarget, AFrozenOne) {
  Cgroup cgroup;
  App app(cgroup, {});
  cgroup.freeze(true);
  const Refused got = run({"--cgroup", cgroup.path(), "--memory", "1MiB"});
  cgroup.freeze(false);
  EXPECT_EQ(got.code, 3);
  EXPECT_THAT(got.errors, HasSubstr("frozen"));
}

TEST(RefusedTarget, OneWhosePidsLimitIsTooLow) {
  if (!is_v2()) GTEST_SKIP() << "v1 workers do not join the pids tree";
  Cgroup cgroup;
  App app(cgroup, {});
  ASSERT_TRUE(cgroup.write("pids.max", "3"));
  const Refused got = run({"--cgroup", cgroup.path(), "--memory", "10MiB", "--workers", "4"});
  EXPECT_EQ(got.code, 3);
  EXPECT_THAT(got.errors, HasSubstr("pids limit of 3"));
}

TEST_F(Refusal, OfAManifestNamesTheFieldsPath) {
  Refused got = manifest(stress_chaos("    memory:\n      workers: 0\n      size: 5MiB\n"));
  EXPECT_EQ(got.code, 2);
  EXPECT_THAT(got.errors, HasSubstr("spec.stressors.memory.workers"));
  got = manifest(stress_chaos("    memory:\n      workers: 1\n      sise: 5MiB\n"));
  EXPECT_THAT(got.errors, AllOf(HasSubstr("sise"), HasSubstr("size")));
  got = manifest("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n");
  EXPECT_EQ(got.code, 2);
  EXPECT_THAT(got.errors, HasSubstr("StressChaos"));
  got = manifest(stress_chaos("    memory: {workers: 1, size: 5MiB}\n") + "---\n" +
                 stress_chaos("    memory: {workers: 1, size: 5MiB}\n"));
  EXPECT_EQ(got.code, 2);
}

TEST_F(Refusal, OfABombABlobOrAHugeFileIsQuickAndShort) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i) bomb += (i == 0 ? "*" : ",*") + before;
    bomb += "]\n";
  }
  std::string blob(4096, '\0');
  for (std::size_t i = 0; i < blob.size(); ++i) blob[i] = static_cast<char>(i * 37);
  for (const std::string& text :
       {bomb, blob, std::string(10 << 20, 'a'), std::string(100'000, '['), std::string()}) {
    const auto start = std::chrono::steady_clock::now();
    const Refused got = manifest(text);
    EXPECT_EQ(got.code, 2) << got.errors.substr(0, 200);
    EXPECT_LT(got.errors.size(), 1000U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, patience(std::chrono::seconds(2)));
  }
}

TEST_F(Refusal, DryRunPrintsThePlanAndTouchesNothing) {
  cgroup_.limit_memory(500 * kMiB);
  Duress duress({"run", "--cgroup", cgroup_.path(), "--memory", "3000MiB", "--dry-run",
                 "--when-oom", "avoid"});
  EXPECT_EQ(duress.process().wait(), 0);
  EXPECT_THAT(
      duress.process().output(),
      AllOf(HasSubstr("500 MiB"), HasSubstr("nothing was touched"), HasSubstr(cgroup_.path())));
  EXPECT_EQ(cgroup_.processes().size(), 1U);
}

TEST(CommandLine, HelpAndUnknownSubcommands) {
  Duress help({"run", "--help"});
  EXPECT_EQ(help.process().wait(), 0);
  EXPECT_THAT(help.process().output(),
              AllOf(HasSubstr("--memory"), HasSubstr("--when-oom"), HasSubstr("Exit codes")));
  Duress unknown({"rnu"});
  EXPECT_EQ(unknown.process().wait(), 2);
  EXPECT_THAT(unknown.process().errors(), HasSubstr("did you mean run"));
}

// setpriv takes the right away for good; --swappable needs none.
TEST(MissingRight, ToLockMemoryIsNamedWithTheWayOut) {
  Cgroup cgroup;
  App app(cgroup, {});
  const auto without_the_right = [&cgroup](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"/usr/bin/setpriv", "--bounding-set=-ipc_lock",
                                      "--inh-caps=-ipc_lock", Duress::program()};
    for (const std::string& word : run_on(cgroup, more)) words.push_back(word);
    return words;
  };
  Process refused(without_the_right({"--memory", "10MiB", "--for", "60s"}), nullptr);
  EXPECT_EQ(refused.wait(), 3);
  EXPECT_THAT(refused.errors(), AllOf(HasSubstr("CAP_IPC_LOCK"), HasSubstr("--swappable")));
  Process swappable(
      without_the_right({"--memory", "10MiB", "--swappable", "--for", "1s", "--no-record"}),
      nullptr);
  EXPECT_EQ(swappable.wait(), 0) << swappable.errors();
}

TEST(Quiet, PrintsNothingWhereNothingIsWrong) {
  Cgroup cgroup;
  App app(cgroup, {});
  Process run({Duress::program(), "run", "--cgroup", cgroup.path(), "--memory", "10MiB", "--for",
               "1s", "--quiet", "--no-record"},
              nullptr);
  EXPECT_EQ(run.wait(), 0);
  EXPECT_EQ(run.output(), "");
  EXPECT_EQ(run.errors(), "");
}

}  // namespace
}  // namespace duress::testing
