// What a run tells of itself once a second: see engine.h.
#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "stress/engine.h"
#include "stress/engine_ids.h"

namespace duress::stress {

namespace {

using std::chrono::seconds;

constexpr auto kShortPatience = seconds(2);
constexpr auto kAttribution = std::chrono::milliseconds(500);
constexpr double kShortBy = 0.01;  // of a core

std::string cores(double value) {
  char text[32];
  (void)std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

}  // namespace

// Once a worker was asked for more than the target can give, the user is told what is possible.
void Engine::tell_shortfall() {
  if (told_shortfall_) return;
  const Instant now = sight_.now;
  std::string what;
  if (memory_ && memory_->capped() && memory_->settled()) {
    what = "held " + format_bytes(memory_->charged()) + " of " + format_bytes(memory_->asked(now)) +
           ": no more than " + format_bytes(*setting_.plan.memory->most) + " may be held here";
  } else if (memory_ && memory_->yielding() && memory_->settled()) {
    const auto limit = cgroup::effective_limit(sight_.levels);
    what = "held " + format_bytes(memory_->charged()) + " of " + format_bytes(memory_->asked(now)) +
           (limit ? ": the limit is " + format_bytes(limit->limit) : std::string());
  } else if (cpu_ && setting_.plan.cpu->load.mode == spec::Mode::kAdd) {
    const double passed = std::chrono::duration<double>(now - last_sample_).count();
    const double got =
        std::chrono::duration<double>(cpu_->used() - sampled_load_cpu_).count() / passed;
    if (passed > 0.5 && got < cpu_->asked().value - kShortBy && world_.target.cpu) {
      what = "CPU: got " + cores(got) + " of " + cores(cpu_->asked().value) + " cores";
      if (auto limits = world_.target.cpu->limits()) {
        if (limits->quota) what += "; the quota is " + cores(limits->quota->value);
        const double sure = limits->guaranteed.value / 100.0 * setting_.observed.node_cpus;
        what +=
            "; when its siblings are busy, its share of the machine is " + cores(sure) + " cores";
      }
    }
  }
  if (what.empty()) {
    short_since_.reset();
    return;
  }
  if (!short_since_) short_since_ = now;
  if (now - *short_since_ < kShortPatience) return;
  told_shortfall_ = true;
  happened(what);
}

// The counter rises before the word of a worker's end arrives: what no worker has explained by the
// next sample was one of the target's own processes.
void Engine::attribute(std::int64_t kills) {
  if (kills <= oom_kills_explained_) {
    unexplained_since_.reset();
    return;
  }
  if (!unexplained_since_) unexplained_since_ = sight_.now;
  if (sight_.now - *unexplained_since_ < kAttribution) return;
  happened("the OOM killer took " + std::to_string(kills - oom_kills_explained_) +
           " of the target's own processes");
  oom_kills_explained_ = kills;
  unexplained_since_.reset();
}

void Engine::sample(bool last) {
  const Instant now = world_.clock.now();
  const double passed = std::chrono::duration<double>(now - last_sample_).count();
  tell_shortfall();
  if (!look() || passed <= 0) return;
  Sample out;
  out.at = now - start_;
  out.use = sight_.use;
  if (const auto limit = cgroup::effective_limit(sight_.levels)) out.limit = limit->limit;
  out.node_available = node_now_.available;
  if (world_.target.cpu) {
    if (auto cpu = world_.target.cpu->read()) cpu_now_ = *cpu;
  }
  if (sampled_target_cpu_.count() == 0) sampled_target_cpu_ = cpu_before_.usage;
  out.target_cpu.value =
      std::chrono::duration<double>(cpu_now_.usage - sampled_target_cpu_).count() / passed;
  sampled_target_cpu_ = cpu_now_.usage;
  out.throttled_periods = cpu_now_.throttled_periods - cpu_before_.throttled_periods;
  if (memory_) {
    out.asked = memory_->asked(now);
    out.held = memory_->charged();
    out.workers = memory_->alive();
    out.yielding = memory_->yielding();
    if (outcome_.reached || out.yielding) outcome_.held.add(static_cast<double>(out.held.value));
  }
  if (cpu_) {
    out.cpu_asked = cpu_->asked();
    const auto used = cpu_->used();
    out.cpu_got.value = std::chrono::duration<double>(used - sampled_load_cpu_).count() / passed;
    sampled_load_cpu_ = used;
    if (passed > 0.5) outcome_.cpu_got.add(out.cpu_got.value);
  }
  const std::int64_t kills = oom_kills();
  attribute(kills);
  out.kills = outcome_.kills;
  out.oom_kills = kills - oom_kills_before_;
  outcome_.oom_kills = out.oom_kills;
  outcome_.throttled_periods = out.throttled_periods;
  if (deadline_) out.left = std::max<Duration>(Duration(0), *deadline_ - now);
  last_sample_ = now;
  if (!last) world_.listener.sampled(out);
}

}  // namespace duress::stress
