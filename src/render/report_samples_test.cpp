#include "render/report_samples_test.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace duress::render {

namespace {

using observe::Event;
using observe::EventKind;
using observe::Look;
using observe::Recording;
using std::chrono::milliseconds;

constexpr double kStep = 0.1;  // seconds between two looks

std::chrono::nanoseconds after(double seconds) {
  return std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
}

// One course: an application with its cache and a load, advanced look by look.
class Maker {
 public:
  explicit Maker(std::string target) {
    observe::Header& header = out_.header;
    header.began = WallTime{std::chrono::seconds{1784721600}};
    header.duress_version = "0.1.0";
    header.target = std::move(target);
    header.container_id = "4f1d0c5e9a7b4f1d0c5e9a7b4f1d0c5e9a7b4f1d0c5e9a7b4f1d0c5e9a7b4f1d";
    header.cgroup =
        "/kubepods/burstable/pod1f6a2f34-7c1e-4f7a-9a53-0b8fd7e2c911/" + header.container_id;
    header.cgroup_version = 1;
    header.kernel = "6.1.0-28-cloud-amd64";
    header.node_total = gib(8);
    header.node_cpus = 2;
    header.qos_class = "Burstable";
    header.kernel_log = true;
    cgroup::Level level;
    level.path = header.cgroup;
    level.limit = mib(500);
    header.levels = {level};
    out_.complete = true;
    limit_ = mib(500);
  }

  Recording& recording() { return out_; }
  [[nodiscard]] double now() const { return now_; }

  Maker& asks(Bytes memory, int workers) {
    out_.plan = observe::LoadPlan{};
    out_.plan->memory = memory;
    out_.plan->workers = workers;
    out_.plan->when_oom = "natural";
    out_.header.command = {"duress",
                           "run",
                           "--container",
                           "4f1d0c5e9a7b",
                           "--memory",
                           std::to_string(memory.value / 1024 / 1024) + "MiB",
                           "--memory-workers",
                           std::to_string(workers),
                           "--for",
                           "1m"};
    return *this;
  }

  Event& event(EventKind kind, std::string subject = {}, std::string text = {}) {
    Event event;
    event.at = after(now_);
    event.kind = kind;
    event.subject = std::move(subject);
    event.text = std::move(text);
    out_.events.push_back(event);
    return out_.events.back();
  }

  void kill(const std::string& name, pid_t pid, bool ours, Bytes resident, int adj) {
    Event& kill = event(EventKind::kOomKill, name);
    kill.pid = pid;
    kill.ours = ours;
    kill.bytes = mib(500);
    kill.resident = resident;
    kill.oom_score_adj = adj;
    kill.cgroup = out_.header.cgroup;
    ++oom_kills_;
  }

  // A look, and the time on.
  void look() {
    Look look;
    look.at = after(now_);
    const Bytes wanted{static_cast<std::int64_t>(app * 1048576.0)};
    look.workers = {static_cast<std::int64_t>(held * 1048576.0)};
    look.memory.active_file = mib(6);
    look.memory.inactive_file = {static_cast<std::int64_t>(cache * 1048576.0)};
    look.memory.anon = wanted + look.workers;
    look.memory.kernel = mib(3);
    look.memory.usage =
        look.memory.anon + look.memory.active_file + look.memory.inactive_file + mib(3);
    if (limit_) look.memory.usage = std::min(look.memory.usage, *limit_);
    look.limit = limit_;
    cpu_ += cores * kStep;
    throttled_ += kept_off * kStep;
    throttled_periods_ += kept_off > 0.02 ? 1 : 0;
    look.cpu = after(cpu_);
    look.throttled = after(throttled_);
    look.periods = quota ? static_cast<std::int64_t>(std::lround(now_ / kStep)) : 0;
    look.throttled_periods = throttled_periods_;
    waited_ += waiting * kStep;
    if (pressure) {
      const auto some = std::chrono::duration_cast<std::chrono::microseconds>(after(waited_));
      look.memory_pressure = cgroup::Pressure{some / 8, some / 20};
      look.cpu_pressure = cgroup::Pressure{some, some / 3};
    }
    look.oom_kills = oom_kills_;
    look.processes = processes;
    look.node_available = gib(6) - look.memory.usage;
    if (asked) look.asked = asked;
    if (asked) look.held = look.workers;
    out_.looks.push_back(look);
    now_ += kStep;
  }

  void pass(double seconds) {
    for (const double until = now_ + seconds - 1e-9; now_ < until;) {
      app += 0.35 * std::sin(now_ * 1.3) * kStep;
      look();
    }
  }

