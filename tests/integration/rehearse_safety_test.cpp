// What a rehearsal leaves when it is killed, and how many Pods it can run: on the real kernel.
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cgroup/target.h"
#include "rehearse/estate.h"
#include "rehearse_scene.h"
#include "world.h"

namespace duress::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// A rehearsal in a process of its own, to be killed.
class Another final {
 public:
  explicit Another(int pods) {
    int ready[2];
    if (::pipe(ready) < 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      std::vector<spec::Pod> all;
      for (int i = 0; i < pods; ++i) {
        spec::Pod pod = a_pod("web-" + std::to_string(i), a_container("app", {testapp()}));
        pod.volumes = {{"memory", spec::EmptyDir{true, mib(1)}}, {"disk", spec::EmptyDir{}}};
        pod.containers[0].mounts = {{"memory", "/memory"}, {"disk", "/disk/a"}};
        all.push_back(pod);
      }
      Scene scene(std::move(all));
      (void)scene.until([&] { return scene.starts == pods; });
      std::string cgroups;
      for (int i = 0; i < pods; ++i) {
        cgroups += scene.container(0, static_cast<std::size_t>(i)).cgroup + "\n";
      }
      (void)!::write(ready[1], cgroups.data(), cgroups.size());
      ::close(ready[1]);
      (void)scene.until([] { return false; }, std::chrono::hours(1));
      ::_exit(0);
    }
    ::close(ready[1]);
    char part[4096];
    std::string text;
    for (ssize_t got = 0; (got = ::read(ready[0], part, sizeof part)) > 0;) {
      text.append(part, static_cast<std::size_t>(got));
    }
    ::close(ready[0]);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) cgroups_.push_back(line);
  }
  Another(const Another&) = delete;
  Another& operator=(const Another&) = delete;
  ~Another() { kill(); }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::vector<std::string>& cgroups() const { return cgroups_; }

 private:
  pid_t pid_ = -1;
  std::vector<std::string> cgroups_;
};

