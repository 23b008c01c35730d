// Pods of a rehearsal on the real kernel: where their processes are, what limits them, how they end
// and begin again. Runs on the cgroup v1 host and, unchanged, in the cgroup-v2 machine.
#include <unistd.h>

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rehearse_scene.h"
#include "world.h"

namespace duress::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string control(const std::string& cgroup, const std::string& tree, const std::string& file) {
  std::string text = slurp("/sys/fs/cgroup" + (is_v2() ? "" : "/" + tree) + cgroup + "/" + file);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

spec::Container limited(spec::Container container) {
  container.resources.limits = {mib(64), Cores{0.5}};
  container.resources.requests = {mib(32), Cores{0.25}};
  return container;
}

TEST(Rehearsal, PutsAContainerWhereAKubeletWouldWithItsLimits) {
  Scene scene({a_pod("web", limited(a_container("app", {"sleep", "1000"})))});
  ASSERT_TRUE(scene.until([&] { return scene.starts == 1; })) << scene.story();
  const auto& app = scene.container();
  EXPECT_THAT(app.cgroup, HasSubstr("/kubepods/burstable/pod" + scene.pod().uid + "/" + app.id));
  EXPECT_EQ(app.id.size(), 64U);
  ASSERT_GT(app.pid, 0);
  EXPECT_EQ(control(app.cgroup, "memory", "cgroup.procs"), std::to_string(app.pid));
  const std::string pod = scene.pod().cgroup;
  if (is_v2()) {
    EXPECT_EQ(control(app.cgroup, "", "memory.max"), std::to_string(mib(64).value));
    EXPECT_EQ(control(pod, "", "memory.max"), std::to_string(mib(64).value));
    EXPECT_EQ(control(app.cgroup, "", "cpu.max"), "50000 100000");
    EXPECT_EQ(control(app.cgroup, "", "cpu.weight"), "35");
    EXPECT_EQ(control(app.cgroup, "", "memory.oom.group"), "1");
    EXPECT_EQ(control(pod, "", "memory.oom.group"), "0");
  } else {
    EXPECT_EQ(control(app.cgroup, "memory", "memory.limit_in_bytes"),
              std::to_string(mib(64).value));
    EXPECT_EQ(control(pod, "memory", "memory.limit_in_bytes"), std::to_string(mib(64).value));
    EXPECT_EQ(control(app.cgroup, "cpu", "cpu.cfs_quota_us"), "50000");
    EXPECT_EQ(control(app.cgroup, "cpu", "cpu.shares"), "256");
    EXPECT_EQ(control(app.cgroup, "cpu", "cgroup.procs"), std::to_string(app.pid));
    EXPECT_EQ(control(app.cgroup, "pids", "cgroup.procs"), std::to_string(app.pid));
  }
  EXPECT_EQ(slurp("/proc/" + std::to_string(app.pid) + "/oom_score_adj"), "999\n");
  EXPECT_TRUE(scene.pod().ready);
  EXPECT_EQ(scene.pod().phase, rehearse::Phase::kRunning);
  EXPECT_THAT(slurp("/run/duress/rehearse-" + std::to_string(::getpid()) + "/names.json"),
              HasSubstr("\"" + app.id +
                        "\":{\"container\":\"app\",\"namespace\":\"default\","
                        "\"pod\":\"web\"}"));
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, GivesAContainerASystemOfItsOwn) {
  constexpr const char* kLook =
      "echo pid $$$$; hostname; cat /etc/hosts; ls /dev; ls /proc | grep -c '^[0-9]'; "
      "grep Cap /proc/self/status; ls -l /proc/self/fd | wc -l; cat /proc/self/cgroup; "
      "mount | grep -c duress; touch /sys/x; (echo 1 >/proc/sys/vm/swappiness) 2>&1; "
      "ls /sys/fs/cgroup; echo $FOO; pwd; id -u";
  spec::Container app = a_container("app", {"sh", "-c", kLook});
  app.environment.push_back({"FOO", std::string("bar")});
  app.working_directory = "/usr";
  spec::Pod pod = a_pod("web-0", app);
  pod.restart_policy = spec::RestartPolicy::kNever;
  Scene scene({pod});
  ASSERT_TRUE(scene.until([&] { return scene.rehearsal().all_done(); })) << scene.story();
  const std::string said = scene.rehearsal().output(0, 0);
  SCOPED_TRACE(said);
  EXPECT_THAT(said, HasSubstr("pid 1\nweb-0\n"));
  EXPECT_THAT(said, HasSubstr(scene.pod().ip + "\tweb-0\n"));
  EXPECT_THAT(said, HasSubstr("CapEff:\t00000000a80425fb"));
  EXPECT_THAT(said, HasSubstr("touch: cannot touch '/sys/x': Read-only file system"));
  EXPECT_THAT(said, HasSubstr("cannot create /proc/sys/vm/swappiness"));
  EXPECT_THAT(said, HasSubstr("bar\n/usr\n0\n"));
  EXPECT_THAT(said, Not(HasSubstr("duress-rehearse")));
  EXPECT_EQ(scene.pod().phase, rehearse::Phase::kSucceeded);
  EXPECT_EQ(scene.container().reason, "Completed");
  EXPECT_THAT(scene.end(), IsEmpty());
}

spec::Probe http_probe(int port, int failures = 3) {
  spec::Probe out;
  out.how = spec::HttpGet{.port = port};
  out.period = std::chrono::seconds(1);
  out.failure_threshold = failures;
  return out;
}

TEST(Rehearsal, RestartsAContainerThatFailsItsLivenessProbe) {
  spec::Container app = limited(a_container("hello", {answerer(), "8080", "2"}));
  app.liveness = http_probe(8080, 2);
  Scene scene({a_pod("web", app)});
  ASSERT_TRUE(scene.until([&] { return scene.starts == 2; })) << scene.story();
  const std::string url = "http://" + scene.pod().ip + ":8080/";
  EXPECT_TRUE(scene.saw("Unhealthy",
                        "Liveness probe failed: Get \"" + url +
                            "\": context deadline exceeded (Client.Timeout exceeded while awaiting "
                            "headers)"))
      << scene.story();
  EXPECT_TRUE(scene.saw("Killing", "Container hello failed liveness probe, will be restarted"));
  EXPECT_TRUE(scene.saw("Started", "Started container hello"));
  ASSERT_EQ(scene.terminations.size(), 1U);
  EXPECT_EQ(scene.terminations[0].exit_code, 3);
  EXPECT_EQ(scene.terminations[0].reason, "Error");
  EXPECT_EQ(scene.terminations[0].killed_for, "liveness");
  EXPECT_EQ(scene.container().restarts, 1);
  EXPECT_EQ(scene.container().last->exit_code, 3);
  EXPECT_EQ(
      control(scene.pod().cgroup, is_v2() ? "" : "cpu", is_v2() ? "cpu.max" : "cpu.cfs_quota_us"),
      is_v2() ? "50000 100000" : "50000");
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, ReportsAContainerThatEatsItsLimitAsOomKilledAndBacksOff) {
  spec::Container app = limited(a_container("hog", {answerer(), "eat", "200"}));
  Scene scene({a_pod("web", app)}, {.back_off_factor = 20});
  ASSERT_TRUE(scene.until([&] { return scene.terminations.size() == 2; })) << scene.story();
  EXPECT_EQ(scene.terminations[0].reason, "OOMKilled");
  EXPECT_EQ(scene.terminations[0].exit_code, 137);
  EXPECT_GE(scene.terminations[0].oom_kills, 1);
  ASSERT_TRUE(scene.until([&] { return scene.container().reason == "CrashLoopBackOff"; }));
  EXPECT_EQ(
      scene.container().message,
      "back-off 500ms restarting failed container=hog pod=web_default(" + scene.pod().uid + ")");
  EXPECT_TRUE(scene.saw("BackOff", "Back-off restarting failed container hog in pod web_default("));
  ASSERT_TRUE(scene.until([&] { return scene.terminations.size() == 3; }));
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, LetsTwoReplicasServeOnOnePort) {
  spec::Container app = a_container("app", {answerer(), "80"});
  app.user = 1000;
  app.readiness = http_probe(80);
  Scene scene({a_pod("web-1", app), a_pod("web-2", app)});
  ASSERT_TRUE(scene.until([&] { return scene.pod(0).ready && scene.pod(1).ready; }))
      << scene.story();
  EXPECT_NE(scene.pod(0).ip, scene.pod(1).ip);
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, TellsOfAPortThatNobodyServes) {
  spec::Container app = a_container("app", {"sleep", "1000"});
  app.readiness = http_probe(8080);
  Scene scene({a_pod("web", app)});
  ASSERT_TRUE(scene.until([&] { return !scene.probes.empty(); }));
  const std::string where = scene.pod().ip + ":8080";
  EXPECT_TRUE(scene.saw("Unhealthy", "Readiness probe failed: Get \"http://" + where +
                                         "/\": dial tcp " + where +
                                         ": connect: connection refused"))
      << scene.story();
  EXPECT_FALSE(scene.pod().ready);
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, SaysWhyACommandCannotBeExecuted) {
  spec::Pod pod = a_pod("web", a_container("app", {"no-such-program"}));
  pod.containers.push_back(a_container("other", {"/etc/passwd"}));
  pod.restart_policy = spec::RestartPolicy::kNever;
  Scene scene({pod});
  ASSERT_TRUE(scene.until([&] { return scene.rehearsal().all_done(); })) << scene.story();
  EXPECT_EQ(scene.container().reason, "StartError");
  EXPECT_EQ(scene.container().last->exit_code, 128);
  EXPECT_TRUE(scene.saw("Failed", "exec: \"no-such-program\": executable file not found in $PATH"));
  EXPECT_TRUE(scene.saw("Failed", "exec: \"/etc/passwd\": permission denied"));
  EXPECT_EQ(scene.pod().phase, rehearse::Phase::kFailed);
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, RunsInitContainersInOrderAndSidecarsBesideTheOthers) {
  spec::Pod pod = a_pod("web", a_container("main", {"sh", "-c", "cat /work/log; sleep 1"}));
  pod.volumes.push_back({"work", spec::EmptyDir{}});
  pod.init_containers = {
      a_container("first", {"sh", "-c", "echo first >>/work/log"}),
      a_container("side", {"sh", "-c", "echo side >>/work/log; exec sleep 1000"}),
      a_container("last", {"sh", "-c", "sleep 0.2; echo last >>/work/log"})};
  pod.init_containers[1].sidecar = true;
  for (spec::Container& one : pod.init_containers) one.mounts.push_back({"work", "/work"});
  pod.containers[0].mounts.push_back({"work", "/work"});
  pod.restart_policy = spec::RestartPolicy::kNever;
  pod.grace = std::chrono::seconds(1);
  Scene scene({pod});
  ASSERT_TRUE(scene.until([&] { return scene.rehearsal().all_done(); })) << scene.story();
  EXPECT_EQ(scene.rehearsal().output(0, 3), "first\nside\nlast\n") << scene.story();
  EXPECT_EQ(scene.pod().phase, rehearse::Phase::kSucceeded);
  EXPECT_EQ(scene.container(1).last->exit_code,
            137);  // PID 1 takes no SIGTERM that it has no handler for
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, MountsVolumesWhereTheMachineHasNoSuchPlace) {
  spec::Container app = a_container(
      "app", {"sh", "-c",
              "echo x >/data/a/b/file; df --output=size /memory | tail -1; ls /data/a/b /host; "
              "echo y >/host/new 2>&1; ls / | grep -c .; cat /etc/deep/er/hostname; touch /made; "
              "echo z >/data/a/b/below/f; cat /data/a/b/below/f"});
  app.mounts = {{"disk", "/data/a/b", "sub/path"},
                {"memory", "/memory"},
                {"host", "/host", "", true},
                {"file", "/etc/deep/er/hostname"},
                {"memory", "/data/a/b/below"}};
  spec::Pod pod = a_pod("web", app);
  pod.volumes = {{"disk", spec::EmptyDir{}},
                 {"memory", spec::EmptyDir{true, mib(8)}},
                 {"host", spec::HostPath{"/usr/share/doc/base-files"}},
                 {"file", spec::HostPath{"/etc/hostname"}}};
  pod.restart_policy = spec::RestartPolicy::kNever;
  Scene scene({pod});
  ASSERT_TRUE(scene.until([&] { return scene.rehearsal().all_done(); })) << scene.story();
  const std::string said = scene.rehearsal().output(0, 0);
  EXPECT_THAT(said, HasSubstr("8192\n/data/a/b:\nbelow\nfile\n\n/host:\n")) << scene.story();
  EXPECT_THAT(said, HasSubstr("/host/new: Read-only file system"));
  EXPECT_THAT(said, HasSubstr(slurp("/etc/hostname")));
  EXPECT_THAT(said, HasSubstr("z\n"));
  EXPECT_NE(::access("/data", F_OK), 0);
  EXPECT_NE(::access("/etc/deep", F_OK), 0);
  EXPECT_NE(::access("/made", F_OK), 0);
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, AsksByACommandInTheContainer) {
  spec::Container app = a_container(
      "app", {"sh", "-c", "echo $$$$ >/run-here; touch /dev/shm/well; exec sleep 1000"});
  spec::Probe probe;
  probe.how = spec::Exec{{"sh", "-c", "cat /dev/shm/well && hostname && cat /proc/1/comm"}};
  probe.period = std::chrono::seconds(1);
  app.readiness = probe;
  probe.how = spec::Exec{{"sh", "-c", "echo not well; exit 4"}};
  app.liveness = probe;
  app.command[2] = "touch /dev/shm/well; exec sleep 1000";
  Scene scene({a_pod("web", app)}, {.back_off_factor = 100});
  ASSERT_TRUE(scene.until([&] { return scene.pod().ready; })) << scene.story();
  ASSERT_TRUE(scene.until([&] { return scene.saw("Unhealthy", ""); }));
  EXPECT_TRUE(scene.saw("Unhealthy", "Liveness probe failed: not well")) << scene.story();
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, EndsACommandProbeThatTakesTooLong) {
  spec::Container app = a_container("app", {"sleep", "1000"});
  spec::Probe probe;
  probe.how = spec::Exec{{"sleep", "100"}};
  probe.period = std::chrono::seconds(10);
  app.readiness = probe;
  Scene scene({a_pod("web", app)});
  ASSERT_TRUE(scene.until([&] { return !scene.probes.empty(); }));
  EXPECT_TRUE(scene.saw(
      "Unhealthy", "Readiness probe failed: command timed out: \"sleep 100\" timed out after 1s"))
      << scene.story();
  const auto in_cgroup = [&] {
    return control(scene.container().cgroup, "memory", "cgroup.procs") ==
           std::to_string(scene.container().pid);
  };
  EXPECT_TRUE(scene.until(in_cgroup));
  EXPECT_THAT(scene.end(), IsEmpty());
}

// What a container starts and lets go of stays in it, and ends with it.
TEST(Rehearsal, KeepsDaemonsInTheContainer) {
  spec::Container app = a_container(
      "app", {"sh", "-c", "(setsid sh -c 'sleep 777 & exit' &) ; sleep 0.3; echo; exec sleep 0.2"});
  spec::Pod pod = a_pod("web", app);
  pod.restart_policy = spec::RestartPolicy::kNever;
  Scene scene({pod});
  ASSERT_TRUE(scene.until([&] { return !scene.rehearsal().output(0, 0).empty(); }));
  const std::string inside = control(scene.container().cgroup, "memory", "cgroup.procs");
  EXPECT_GE(std::ranges::count(inside, '\n'), 1) << inside;
  ASSERT_TRUE(scene.until([&] { return scene.rehearsal().all_done(); }));
  EXPECT_THAT(scene.end(), IsEmpty());
}

TEST(Rehearsal, EndsByForceWhatIgnoresItsSignal) {
  spec::Container app = a_container("app", {testapp(), "--ignore-term", "1"});
  spec::Container hooked = a_container("hooked", {testapp()});
  hooked.pre_stop = spec::Exec{{"sh", "-c", "echo hook >/proc/1/fd/1"}};
  spec::Pod pod = a_pod("web", app);
  pod.containers.push_back(hooked);
  pod.grace = std::chrono::seconds(1);
  Scene scene({pod});
  ASSERT_TRUE(scene.until([&] {
    return scene.rehearsal().output(0, 0) == "ready\n" &&
           scene.rehearsal().output(0, 1) == "ready\n";
  }));
  EXPECT_THAT(scene.end(std::chrono::seconds(1)), IsEmpty());
  ASSERT_EQ(scene.terminations.size(), 2U) << scene.story();
  EXPECT_EQ(scene.terminations[0].exit_code, 0);
  EXPECT_EQ(scene.terminations[1].exit_code, 137);
  EXPECT_THAT(scene.rehearsal().output(0, 1), HasSubstr("hook"));
  EXPECT_TRUE(scene.saw("Killing", "Stopping container app"));
}

TEST(Rehearsal, OutlivesAForkBombWithinItsLimit) {
  spec::Container app = limited(a_container("app", {"sh", "-c", "b() { b | b & }; b; sleep 1000"}));
  Scene scene({a_pod("web", app)}, {.back_off_factor = 100});
  // It may never end by itself: the kernel kills one of hundreds, seldom the first.
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(scene.until([&] {
    const std::string all = control(scene.container().cgroup, "memory", "cgroup.procs");
    const auto lasted = std::chrono::steady_clock::now() - begun;
    return !scene.terminations.empty() ||
           (std::ranges::count(all, '\n') > 50 && lasted > std::chrono::seconds(2));
  })) << scene.story();
  EXPECT_THAT(scene.end(std::chrono::seconds(0)), IsEmpty());
}

}  // namespace
}  // namespace duress::testing
