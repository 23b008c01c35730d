// Options that only stress-ng understands: the real one runs, in the target, under the same
// supervisor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>

#include "world.h"

namespace duress::testing {
namespace {

std::string write_manifest(const std::string& spec) {
  const std::string path = "/tmp/duress-it-" + std::to_string(::getpid()) + ".yaml";
  std::ofstream(path)
      << "apiVersion: chaos-mesh.org/v1alpha1\nkind: StressChaos\nmetadata: {name: x}\nspec:\n"
      << "  mode: all\n  selector: {namespaces: [a]}\n"
      << spec;
  return path;
}

bool no_stressng() {
  return processes_named("stress-ng").empty() && processes_named("stress-ng-vm").empty();
}

TEST(StressNg, RunsItsOwnOptionsInTheTargetAndEndsWithTheRun) {
  Cgroup cgroup;
  App app(cgroup, {});
  const std::string manifest = write_manifest(
      "  stressors:\n    memory: {workers: 1, size: 60MiB, options: [\"--vm-hang 0\", "
      "--vm-populate]}\n");
  Duress duress(run_on(cgroup, {"-f", manifest, "--for", "600s"}));
  EXPECT_TRUE(wait_until([&] { return cgroup.anon() > 60 * kMiB; }, std::chrono::seconds(20)))
      << duress.process().errors() << duress.process().output();
  EXPECT_THAT((*duress.last("plan"))["program"].dump(), ::testing::HasSubstr("--vm-hang"));
  duress.process().signal(SIGINT);
  EXPECT_EQ(duress.process().wait(), 0);
  EXPECT_TRUE(wait_until(no_stressng));
  EXPECT_EQ(cgroup.processes(), std::vector<pid_t>{app.pid()});
  std::remove(manifest.c_str());
}

TEST(StressNg, EndsWhenTheSupervisorIsKilled) {
  Cgroup cgroup;
  App app(cgroup, {});
  const std::string manifest = write_manifest("  stressngStressors: \"--cpu 1 --cpu-load 20\"\n");
  Duress duress(run_on(cgroup, {"-f", manifest, "--for", "600s"}));
  ASSERT_TRUE(wait_until([&] { return cgroup.cpu_seconds() > 0.1; }, std::chrono::seconds(20)))
      << duress.process().errors();
  duress.process().signal(SIGKILL);
  EXPECT_TRUE(wait_until([] {
    return processes_named("stress-ng").empty() && processes_named("stress-ng-cpu").empty();
  }));
  EXPECT_TRUE(app.alive());
  std::remove(manifest.c_str());
}

TEST(StressNg, SaysThatAnOptionIsWrong) {
  Cgroup cgroup;
  App app(cgroup, {});
  const std::string manifest = write_manifest("  stressngStressors: \"--no-such-stressor 1\"\n");
  Duress duress(run_on(cgroup, {"-f", manifest, "--for", "60s"}));
  EXPECT_EQ(duress.process().wait(), 1);
  EXPECT_THAT((*duress.last("end"))["message"].get<std::string>(),
              ::testing::HasSubstr("stress-ng ended by itself"));
  std::remove(manifest.c_str());
}

}  // namespace
}  // namespace duress::testing
