// `duress top` on the real kernel: what it shows is what the cgroup's own files say beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "world.h"

namespace duress::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

nlohmann::json seen_by_top(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"top", "-o", "json"};
  words.insert(words.end(), more.begin(), more.end());
  Duress top(words);
  EXPECT_EQ(top.process().wait(patience(std::chrono::seconds(20))), 0) << top.process().errors();
  const std::string text = top.process().output();
  return nlohmann::json::accept(text) ? nlohmann::json::parse(text) : nlohmann::json::object();
}

nlohmann::json row_of(const Cgroup& cgroup) {
  const auto seen = seen_by_top({"--cgroup", cgroup.path()});
  EXPECT_THAT(seen["containers"], SizeIs(1));
  return seen["containers"].empty() ? nlohmann::json::object() : seen["containers"][0];
}

std::int64_t stat_of(const Cgroup& cgroup, const std::string& key) {
  std::istringstream lines(cgroup.read("memory.stat"));
  const std::string wanted = is_v2() ? key : "total_" + key;
  std::string name;
  std::int64_t value = 0;
  while (lines >> name >> value) {
    if (name == wanted) return value;
  }
  return -1;
}

void expect_near(const nlohmann::json& shown, std::int64_t real, const char* what) {
  EXPECT_LE(std::abs(shown.get<std::int64_t>() - real), counter_batch()) << what;
}

std::string id_of(int number) {
  const std::string text = std::to_string(number);
  return std::string(64 - text.size(), 'd') + text;
}

// A Pod as a kubelet lays it out, with a container in it.
struct Pod {
  Cgroup root;
  Cgroup kubepods{handing_on(root), "kubepods"};
  Cgroup burstable{handing_on(kubepods), "burstable"};
  Cgroup pod{handing_on(burstable), "pod1f2e3d4c-aaaa-bbbb-cccc-0123456789ab"};
  Cgroup container{handing_on(pod), id_of(::getpid())};

  static const Cgroup& handing_on(Cgroup& cgroup) {
    cgroup.pass_controllers_on();
    return cgroup;
  }
};

TEST(Top, ShowsWhatTheFilesSay) {
  Cgroup cgroup;
  cgroup.limit_memory(200 * kMiB);
  cgroup.limit_cpu(0.5);
  App app(cgroup, {"--hold", "40M"});
  ASSERT_TRUE(wait_until([&] { return app.said("ready"); }));
  const auto row = row_of(cgroup);
  const auto& memory = row["memory"];
  expect_near(memory["usageBytes"], cgroup.usage(), "usage");
  expect_near(memory["anonBytes"], stat_of(cgroup, is_v2() ? "anon" : "rss"), "anon");
  expect_near(memory["activeFileBytes"], stat_of(cgroup, "active_file"), "active");
  expect_near(memory["inactiveFileBytes"], stat_of(cgroup, "inactive_file"), "inactive");
  expect_near(memory["shmemBytes"], stat_of(cgroup, "shmem"), "shmem");
  EXPECT_EQ(
      memory["workingSetBytes"].get<std::int64_t>(),
      memory["usageBytes"].get<std::int64_t>() - memory["inactiveFileBytes"].get<std::int64_t>());
  EXPECT_GE(memory["anonBytes"].get<std::int64_t>(), 40 * kMiB);
  EXPECT_EQ(memory["duressBytes"], 0);
  EXPECT_EQ(row["limit"]["bytes"], 200 * kMiB);
  EXPECT_EQ(row["limit"]["at"], "container");
  EXPECT_EQ(row["limit"]["cgroup"], cgroup.path());
  EXPECT_EQ(row["cpu"]["quotaCores"], 0.5);
  EXPECT_EQ(row["oomKills"], cgroup.oom_kills());
  EXPECT_EQ(row["processes"], cgroup.processes().size());
  EXPECT_TRUE(row["qosClass"].is_null());
}

TEST(Top, FindsAContainerItsPodAndTheLimitOnTheWayUp) {
  Pod pod;
  pod.pod.limit_memory(300 * kMiB);
  pod.container.limit_memory(400 * kMiB);
  App app(pod.container, {"--hold", "10M"});
  ASSERT_TRUE(wait_until([&] { return app.said("ready"); }));
  const std::string names = "/tmp/duress-it-names-" + std::to_string(::getpid());
  std::filesystem::create_directories(names + "/containers/" + id_of(::getpid()));
  std::ofstream(names + "/containers/" + id_of(::getpid()) + "/config.v2.json")
      << R"({"Name":"/hello"})";
  const auto seen = seen_by_top({"--container", "hello", "--names", names});
  std::filesystem::remove_all(names);
  ASSERT_THAT(seen["containers"], SizeIs(1));
  const auto& row = seen["containers"][0];
  EXPECT_EQ(row["containerID"], id_of(::getpid()));
  EXPECT_EQ(row["container"], "hello");
  EXPECT_EQ(row["podUID"], "1f2e3d4c-aaaa-bbbb-cccc-0123456789ab");
  EXPECT_EQ(row["qosClass"], "Burstable");
  EXPECT_EQ(row["limit"]["bytes"], 300 * kMiB);
  EXPECT_EQ(row["limit"]["at"], "pod");
  EXPECT_EQ(row["limit"]["cgroup"], pod.pod.path());
}

TEST(Top, WithoutALimitTheMachinesMemoryIsIt) {
  Cgroup cgroup;
  App app(cgroup, {});
  const auto seen = seen_by_top({"--cgroup", cgroup.path()});
  EXPECT_EQ(seen["containers"][0]["limit"]["at"], "node");
  EXPECT_EQ(seen["containers"][0]["limit"]["bytes"], seen["node"]["totalBytes"]);
  EXPECT_EQ(seen["cgroupVersion"], is_v2() ? 2 : 1);
}