  void end(const std::string& reason, const std::string& message, std::int64_t kills) {
    event(EventKind::kLoadEnded, "", message);
    observe::LoadEnd end;
    end.reason = reason;
    end.message = message;
    end.usage_before = out_.looks.front().memory.usage;
    end.usage_after = end.usage_before;
    end.kills = kills;
    out_.end = end;
    asked = {};
  }

  void limit(std::optional<Bytes> limit) { limit_ = limit; }

  double app = 62;  // MiB
  double cache = 18;
  double held = 0;
  double cores = 0.05;
  double kept_off = 0;  // by the quota, in cores
  double waiting = 0;
  bool quota = false;
  bool pressure = false;
  int processes = 2;
  std::optional<Bytes> asked{};

 private:
  Recording out_;
  std::optional<Bytes> limit_{};
  double now_ = 0;
  double cpu_ = 0;
  double throttled_ = 0;
  double waited_ = 0;
  std::int64_t throttled_periods_ = 0;
  std::int64_t oom_kills_ = 0;
};

void start_load(Maker& maker, Bytes asked, int workers) {
  maker.event(EventKind::kLoadStarted);
  maker.asked = asked;
  maker.processes += workers;
  for (int i = 0; i < workers; ++i) {
    Event& came = maker.event(EventKind::kProcessCame, "duress-memory");
    came.pid = 4100 + i;
    came.ours = true;
  }
}

}  // namespace

Recording calm_sample() {
  Maker maker("hello-kubernetes-7d4b9c-x2x7p/web");
  maker.asks(mib(50), 4).pass(4);
  start_load(maker, mib(50), 4);
  for (int i = 0; i < 8; ++i) {
    maker.held += 6.25;
    maker.look();
  }
  maker.event(EventKind::kLoadReached, "", "50 MiB are held");
  maker.pass(58);
  maker.end("deadline", "the time that was asked for is over", 0);
  maker.held = 0;
  maker.pass(6);
  observe::Foretold foretold;
  foretold.answer = "safe";
  foretold.sentence = "50 MiB fit below the limit of 500 MiB: 361 MiB would stay free.";
  maker.recording().foretold = foretold;
  return maker.recording();
}

Recording sawtooth_sample() {
  Maker maker("hello-kubernetes-7d4b9c-x2x7p/web");
  maker.asks(mib(3000), 4).pass(5);
  start_load(maker, mib(3000), 4);
  constexpr int kills = 23;
  for (int kill = 0; kill < kills; ++kill) {
    const double slope = 14 + 5 * std::sin(kill * 1.7);
    while (maker.app + maker.held + maker.cache < 480) {
      maker.cache = std::max(1.0, maker.cache - 0.6);
      maker.held += slope;
      maker.cores = 0.3;
      maker.look();
    }
    maker.kill("duress-memory", 4100 + kill, true, mib(104 + kill % 5), 1000);
    maker.held *= 0.74 - 0.2 * (kill % 3 == 0);
    if (kill == 15) {
      maker.kill("node", 2201, false, mib(58), 988);
      maker.app = 11;
      maker.event(EventKind::kProcessWent, "node").pid = 2201;
    }
    maker.app = std::min(62.0, maker.app + 6);
  }
  maker.pass(2);
  maker.end("deadline", "the time that was asked for is over", kills);
  maker.held = 0;
  maker.cores = 0.04;
  maker.pass(8);
  observe::Foretold foretold;
  foretold.answer = "oom";
  foretold.victim = "duress-memory";
  foretold.sentence =
      "3000 MiB do not fit below the limit of 500 MiB: the OOM killer comes at 412 MiB, and takes "
      "duress-memory.";
  maker.recording().foretold = foretold;
  return maker.recording();
}

Recording liveness_sample() {
  Maker maker("hello-kubernetes-7d4b9c-x2x7p/web");
  maker.asks(mib(3000), 4).pass(6);
  start_load(maker, mib(3000), 4);
  for (int i = 0; i < 24; ++i) {
    maker.held = std::min(404.0, maker.held + 24);
    maker.look();
  }
  for (int failure = 0; failure < 3; ++failure) {
    maker.waiting = 0.8;
    maker.cores = 0.9;
    maker.pass(10);
    maker.event(EventKind::kProbeFailed, "liveness",
                "Get \"http://10.244.0.7:8080/\": context deadline exceeded");
  }
  maker.pass(1.5);
  maker.event(EventKind::kContainerEnded, "web").code = 137;
  maker.end("targetEnded", "the container ended, and the load with it", 0);
  maker.held = 0;
  maker.app = 0;
  maker.cache = 2;
  maker.cores = 0;
  maker.pass(2.2);
  maker.event(EventKind::kContainerRestarted, "web");
  for (int i = 0; i < 60; ++i) {
    maker.app = std::min(60.0, maker.app + 3);
    maker.cores = i < 25 ? 0.7 : 0.05;
    maker.look();
  }
  maker.event(EventKind::kProbePassed, "liveness");
  maker.pass(9);
  return maker.recording();
}

