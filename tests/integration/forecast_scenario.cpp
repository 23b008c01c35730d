#include "forecast_scenario.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace duress::testing {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kOwn = -2000;

int between(std::mt19937& random, int least, int most) {
  return std::uniform_int_distribution<int>(least, std::max(least, most))(random);
}

bool chance(std::mt19937& random, double part) { return std::bernoulli_distribution(part)(random); }

std::string mebibytes(int count) { return std::to_string(count) + "M"; }

// Large, on a disk, and of no use to anybody here: its page cache can be thrown out.
std::string cache_file() {
  for (const char* path : {"/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "/usr/bin/qemu-system-x86_64"}) {
    if (::access(path, R_OK) == 0) return path;
  }
  return Duress::program();
}

// Negative ones need a right that not every machine gives.
int random_adj(std::mt19937& random) {
  return can_lower_oom_score() && chance(random, 0.5) ? between(random, -999, 1000)
                                                      : between(random, 0, 1000);
}

void choose_limits(Asked& out, std::mt19937& random) {
  const int most = is_v2() ? 96 : 128;
  out.container_limit = between(random, 32, most);
  if (chance(random, 0.5)) out.pod_limit = between(random, 40, most);
  if (out.pod_limit > 0 && chance(random, 0.3)) out.container_limit = 0;
  out.container_group = is_v2() && chance(random, 0.4);
  out.pod_group = is_v2() && chance(random, 0.2);
  out.beside_group = is_v2() && chance(random, 0.3);
}

void choose_apps(Asked& out, std::mt19937& random) {
  const int limit = std::min(out.container_limit > 0 ? out.container_limit : 1000,
                             out.pod_limit > 0 ? out.pod_limit : 1000);
  const int count = between(random, 1, 5);
  const bool alike = chance(random, 0.6);  // then the sizes decide
  const int common = random_adj(random);
  int left = limit * 7 / 10 - count * 2;
  for (int i = 0; i < count; ++i) {
    AppAsked app;
    app.beside = i > 0 && chance(random, 0.25);
    app.hold = between(random, 1, std::max(1, left / 2));
    left -= app.hold;
    if (chance(random, 0.2)) app.shm = between(random, 1, std::max(1, left / 3));
    left -= app.shm;
    // The emulated machine reads its files through another: little of it, and not often.
    if (chance(random, is_v2() ? 0.12 : 0.25)) app.cache = between(random, 1, is_v2() ? 8 : 24);
    app.adj = alike ? common : random_adj(random);
    out.apps.push_back(app);
  }
}

// The load fits well or not at all, and so does what grows: on the brink a usage that the kernel
// counts in batches decides.
void choose_load(Asked& out, std::mt19937& random) {
  int inside = 0;
  int all = 0;
  for (const AppAsked& app : out.apps) {
    all += app.hold + app.shm + 1;
    if (!app.beside) inside += app.hold + app.shm + 1;
  }
  int room = out.container_limit > 0 ? out.container_limit - inside : 1000;
  if (out.pod_limit > 0) room = std::min(room, out.pod_limit - all);
  room = std::max(2, room);
  const bool grows = chance(random, 0.3);
  const bool fits = grows || chance(random, 0.15);
  out.load = std::max(
      1, fits ? room * between(random, 20, 80) / 100 : room * between(random, 125, 300) / 100 + 4);
  out.workers = chance(random, 0.4) ? 1 : between(random, 2, 6);
  if (chance(random, 0.4)) out.adj = random_adj(random);
  if (!grows) return;
  AppAsked& app =
      out.apps[static_cast<std::size_t>(between(random, 0, static_cast<int>(out.apps.size()) - 1))];
  // One beside grows within the pod's limit only.
  if (app.beside && out.pod_limit == 0) return;
  app.grows_by = room * 2 + 8;
}

}  // namespace

std::string Asked::text() const {
  std::string out = "limit " + std::to_string(container_limit) + " pod " +
                    std::to_string(pod_limit) + (container_group ? " group" : "") +
                    (pod_group ? " podGroup" : "") + (beside_group ? " besideGroup" : "") +
                    " load " + std::to_string(load) + "/" + std::to_string(workers) + " adj " +
                    std::to_string(adj) + " apps";
  for (const AppAsked& app : apps) {
    out += " [" + std::string(app.beside ? "beside " : "") + std::to_string(app.hold) + "+" +
           std::to_string(app.shm) + "s+" + std::to_string(app.cache) + "c +" +
           std::to_string(app.grows_by) + " at " + std::to_string(app.adj) + "]";
  }
  return out;
}

Asked random_asked(std::mt19937& random) {
  Asked out;
  choose_limits(out, random);
  choose_apps(out, random);
  choose_load(out, random);
  return out;
}

KillLog::KillLog() : fd_(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
  if (fd_ >= 0) ::lseek(fd_, 0, SEEK_END);
}

KillLog::~KillLog() {
  if (fd_ >= 0) ::close(fd_);
}

void KillLog::look_at(const std::string& cgroup, const std::vector<pid_t>& applications) {
  cgroup_ = cgroup;
  applications_ = applications;
}

