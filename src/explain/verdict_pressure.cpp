// What a target had to wait for without anybody being killed, as findings: see verdict_case.h.
#include <algorithm>

#include "explain/verdict_case.h"
#include "explain/verdict_words.h"

namespace duress::explain::judging {

namespace {

using observe::Look;

// Below these nobody would call it suffering; docs/explain.md names them.
constexpr double kThrottledPart = 0.05;  // of the periods
constexpr double kBadlyThrottled = 0.10;
constexpr std::int64_t kLeastPeriods = 5;
constexpr double kWorse = 1.25;           // than before the load
constexpr double kRefaultsASecond = 256;  // pages: 1 MiB/s read again
constexpr double kMajorFaultsASecond = 20;
constexpr double kWaitedPart = 0.10;  // of the time, all tasks

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

double per_second(std::int64_t count, Duration over) {
  return over.count() > 0 ? static_cast<double>(count) / seconds(over) : 0;
}

// The time that counts: that of the load, or all of it where nothing was asked for.
Span judged(const Case& the) {
  return the.facts.load ? *the.facts.load : Span{Duration(0), the.facts.last};
}

std::optional<Rise> before_load(const Case& the) {
  if (!the.facts.load) return std::nullopt;
  const Duration from = the.facts.load->from;
  const Look* last = the.facts.before(from);
  if (last == nullptr) return std::nullopt;
  return the.facts.rise({Duration(0), last->at});
}

double throttled_part(const Rise& rise) {
  return rise.periods > 0
             ? static_cast<double>(rise.throttled_periods) / static_cast<double>(rise.periods)
             : 0;
}

std::string whose_waiting(const Case& the) {
  return the.facts.memory_asked() ? " (its tasks, Duress's workers among them)" : "";
}

struct Thrash {
  double refaults = 0;
  double major_faults = 0;
  double waited = 0;  // part of the time
};

Thrash thrash_of(const Rise& rise) {
  Thrash out;
  out.refaults = per_second(rise.refaults, rise.over);
  out.major_faults = per_second(rise.major_faults, rise.over);
  if (rise.memory_full && rise.over.count() > 0) {
    out.waited = std::min(1.0, seconds(*rise.memory_full) / seconds(rise.over));
  }
  return out;
}

}  // namespace

Maybe thrashing(const Case& the) {
  const auto rise = the.facts.rise(judged(the));
  if (!rise || rise->over < std::chrono::seconds(1)) return std::nullopt;
  const Thrash now = thrash_of(*rise);
  const auto before = before_load(the);
  const Thrash then = before ? thrash_of(*before) : Thrash{};
  const bool faults = now.refaults >= std::max(kRefaultsASecond, then.refaults * kWorse) ||
                      now.major_faults >= std::max(kMajorFaultsASecond, then.major_faults * kWorse);
  const bool waited = now.waited >= std::max(kWaitedPart, then.waited * kWorse);
  if (!faults && !waited) return std::nullopt;
  Candidate out{.finding = Finding::kThrashing,
                .severity = faults ? Severity::kBad : Severity::kNotice,
                .at = judged(the).from};
  const std::string what = std::to_string(rise->refaults) +
                           " pages that had been thrown out were read "
                           "back (" +
                           decimal(now.refaults, 0) + " a second), with " +
                           std::to_string(rise->major_faults) + " major faults";
  std::string wait;
  if (rise->memory_full) {
    wait = "everything in it waited for memory for " + time_of(*rise->memory_full) + " of " +
           time_of(rise->over) + whose_waiting(the);
  }
  out.sentence = "Memory was thrashing without a kill: " +
                 (faults ? what + (waited ? ", and " + wait : std::string()) : wait) + ".";
  out.also = "memory was thrashing: " + (faults ? what : wait);
  out.evidence.push_back(std::string(the.facts.sources.stat) + ": workingset_refault rose by " +
                         std::to_string(rise->refaults) + " pages, pgmajfault by " +
                         std::to_string(rise->major_faults) + " in " + time_of(rise->over));
  if (rise->memory_full) {
    out.evidence.push_back("memory.pressure: some " + time_of(*rise->memory_some) + ", full " +
                           time_of(*rise->memory_full) + " in " + time_of(rise->over));
  } else {
    out.evidence.emplace_back("memory.pressure: not available");
  }
  if (before && then.refaults + then.major_faults > 0) {
    out.evidence.push_back("before the load: " + decimal(then.refaults, 0) + " refaults and " +
                           decimal(then.major_faults, 0) + " major faults a second");
  }
  out.advice = {
      "the application's file cache, its program among it, needs room: raise the limit, "
      "or ask for less"};
  return out;
}

Maybe throttled(const Case& the) {
  const auto rise = the.facts.rise(judged(the));
  if (!rise || rise->throttled_periods < kLeastPeriods) return std::nullopt;
  const double part = throttled_part(*rise);
  const auto before = before_load(the);
  const bool known_before = before && before->periods >= kLeastPeriods;
  const double then = known_before ? throttled_part(*before) : 0;
  if (part < std::max(kThrottledPart, then * kWorse)) return std::nullopt;
  Candidate out{.finding = Finding::kThrottled,
                .severity = part >= kBadlyThrottled ? Severity::kBad : Severity::kNotice,
                .at = judged(the).from};
  const std::string figures = std::to_string(rise->throttled_periods) + " of " +
                              std::to_string(rise->periods) + " periods (" + percent(part, 1) + ")";
  out.sentence = "The CPU quota kept the target from running in " + figures + ", " +
                 time_of(rise->throttled) + " lost in all" +
                 (known_before ? "; before the load it was in " + percent(then, 1) + " of them"
                               : std::string()) +
                 ".";
  out.also = "the CPU quota kept the target from running in " + figures;
  out.evidence.push_back(std::string(the.facts.sources.cpu) + ": nr_throttled rose by " +
                         std::to_string(rise->throttled_periods) + ", nr_periods by " +
                         std::to_string(rise->periods) + ", throttled time by " +
                         time_of(rise->throttled) + " (summed over CPUs)");
  out.evidence.push_back(
      "the target used " + time_of(rise->cpu) + " of CPU in " + time_of(rise->over) + ", " +
      decimal(seconds(rise->cpu) / seconds(rise->over), 2) + " cores" +
      (the.facts.recording.plan && the.facts.recording.plan->cpu
           ? "; the load asked for " + decimal(the.facts.recording.plan->cpu->value, 2)
           : std::string()));
  if (the.facts.load && !known_before) {
    out.evidence.emplace_back("how it was before the load, the recording does not show");
  }
  out.advice = {
      "raise the CPU limit, or ask for less CPU: whatever burns the quota stops the "
      "application until the period ends"};
  return out;
}

Maybe node_short(const Case& the) {
  const Look* least = nullptr;
  for (const Look& look : the.facts.looks) {
    if (look.node_available.value == 0) continue;  // not recorded
    if (least == nullptr || look.node_available < least->node_available) least = &look;
  }
  const Bytes total = the.facts.recording.header.node_total;
  const Bytes near = std::max(kEviction * 2, total.value > 0 ? Bytes{total.value / 50} : Bytes{});
  if (least == nullptr || least->node_available >= near) return std::nullopt;
  Candidate out{.finding = Finding::kNodeShort, .at = least->at};
  const std::string figures = format_bytes(least->node_available) +
                              (total.value > 0 ? " of " + format_bytes(total) : std::string()) +
                              " available after " + time_of(least->at);
  out.sentence = "The machine ran short of memory: it had " + figures +
                 "; a kubelet evicts Pods below " + format_bytes(kEviction) +
                 " by default, without grace.";
  out.also = "the machine ran short of memory: " + figures;
  out.evidence.push_back("MemAvailable of /proc/meminfo: least " +
                         format_bytes(least->node_available) + " at " + time_of(least->at) +
                         ", when Duress held " + format_bytes(the.facts.held(*least)) +
                         " in the target");
  if (the.facts.held(*least).value == 0) {
    out.evidence.emplace_back("Duress held nothing then: the shortage is not the load's");
  }
  out.advice = {"keep the load smaller on this machine, or set --guard above this"};
  return out;
}

}  // namespace duress::explain::judging
