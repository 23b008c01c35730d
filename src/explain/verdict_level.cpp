// Whether the load came to what was asked for, and why not; and the findings of a course in which
// nothing happened: see verdict_case.h.
#include <algorithm>

#include "explain/verdict_case.h"
#include "explain/verdict_words.h"

namespace duress::explain::judging {

namespace {

using observe::Event;
using observe::EventKind;
using observe::Look;

void add(std::vector<std::string>& to, std::string text) {
  if (!text.empty()) to.push_back(std::move(text));
}

// What may be missing without anybody calling it missing.
Bytes slack(const Facts& facts, Bytes wanted) {
  return std::max(facts.batch(), std::max(mib(1), wanted / 100));
}

// By the look's own word for `add`; by usage for a level to reach.
bool is_there(const Facts& facts, const Look& look) {
  const Bytes size = facts.wanted;
  if (facts.recording.plan->reach) return look.memory.usage + slack(facts, size) >= size;
  if (look.asked && *look.asked + slack(facts, size) < size) return false;  // the ramp
  return facts.held(look) + slack(facts, size) >= size;
}

struct Lack {
  std::string why{};  // a clause
  std::string advice{};
};

const Look* first_of_load(const Facts& facts) {
  const Look* look = facts.before(facts.load->from);
  return look != nullptr ? look : facts.after(facts.load->from);
}

// The look that shows best what held it up: of all those of the load, the last that was short.
const Look* last_short(const Facts& facts) {
  for (auto look = facts.looks.rbegin(); look != facts.looks.rend(); ++look) {
    if (facts.load->holds(look->at) && !is_there(facts, *look) && facts.held(*look).value > 0) {
      return &*look;
    }
  }
  return nullptr;
}

std::string early_end(const Facts& facts) {
  const auto& end = facts.recording.end;
  if (!end) return "the recording ends before the load does";
  if (end->reason == "signal") return "it was ended by hand";
  if (end->reason == "deadline") return "its time was over";
  return "it ended";
}

std::optional<Lack> by_ramp(const Facts& facts, const Look& look) {
  const Bytes size = facts.wanted;
  if (facts.recording.plan->reach || !look.asked) return std::nullopt;
  if (*look.asked + slack(facts, size) >= size) return std::nullopt;
  return Lack{"the ramp was not over: it had come to " + format_bytes(*look.asked) + " when " +
                  early_end(facts),
              "let the load last longer than its ramp"};
}

std::optional<Lack> by_policy(const Facts& facts, const Look& look) {
  const std::string& policy = facts.recording.plan->when_oom;
  if (policy != "avoid" && policy != "stressorFirst") return std::nullopt;
  if (!look.limit) return std::nullopt;
  // What the policy keeps free (docs/oom.md), and a little for the tripwire's own distance.
  const Bytes kept = std::max(mib(16), *look.limit * 3 / 100) + mib(16) + facts.batch();
  if (look.memory.usage + kept < *look.limit) return std::nullopt;
  return Lack{"the policy " + policy + " keeps memory free below the limit of " +
                  format_bytes(*look.limit) + ": usage stood at " +
                  of_limit(look.memory.usage, look.limit),
              "ask for less than the limit has room for, or accept what fits"};
}

std::optional<Lack> by_growth(const Facts& facts, const Look& look) {
  const Look* first = first_of_load(facts);
  if (first == nullptr || !look.limit) return std::nullopt;
  const Bytes then = facts.own(*first);
  const Bytes now = facts.own(look);
  const Bytes size = facts.wanted;
  const Bytes held = facts.held(look);
  if (now <= then || facts.recording.plan->reach) return std::nullopt;
  const Bytes missing = size > held ? size - held : Bytes{};
  const bool fitted = then + size <= *look.limit;
  if (!fitted || (now - then) * 2 < missing) return std::nullopt;
  return Lack{"the application grew meanwhile, from " + format_bytes(then) + " to " +
                  format_bytes(now) + ", and the load gave way",
              "leave room for the application's growth, or use --mode reach to hold a level "
              "whatever the application does"};
}

std::optional<Lack> by_limit(const Facts& facts, const Look& look) {
  const Look* first = first_of_load(facts);
  if (first == nullptr || !look.limit) return std::nullopt;
  const Bytes size = facts.wanted;
  const Bytes own = facts.own(*first);
  const Bytes needed = facts.recording.plan->reach ? size : own + size;
  if (needed <= *look.limit) return std::nullopt;
  const Bytes room = *look.limit > own ? *look.limit - own : Bytes{};
  return Lack{"the limit of " + format_bytes(*look.limit) + " has room for " + format_bytes(room) +
                  " beside the application's own " + format_bytes(own),
              "ask for at most " + format_bytes(room) + ", or raise the limit"};
}

std::optional<Lack> by_quota(const Facts& facts) {
  const auto rise = facts.rise(*facts.load);
  if (!rise || rise->periods < 5 || rise->throttled_periods * 2 < rise->periods) {
    return std::nullopt;
  }
  return Lack{"the target was throttled by its CPU quota in " +
                  std::to_string(rise->throttled_periods) + " of " + std::to_string(rise->periods) +
                  " periods, and near the limit filling is on its "
                  "account",
              "let the load last longer, or raise the CPU limit"};
}

std::optional<Lack> by_batch(const Facts& facts, const Look& look) {
  const Bytes size = facts.wanted;
  const Bytes there = facts.recording.plan->reach ? look.memory.usage : facts.held(look);
  if (there + facts.batch() * 2 < size) return std::nullopt;
  return Lack{"what is missing is no more than the counter's own stock (64 pages a CPU, here " +
                  format_bytes(facts.batch()) + ")",
              "no tool can be read more exactly than that"};
}

Lack lack_of(const Facts& facts) {
  const Look* look = last_short(facts);
  if (look == nullptr) {
    return {"the recording has no look at the load while it was on, and does not show why", ""};
  }
  if (auto why = by_ramp(facts, *look)) return *why;
  if (auto why = by_growth(facts, *look)) return *why;
  if (auto why = by_limit(facts, *look)) return *why;
  if (auto why = by_policy(facts, *look)) return *why;
  if (auto why = by_quota(facts)) return *why;
  if (auto why = by_batch(facts, *look)) return *why;
  const Look* earlier = facts.before(look->at - std::chrono::milliseconds(500));
  if (earlier != nullptr && facts.held(*earlier) + mib(1) < facts.held(*look)) {
    return {"it was still filling when " + early_end(facts), "let the load last longer"};
  }
  return {"why, the recording does not show", ""};
}

std::string load_words(const Facts& facts) {
  const auto& plan = facts.recording.plan;
  std::vector<std::string> words;
  if (plan && plan->memory) {
    words.push_back((plan->reach ? "a level of " : "") + format_bytes(facts.wanted));
  }
  if (plan && plan->cpu) words.push_back(decimal(plan->cpu->value, 2) + " CPU cores");
  return words.empty() ? "the load" : listed(words);
}

// What the load said on its way, such as what the quota lets it have.
void told_by_load(const Facts& facts, std::vector<std::string>& to) {
  for (const Event& event : facts.events) {
    if (event.kind == EventKind::kTold && !event.text.empty() && to.size() < 6) {
      to.push_back("the load, at " + time_of(event.at) + ": " + told(event.text));
    }
  }
}

// Cores that the target used while the load was on, against what was asked for.
Maybe cpu_not_reached(const Case& the) {
  const Facts& facts = the.facts;
  const auto& plan = facts.recording.plan;
  if (!plan || !plan->cpu || !facts.load) return std::nullopt;
  const auto rise = facts.rise(*facts.load);
  if (!rise || rise->over < std::chrono::seconds(2)) return std::nullopt;
  const double got = std::chrono::duration<double>(rise->cpu).count() /
                     std::chrono::duration<double>(rise->over).count();
  constexpr double kShort = 0.90;
  if (got >= plan->cpu->value * kShort || plan->cpu->value <= 0) return std::nullopt;
  Candidate out{.finding = Finding::kNotReached, .at = facts.load->from};
  const bool quota = rise->throttled_periods * 2 >= rise->periods && rise->periods > 0;
  out.sentence = "The CPU load was not reached: the whole target used " + decimal(got, 2) + " of " +
                 decimal(plan->cpu->value, 2) + " cores asked for; " +
                 (quota ? "its quota throttled it in " + std::to_string(rise->throttled_periods) +
                              " of " + std::to_string(rise->periods) + " periods."
                        : "its quota did not hold it up, so others had the CPUs, or its share of "
                          "them is too small.");
  out.also = "the CPU load was not reached: " + decimal(got, 2) + " of " +
             decimal(plan->cpu->value, 2) + " cores";
  out.evidence.push_back("CPU time charged to the target: " + time_of(rise->cpu) + " in " +
                         time_of(rise->over));
  told_by_load(facts, out.evidence);
  out.advice = {"raise the CPU limit or the group's weight, or ask for less"};
  return out;
}

}  // namespace

Level level_of(const Facts& facts) {
  Level out;
  out.asked = facts.memory_asked();
  if (!out.asked || !facts.load) return out;
  for (const Event& event : facts.events) {
    if (event.kind == EventKind::kLoadReached && !out.at) out.at = event.at;
  }
  for (const Look& look : facts.looks) {
    if (!out.at && facts.load->holds(look.at) && facts.held(look).value > 0 &&
        is_there(facts, look)) {
      out.at = look.at;
    }
  }
  out.reached = out.at.has_value();
  // The last second is the release's.
  const Duration until = facts.load->to - std::chrono::seconds(1);
  std::int64_t all = 0;
  std::int64_t missed = 0;
  bool first = true;
  for (const Look& look : facts.looks) {
    if (!facts.load->holds(look.at)) continue;
    out.most = std::max(out.most, facts.held(look));
    if (!out.at || look.at <= *out.at + std::chrono::seconds(1) || look.at > until) continue;
    ++all;
    if (!is_there(facts, look)) ++missed;
    out.least = first ? facts.held(look) : std::min(out.least, facts.held(look));
    first = false;
  }
  out.kept = missed * 20 <= all;
  return out;
}

Maybe not_reached(const Case& the) {
  const Facts& facts = the.facts;
  const Level level = level_of(facts);
  if (!level.asked || !facts.load) return cpu_not_reached(the);
  if (level.reached && level.kept) return cpu_not_reached(the);
  const bool seen = std::ranges::any_of(
      facts.looks, [&](const Look& look) { return facts.load->holds(look.at); });
  if (level.reached && !seen) return std::nullopt;
  Candidate out{.finding = Finding::kNotReached, .at = facts.load->from};
  const Lack lack = lack_of(facts);
  const std::string size = load_words(facts);
  const std::string most = format_bytes(level.most);
  if (level.reached) {
    out.sentence = size + " were reached after " + time_of(*level.at) +
                   ", but not kept: at times only " + format_bytes(level.least) + " were held; ";
    out.also = "the level was reached, but not kept";
  } else {
    out.sentence = size + " were not reached: at most " + most + " were held; ";
    out.also = "the level was not reached: at most " + most + " of " + size;
  }
  out.sentence = sentence(out.sentence + lack.why);
  if (const Look* look = last_short(facts)) {
    out.evidence.push_back(
        "at " + time_of(look->at) + ": " + std::string(facts.sources.usage) + " " +
        of_limit(look->memory.usage, look->limit) + ", Duress's part " +
        format_bytes(facts.held(*look)) +
        (look->asked ? " of " + format_bytes(*look->asked) + " asked for then" : std::string()));
  }
  told_by_load(facts, out.evidence);
  add(out.evidence, end_told(facts));
  add(out.advice, lack.advice);
  return out;
}

Maybe limit_changed(const Case& the) {
  const Facts& facts = the.facts;
  std::vector<const Event*> changes;
  for (const Event& event : facts.events) {
    if (event.kind == EventKind::kLimitChanged) changes.push_back(&event);
  }
  if (changes.empty()) return std::nullopt;
  const Event& first = *changes.front();
  const Look* before = facts.before(first.at - std::chrono::nanoseconds(1));
  Candidate out{.finding = Finding::kLimitChanged, .at = first.at};
  const auto size = [](std::optional<Bytes> limit) {
    return limit ? format_bytes(*limit) : std::string("none");
  };
  out.also = "the memory limit was changed " + times(static_cast<std::int64_t>(changes.size())) +
             ", first to " + size(first.bytes) + " after " + time_of(first.at);
  out.sentence = "The memory limit was changed on the way, after " + time_of(first.at) +
                 (before != nullptr ? " from " + size(before->limit) : std::string()) + " to " +
                 size(changes.back()->bytes) +
                 (changes.size() > 1 ? ", in " + std::to_string(changes.size()) + " steps" : "") +
                 ", and nobody was killed for it.";
  for (const Event* change : changes) {
    if (out.evidence.size() == 3) break;
    out.evidence.push_back(std::string(facts.sources.limit) + ": " + size(change->bytes) +
                           " since " + time_of(change->at) +
                           (change->text.empty() ? "" : " (" + told(change->text) + ")"));
  }
  add(out.evidence, usage_at(facts, facts.last));
  out.advice = {"a percentage of the limit follows such a change; a size does not"};
  return out;
}

Candidate nothing_wrong(const Case& the) {
  const Facts& facts = the.facts;
  Candidate out{.finding = Finding::kFine, .severity = Severity::kGood};
  if (facts.looks.empty() && facts.events.empty() && !facts.recording.end) {
    out.finding = Finding::kUnknown;
    out.severity = Severity::kNotice;
    out.sentence = "What happened cannot be told: the recording holds no look and no event.";
    return out;
  }
  Bytes peak{};
  const Look* top = nullptr;
  for (const Look& look : facts.looks) {
    if (top == nullptr || look.memory.usage > peak) top = &look;
    peak = top->memory.usage;
  }
  const std::string height =
      top != nullptr ? "usage rose to " + of_limit(top->memory.usage, top->limit) + " at most"
                     : "usage was not recorded";
  if (!facts.recording.plan && !facts.recording.end) {
    out.finding = Finding::kRecorderOnly;
    out.sentence = "Nothing was asked for and nothing went wrong in " + time_of(facts.last) + ": " +
                   height + ", and nobody was killed.";
  } else if (!facts.load) {
    out.finding = Finding::kUnknown;
    out.severity = Severity::kNotice;
    out.sentence = "Whether " + load_words(facts) +
                   " came about cannot be told: the recording shows no load; nobody was killed.";
  } else {
    const auto& end = facts.recording.end;
    const std::string why = end && end->reason == "signal" ? ", until it was ended by hand" : "";
    out.sentence = "Nothing went wrong: " + load_words(facts) + " were held for " +
                   time_of(facts.load->length()) + why + "; " + height + ", and nobody was killed.";
  }
  if (top != nullptr) {
    out.evidence.push_back(std::string(facts.sources.usage) + ": " +
                           of_limit(top->memory.usage, top->limit) + " at " + time_of(top->at) +
                           ", of which Duress held " + format_bytes(facts.held(*top)));
    out.evidence.push_back(std::string(facts.sources.kills) + " did not rise");
  }
  add(out.evidence, end_told(facts));
  return out;
}

}  // namespace duress::explain::judging