const std::vector<pid_t>& KillLog::killed() {
  char line[8192];
  while (true) {
    const ssize_t got = ::read(fd_, line, sizeof line - 1);
    if (got < 0 && errno == EPIPE) continue;  // lines were lost: the oldest that is left
    if (got <= 0) return killed_;
    line[got] = '\0';
    take(line);
  }
}

void KillLog::take(const std::string& line) {
  if (line.find("due to memory.oom.group set") != std::string::npos &&
      line.find("Tasks in " + cgroup_) != std::string::npos) {
    group_ = true;
  }
  const std::size_t at = line.find("Killed process ");
  if (at == std::string::npos || line.find("emory cgroup out of memory") == std::string::npos)
    return;
  const pid_t pid = std::atoi(line.c_str() + at + sizeof("Killed process ") - 1);
  const bool application = std::ranges::find(applications_, pid) != applications_.end();
  const bool worker =
      run_ > 0 && pid > run_ && line.find("(duress-memory)", at) != std::string::npos;
  if (application || worker) killed_.push_back(pid);
}

Scene::Scene(const Asked& asked) : asked_(asked) {
  pod_.pass_controllers_on();
  container_ = std::make_unique<Cgroup>(pod_, "c");
  beside_ = std::make_unique<Cgroup>(pod_, "d");
  if (asked.container_limit > 0) container_->limit_memory(asked.container_limit * kMiB);
  if (asked.pod_limit > 0) pod_.limit_memory(asked.pod_limit * kMiB);
  const auto set_group = [](const Cgroup& cgroup, bool wanted) {
    if (wanted && !cgroup.write("memory.oom.group", "1")) throw std::runtime_error("oom.group");
  };
  set_group(*container_, asked.container_group);
  set_group(*beside_, asked.beside_group);
  set_group(pod_, asked.pod_group);
  for (const AppAsked& app : asked.apps) {
    std::vector<std::string> options = {"--hold", mebibytes(app.hold), "--oom-score-adj",
                                        std::to_string(app.adj)};
    const auto add = [&options](const std::string& name, const std::string& value) {
      options.push_back(name);
      options.push_back(value);
    };
    if (app.shm > 0) add("--shm", mebibytes(app.shm));
    if (app.cache > 0) {
      add("--cache", mebibytes(app.cache));
      add("--file", cache_file());
    }
    if (app.grows_by > 0) {
      add("--at-signal", "1");
      add("--grow-to", mebibytes(app.grows_by));
      add("--rate", "2G");
    }
    apps_.push_back(std::make_unique<App>(app.beside ? *beside_ : *container_, options));
  }
}

std::vector<std::string> Scene::load_flags() const {
  std::vector<std::string> out = {"--cgroup",  container_->path(),
                                  "--memory",  std::to_string(asked_.load) + "MiB",
                                  "--workers", std::to_string(asked_.workers),
                                  "--guard",   "64MiB"};
  if (asked_.adj != kOwn) {
    out.emplace_back("--oom-score-adj");
    out.push_back(std::to_string(asked_.adj));
  }
  return out;
}

nlohmann::json Scene::preflight() {
  std::vector<std::string> words = load_flags();
  words.insert(words.begin(), {"preflight", "-o", "json"});
  for (std::size_t i = 0; i < apps_.size(); ++i) {
    const AppAsked& app = asked_.apps[i];
    if (app.grows_by == 0) continue;
    words.emplace_back("--grows");
    words.push_back(std::to_string(apps_[i]->pid()) + "=" +
                    std::to_string(app.hold + app.shm + app.grows_by + 1) + "MiB");
  }
  Duress duress(words);
  (void)duress.process().wait();
  return nlohmann::json::parse(duress.process().output(), nullptr, false);
}

bool Scene::grown() {
  for (std::size_t i = 0; i < apps_.size(); ++i) {
    if (asked_.apps[i].grows_by > 0 && !apps_[i]->said("grown")) return false;
  }
  return true;
}

void Scene::play(KillLog& log) {
  std::vector<std::string> words = load_flags();
  words.insert(words.begin(), {"run", "-o", "jsonl", "--for", "600s", "--no-record"});
  Duress duress(words);
  log.workers_after(duress.process().pid());
  const auto over = [&] { return !log.killed().empty() || !duress.process().alive(); };
  if (!wait_until([&] { return over() || duress.last("reached").has_value(); }, seconds(20)))
    return;
  if (!over()) {
    for (std::size_t i = 0; i < apps_.size(); ++i) {
      if (asked_.apps[i].grows_by > 0) apps_[i]->process().signal(SIGUSR1);
    }
    if (grown()) {
      (void)wait_until(over, milliseconds(30));
    } else {
      (void)wait_until([&] { return over() || grown(); }, seconds(20));
    }
  }
  // A group dies at once, one after the other in the log.
  if (!log.killed().empty()) (void)wait_until([] { return false; }, milliseconds(5));
  (void)log.killed();
  duress.process().signal(SIGTERM);
  (void)duress.process().wait();
}

std::vector<pid_t> Scene::applications() const {
  std::vector<pid_t> out;
  for (const auto& app : apps_) out.push_back(app->pid());
  return out;
}

bool Scene::alive(pid_t pid) {
  return std::ranges::any_of(apps_,
                             [&](const auto& app) { return app->pid() == pid && app->alive(); });
}

}  // namespace duress::testing