TEST(Top, ApplicationDuressAndCacheStandApartWhileALoadIsOn) {
  Cgroup cgroup;
  App app(cgroup, {"--hold", "30M"});
  ASSERT_TRUE(wait_until([&] { return app.said("ready"); }));
  Duress run(run_on(cgroup, {"--memory", "100MiB", "--workers", "2", "--for", "600s"}));
  ASSERT_TRUE(run.reached()) << run.process().errors();
  const auto row = row_of(cgroup);
  EXPECT_EQ(row["workers"]["memory"], 2);
  EXPECT_EQ(row["workers"]["cpu"], 0);
  const auto& memory = row["memory"];
  // Resident of the workers: what they hold, and their own few pages.
  constexpr std::int64_t kOwn = kMiB;
  EXPECT_NEAR(memory["duressBytes"].get<double>(), 100.0 * kMiB,
              static_cast<double>(kOwn + counter_batch()));
  EXPECT_GE(memory["applicationBytes"].get<std::int64_t>(), 30 * kMiB - counter_batch());
  EXPECT_LE(memory["applicationBytes"].get<std::int64_t>(), 33 * kMiB + counter_batch());
  EXPECT_EQ(memory["applicationBytes"].get<std::int64_t>() +
                memory["duressBytes"].get<std::int64_t>() +
                memory["cacheBytes"].get<std::int64_t>(),
            memory["usageBytes"].get<std::int64_t>());
}

TEST(Top, CpuOfDuressIsSeenThoughItsWorkerIsInTheCpuTreesAlone) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress run(run_on(cgroup, {"--cpu", "20%", "--for", "600s"}));
  nlohmann::json row;
  // In both looks of one call, so that it has a rate.
  ASSERT_TRUE(wait_until([&] {
    row = row_of(cgroup);
    return !row["cpu"]["duressCores"].is_null();
  }));
  EXPECT_EQ(row["workers"]["cpu"], 1);
  EXPECT_GT(row["cpu"]["duressCores"].get<double>(), 0.0);
  EXPECT_GT(row["cpu"]["usedCores"].get<double>(), 0.0);
}

TEST(Top, ThrottlingIsARateOfThePeriods) {
  Cgroup cgroup;
  cgroup.limit_cpu(0.1);
  App app(cgroup, {"--spin", "2"});
  (void)wait_until([&] { return cgroup.cpu_seconds() > 0.05; });
  const auto row = row_of(cgroup);
  EXPECT_GT(row["cpu"]["throttledPercent"].get<double>(), 0.0);
  EXPECT_GT(row["cpu"]["quotaPercent"].get<double>(), 0.0);
}

TEST(Top, ContainersThatVanishWhileItLooksAreNoError) {
  Duress top({"top", "-o", "jsonl", "--interval", "100ms", "--for", "3s"});
  bool seen_some = false;
  int rounds = 0;
  for (; !top.process().wait(std::chrono::milliseconds(1)); ++rounds) {
    Cgroup parent;
    parent.pass_controllers_on();
    Cgroup container(parent, id_of(rounds));
    App app(container, {});
    (void)wait_until([&] { return app.said("ready"); }, std::chrono::milliseconds(50));
    (void)container.remove();
  }
  EXPECT_EQ(top.process().wait(), 0) << top.process().errors();
  std::istringstream lines(top.process().output());
  for (std::string line; std::getline(lines, line);) {
    ASSERT_TRUE(nlohmann::json::accept(line)) << line;
    const auto looked = nlohmann::json::parse(line);
    for (const auto& row : looked["containers"])
      seen_some = seen_some || row["containerID"].get<std::string>().starts_with("ddd");
  }
  EXPECT_TRUE(seen_some) << rounds << " rounds";
}

TEST(Top, FewDescriptorsAreEnough) {
  Cgroup parent;
  parent.pass_controllers_on();
  std::vector<std::unique_ptr<Cgroup>> containers;
  for (int i = 0; i < 30; ++i) containers.push_back(std::make_unique<Cgroup>(parent, id_of(i)));
  Process top({"/bin/sh", "-c",
               "ulimit -n 70; exec " + Duress::program() + " top -o json --container dddd"},
              nullptr);
  EXPECT_EQ(top.wait(patience(std::chrono::seconds(20))), 0) << top.errors();
  EXPECT_THAT(nlohmann::json::parse(top.output())["containers"], SizeIs(30));
}

TEST(Top, WhatIsNotThereIsSaid) {
  Cgroup parent;
  parent.pass_controllers_on();
  const Cgroup one(parent, id_of(1));
  Duress container({"top", "--once", "--container", "no-such-container"});
  EXPECT_EQ(container.process().wait(patience(std::chrono::seconds(20))), 3);
  EXPECT_THAT(container.process().output(), HasSubstr("no-such-container"));
  Duress cgroup({"top", "--cgroup", "/no/such"});
  EXPECT_EQ(cgroup.process().wait(), 3);
  EXPECT_THAT(cgroup.process().errors(), HasSubstr("/no/such"));
  Duress root({"top", "--cgroup", "/"});
  EXPECT_EQ(root.process().wait(), 3);
  EXPECT_THAT(root.process().errors(), HasSubstr("free and top"));
}

TEST(Top, EndsInOrderAtASignal) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress top({"top", "--cgroup", cgroup.path(), "-o", "jsonl", "--interval", "200ms"});
  ASSERT_TRUE(wait_until([&] { return !top.process().output().empty(); }));
  top.process().signal(SIGINT);
  EXPECT_EQ(top.process().wait(), 0);
}

}  // namespace
}  // namespace duress::testing