Recording throttled_sample() {
  Maker maker("shop/checkout-5b8f7d9c6-tq8lz/api");
  maker.recording().header.cgroup_version = 2;
  maker.recording().header.qos_class = "Guaranteed";
  maker.recording().plan = observe::LoadPlan{};
  maker.recording().plan->cpu = Cores{0.4};
  maker.recording().header.command = {"duress", "run", "--container", "4f1d0c5e9a7b",
                                      "--cpu",  "0.4", "--for",       "45s"};
  maker.quota = true;
  maker.pressure = true;
  maker.app = 140;
  const auto run = [&](double seconds, double load) {
    for (int i = 0; i < static_cast<int>(seconds / kStep); ++i) {
      const double wanted =
          load + 0.22 + 0.12 * std::sin(maker.now() * 0.9) + 0.05 * std::sin(maker.now() * 7.3);
      maker.cores = std::min(0.5, wanted);
      maker.kept_off = std::max(0.0, wanted - 0.5) * 1.4;
      maker.waiting = maker.kept_off > 0 ? 0.35 + maker.kept_off : 0.02;
      maker.look();
    }
  };
  run(8, 0);
  maker.event(EventKind::kLoadStarted);
  run(45, 0.4);
  maker.end("deadline", "the time that was asked for is over", 0);
  run(10, 0);
  return maker.recording();
}

Recording hostile_sample() {
  const std::string evil = "</script><img src=x onerror=alert(1)>";
  Maker maker("<b>" + evil);
  maker.asks(mib(50), 1).pass(3);
  observe::Header& header = maker.recording().header;
  header.cgroup = "/a\"b'c&d/" + evil;
  header.command = {"duress", "run", "--cgroup", header.cgroup + "\n\x01\xff"};
  header.kernel = "6.1 \xE2\x80\xAE txt";
  maker.event(EventKind::kProcessCame, evil, "<!--<script>").pid = 7;
  maker.pass(2);
  maker.kill(evil, 7, false, mib(3), 0);
  maker.event(EventKind::kTold, "", "</style></title><svg onload=alert(2)>" + evil);
  maker.event(EventKind::kNoted, "", std::string("nul \0 \x1b[31m \xC3", 13));
  maker.pass(1);
  maker.end(evil, evil, 0);
  return maker.recording();
}

Recording long_sample(int hours, int looks_a_second) {
  Maker maker("batch/night-run-0/worker");
  maker.asks(mib(200), 2).pass(2);
  start_load(maker, mib(200), 2);
  maker.held = 200;
  Recording& out = maker.recording();
  maker.look();
  const Look pattern = out.looks.back();
  const std::int64_t looks = static_cast<std::int64_t>(hours) * 3600 * looks_a_second;
  const auto step = std::chrono::nanoseconds{1000000000LL / looks_a_second};
  std::uint64_t random = 1;
  for (std::int64_t i = 0; i < looks; ++i) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    Look look = pattern;
    look.at = pattern.at + step * i;
    const auto noise = static_cast<std::int64_t>(random >> 38U);  // below 64 MiB
    look.memory.usage += Bytes{noise};
    look.memory.anon += Bytes{noise};
    look.memory.inactive_file += Bytes{(noise / 3) % 7000000};
    look.cpu += std::chrono::nanoseconds{i * 20000000LL + noise / 4};
    look.memory_pressure = cgroup::Pressure{std::chrono::microseconds{i * 900 + noise / 5000}, {}};
    out.looks.push_back(look);
    if (i % 700 == 0) {
      Event event;
      event.at = look.at;
      event.kind = i % 1400 == 0 ? EventKind::kOomKill : EventKind::kProbeFailed;
      event.subject = i % 1400 == 0 ? "worker" : "readiness";
      event.text = "Get \"http://10.244.0.7:8080/\": context deadline exceeded";
      event.pid = static_cast<pid_t>(1000 + i / 1400);
      event.ours = true;
      out.events.push_back(event);
    }
  }
  return out;
}

std::vector<std::pair<std::string, Recording>> samples() {
  return {{"calm", calm_sample()},
          {"sawtooth", sawtooth_sample()},
          {"liveness", liveness_sample()},
          {"throttled", throttled_sample()},
          {"hostile", hostile_sample()}};
}

}  // namespace duress::render
