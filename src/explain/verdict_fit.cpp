#include "explain/verdict_fit.h"

#include <algorithm>

#include "explain/verdict_words.h"

namespace duress::explain::judging {

namespace {

using observe::Event;
using observe::Look;

constexpr auto kLookBack = std::chrono::seconds(30);
// What is not worth calling held: a worker's own tables and stack.
constexpr Bytes kNothing = mib(1);
// An application that has grown by at least what Duress held, which was at most this part of the
// limit and stood still, would have filled that part as well. Above it nobody can know.
constexpr std::int64_t kSmallPart = 4;

bool load_is_on(const Facts& facts, Duration at) { return facts.load && facts.load->holds(at); }

// What the load wanted at that time: as last told, else the whole of the plan.
Bytes wanted(const Facts& facts, const Look& look, Duration at) {
  if (!facts.memory_asked() || !load_is_on(facts, at)) return {};
  if (look.asked) return *look.asked;
  if (!facts.recording.plan->reach) return facts.wanted;
  const Bytes own = facts.own(look);
  return facts.wanted > own ? facts.wanted - own : Bytes{};
}

// The load wanted more than it held and was about to take it. One that keeps memory free wants more
// all the time: it grows only while it is seen to.
bool grows(const Facts& facts, const Look& look, Duration at) {
  const Bytes want = wanted(facts, look, at);
  const Bytes held = facts.held(look);
  const Bytes slack = std::max(kNothing, want / 100) + facts.batch();
  if (held + slack >= want) return false;
  if (facts.recording.plan->when_oom != "avoid") return true;
  const Look* earlier = facts.before(look.at - std::chrono::nanoseconds(1));
  return earlier == nullptr || facts.held(*earlier) + slack < held;
}

// The least that the application had of its own in the time before.
Bytes least_before(const Facts& facts, Duration at, Bytes most) {
  Bytes least = most;
  const auto from = std::ranges::lower_bound(facts.looks, at - kLookBack, {}, &Look::at);
  for (auto look = from; look != facts.looks.end() && look->at <= at; ++look) {
    least = std::min(least, facts.own(*look));
  }
  return least;
}

// A limit that is not the target's own; an event that names none leaves it open.
bool above_target(const Facts& facts, const std::string& cgroup) {
  const std::string& own = facts.recording.header.cgroup;
  if (cgroup.empty() || own.empty() || cgroup == own) return false;
  return own.starts_with(cgroup == "/" ? cgroup : cgroup + "/");
}

std::optional<Bytes> limit_of(const Facts& facts, const Look& look, const std::string& cgroup) {
  if (!above_target(facts, cgroup)) return look.limit;
  for (const cgroup::Level& level : facts.recording.header.levels) {
    if (level.path == cgroup && level.limit && level.limit->value > 0) return level.limit;
  }
  return cgroup == "/" ? std::nullopt : look.limit;
}

Blame blame_of(const Facts& facts, const Fit& fit) {
  if (!facts.memory_asked()) return Blame::kItself;
  if (fit.load_growing) return Blame::kStress;
  if (fit.held <= kNothing) return Blame::kItself;
  if (!fit.limit) return Blame::kStress;
  if (fit.own + facts.batch() >= *fit.limit) return Blame::kItself;
  const bool small = fit.held * kSmallPart <= *fit.limit;
  return small && fit.grown >= fit.held ? Blame::kItself : Blame::kStress;
}

Fit fit(const Facts& facts, Duration at, std::optional<Bytes> told, const std::string& cgroup) {
  Fit out;
  out.load = facts.memory_asked();
  out.shared_limit = above_target(facts, cgroup);
  // Strictly before: the look of the same moment may already show what the kill freed.
  const Look* look = facts.before(at - std::chrono::nanoseconds(1));
  if (look == nullptr) {
    if (!facts.memory_asked()) out.blame = Blame::kItself;
    return out;
  }
  out.measured = true;
  out.limit = limit_of(facts, *look, cgroup);
  out.held = facts.held(*look);
  out.usage = std::max(look->memory.usage, told.value_or(Bytes{}));
  out.load_growing = grows(facts, *look, at);
  // The kernel came at this limit, so it was reached, between two looks or not.
  if (out.limit && !out.shared_limit && !out.load_growing) {
    out.usage = std::max(out.usage, *out.limit);
  }
  const Bytes measured_own = facts.own(*look);
  out.own = out.load_growing || out.shared_limit ? measured_own
            : out.usage > out.held               ? out.usage - out.held
                                                 : Bytes{};
  const Bytes least = least_before(facts, at, out.own);
  out.grown = out.own - least;
  out.blame = blame_of(facts, out);
  return out;
}

}  // namespace

Fit fit_at(const Facts& facts, const Event& kill) {
  return fit(facts, kill.at, kill.bytes, kill.cgroup);
}

Fit fit_at(const Facts& facts, Duration at) { return fit(facts, at, std::nullopt, ""); }

std::string reason_of(const Fit& fit) {
  if (!fit.measured) {
    return fit.blame == Blame::kItself
               ? "no memory load of Duress's was asked for"
               : "no look was taken before, so whether it would have fitted without the load "
                 "cannot be told";
  }
  const std::string own = format_bytes(fit.own);
  const std::string held = format_bytes(fit.held);
  const std::string limit =
      fit.limit ? "the limit of " + format_bytes(*fit.limit) : std::string("the machine's memory");
  if (fit.blame == Blame::kItself) {
    if (!fit.load) return "it reached " + limit + " with " + own;
    if (fit.held <= kNothing) {
      return "it reached " + limit + " with " + own + " of its own, while Duress held nothing";
    }
    if (fit.limit && fit.own + mib(1) >= *fit.limit) {
      return "its own " + own + " fill " + limit + " without the " + held + " that Duress held";
    }
    return "it had grown by " + format_bytes(fit.grown) + " to " + own +
           ", which would soon have filled " + limit + " without the " + held +
           " that Duress held unchanged";
  }
  if (fit.load_growing) {
    return "Duress was filling up to " + limit + ", and the application's own " + own +
           " would have fitted without it";
  }
  return "Duress held " + held + ", and without " + (fit.held == mib(1) ? "it" : "them") +
         " the application's own " + own + " would have fitted below " + limit;
}

std::string evidence_of(const Facts& facts, const Fit& fit, Duration at) {
  if (!fit.measured) return "no look at the target before " + time_of(at) + " was recorded";
  std::string out = "the look before " + time_of(at) + ": " + std::string(facts.sources.usage) +
                    " and " + std::string(facts.sources.limit) + ", ";
  out += fit.limit ? "limit " + format_bytes(*fit.limit) : std::string("no limit");
  out += ", Duress's part " + format_bytes(fit.held) +
         (facts.workers_seen ? " (resident memory of its workers)" : " (as the load told)") +
         ", the rest " + format_bytes(fit.own);
  if (fit.grown > kNothing) {
    out += ", which had grown by " + format_bytes(fit.grown) + " within 30 s";
  }
  return out;
}

}  // namespace duress::explain::judging