std::string memory_tree() { return is_v2() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"; }

std::vector<std::string> made_by(pid_t pid) {
  const std::string number = std::to_string(pid);
  std::vector<std::string> out;
  for (const std::string& path :
       {memory_tree() + "/duress-rehearse-" + number, "/run/duress/rehearse-" + number,
        "/var/lib/duress/rehearse-" + number}) {
    if (::access(path.c_str(), F_OK) == 0) out.push_back(path);
  }
  return out;
}

pid_t child_named(pid_t parent, const std::string& name) {
  for (const pid_t pid : processes_named(name)) {
    const std::string status = slurp("/proc/" + std::to_string(pid) + "/status");
    if (status.find("PPid:\t" + std::to_string(parent) + "\n") != std::string::npos) return pid;
  }
  return 0;
}

std::vector<pid_t> processes_in(const std::vector<std::string>& cgroups) {
  std::vector<pid_t> out;
  for (const std::string& cgroup : cgroups) {
    std::ifstream file(memory_tree() + cgroup + "/cgroup.procs");
    for (pid_t pid = 0; file >> pid;) out.push_back(pid);
  }
  return out;
}

TEST(KilledRehearsal, LeavesNothing) {
  Another other(3);
  const pid_t pid = other.pid();
  const std::vector<pid_t> apps = processes_in(other.cgroups());
  ASSERT_THAT(apps, SizeIs(3));
  ASSERT_THAT(made_by(pid), SizeIs(3));
  const pid_t caretaker = child_named(pid, "duress-caretake");
  const pid_t runtime = child_named(pid, "duress-runtime");
  ASSERT_GT(caretaker, 0);
  ASSERT_GT(runtime, 0);
  other.kill();
  EXPECT_TRUE(wait_until([&] { return made_by(pid).empty(); }))
      << ::testing::PrintToString(made_by(pid));
  EXPECT_TRUE(wait_until([&] {
    return ::kill(caretaker, 0) < 0 && ::kill(runtime, 0) < 0 && ::kill(apps[0], 0) < 0;
  }));
  EXPECT_EQ(slurp("/proc/self/mountinfo").find("rehearse-"), std::string::npos);
}

TEST(KilledRehearsal, IsRemovedByTheNextStartWhereItsCaretakerWasKilledToo) {
  pid_t pid = 0;
  {
    Another other(2);
    pid = other.pid();
    const std::vector<pid_t> apps = processes_in(other.cgroups());
    ASSERT_THAT(apps, SizeIs(2));
    const pid_t caretaker = child_named(pid, "duress-caretake");
    ASSERT_GT(caretaker, 0);
    ::kill(caretaker, SIGKILL);
    other.kill();
    EXPECT_TRUE(wait_until([&] { return processes_in(other.cgroups()).empty(); }));
    EXPECT_THAT(made_by(pid), SizeIs(3));
  }
  const auto hierarchy = cgroup::detect({.proc = "/proc", .cgroup = ""});
  ASSERT_TRUE(hierarchy.has_value());
  const auto left = rehearse::find_leftovers("/run/duress", "/var/lib/duress", *hierarchy);
  ASSERT_TRUE(left.has_value());
  EXPECT_GE(left->size(), 1U);
  Scene next({a_pod("web", a_container("app", {testapp()}))});
  EXPECT_THAT(made_by(pid), IsEmpty());
  EXPECT_THAT(next.end(), IsEmpty());
}

TEST(Leftovers, NeverAreThoseOfALivingRehearsal) {
  Another other(1);
  const auto hierarchy = cgroup::detect({.proc = "/proc", .cgroup = ""});
  const auto left = rehearse::find_leftovers("/run/duress", "/var/lib/duress", *hierarchy);
  ASSERT_TRUE(left.has_value());
  for (const rehearse::Estate& estate : *left) {
    for (const std::string& directory : estate.directories) {
      EXPECT_EQ(directory.find(std::to_string(other.pid())), std::string::npos);
    }
  }
}

TEST(Rehearsal, SaysThatItsRuntimeWasKilledAndLeavesNothing) {
  Scene scene({a_pod("web", a_container("app", {testapp()}))});
  ASSERT_TRUE(scene.until([&] { return scene.starts == 1; }));
  const pid_t app = scene.container().pid;
  ::kill(child_named(::getpid(), "duress-runtime"), SIGKILL);
  EXPECT_THROW((void)scene.until([] { return false; }), std::runtime_error);
  EXPECT_TRUE(wait_until([app] { return ::kill(app, 0) < 0; }));
  EXPECT_THAT(scene.rehearsal().close(), IsEmpty());
  EXPECT_THAT(made_by(::getpid()), IsEmpty());
}

double cpu_seconds_of(pid_t pid) {
  const std::string stat = slurp("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream text(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) text >> skipped;
  double user = 0;
  double system = 0;
  text >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// The figures are for docs/rehearse.md; what is asserted is that all of them are well.
TEST(Rehearsal, RunsFiftyPodsAtOnce) {
  constexpr std::size_t kPods = 50;
  std::vector<spec::Pod> pods;
  for (std::size_t i = 0; i < kPods; ++i) {
    spec::Container app = a_container("app", {answerer(), "8080"});
    spec::Probe probe;
    probe.how = spec::HttpGet{.port = 8080};
    probe.period = std::chrono::seconds(1);
    app.readiness = probe;
    pods.push_back(a_pod("web-" + std::to_string(i), app));
  }
  const auto began = std::chrono::steady_clock::now();
  Scene scene(std::move(pods));
  ASSERT_TRUE(scene.until([&] { return scene.starts == kPods; }, std::chrono::seconds(60)));
  const std::chrono::duration<double> started = std::chrono::steady_clock::now() - began;
  const auto all_ready = [&] {
    return std::ranges::all_of(scene.rehearsal().state(), &rehearse::PodState::ready);
  };
  ASSERT_TRUE(scene.until(all_ready, std::chrono::seconds(60))) << scene.story();
  const pid_t runtime = child_named(::getpid(), "duress-runtime");
  const double before = cpu_seconds_of(::getpid()) + cpu_seconds_of(runtime);
  const std::size_t probes = scene.probes.size();
  (void)scene.until([] { return false; }, std::chrono::seconds(5));
  const double used = cpu_seconds_of(::getpid()) + cpu_seconds_of(runtime) - before;
  std::printf(
      "50 Pods: started in %.2f s; with a probe a second each, %.1f %% of a CPU (%zu probes)\n",
      started.count(),
      used / std::chrono::duration<double>(patience(std::chrono::seconds(5))).count() * 100,
      scene.probes.size() - probes);
  EXPECT_TRUE(all_ready());
  const auto stopped = std::chrono::steady_clock::now();
  EXPECT_THAT(scene.end(std::chrono::seconds(5)), IsEmpty());
  std::printf("50 Pods: gone after %.2f s\n",
              std::chrono::duration<double>(std::chrono::steady_clock::now() - stopped).count());
  EXPECT_THAT(made_by(::getpid()), IsEmpty());
}

}  // namespace
}  // namespace duress::testing
