#include "explain/verdict_facts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/order.h"
#include "explain/verdict_words.h"

namespace duress::explain::judging {

namespace {

using observe::Event;
using observe::EventKind;
using observe::Look;

// Beyond these a figure is damage, not a measurement; sums of them stay far from overflow.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 56;
constexpr std::int64_t kMostCount = std::int64_t{1} << 40;
constexpr auto kLongest = std::chrono::hours(24 * 365 * 10);
constexpr auto kMostTime = std::chrono::nanoseconds(std::int64_t{1} << 60);

std::int64_t within(std::int64_t value, std::int64_t most) {
  return std::clamp<std::int64_t>(value, 0, most);
}
Bytes within(Bytes bytes) { return {within(bytes.value, kMostBytes)}; }
std::optional<Bytes> within(std::optional<Bytes> bytes) {
  if (bytes) bytes = within(*bytes);
  return bytes;
}
Duration within(Duration at) { return std::clamp<Duration>(at, Duration(0), kLongest); }
template <class Time>
Time time_within(Time time) {
  return std::clamp(time, Time(0), std::chrono::duration_cast<Time>(kMostTime));
}

Look sane(Look look) {
  look.at = within(look.at);
  look.memory.usage = within(look.memory.usage);
  look.memory.anon = within(look.memory.anon);
  look.memory.inactive_file = within(look.memory.inactive_file);
  look.memory.refaults = within(look.memory.refaults, kMostCount);
  look.memory.major_faults = within(look.memory.major_faults, kMostCount);
  look.limit = within(look.limit);
  look.workers = within(look.workers);
  look.cpu = time_within(look.cpu);
  look.periods = within(look.periods, kMostCount);
  look.throttled_periods = within(look.throttled_periods, kMostCount);
  look.throttled = time_within(look.throttled);
  look.oom_kills = within(look.oom_kills, kMostCount);
  look.node_available = within(look.node_available);
  look.asked = within(look.asked);
  look.held = within(look.held);
  if (look.memory_pressure) {
    look.memory_pressure->some = time_within(look.memory_pressure->some);
    look.memory_pressure->full = time_within(look.memory_pressure->full);
  }
  return look;
}

Event sane(Event event) {
  event.at = within(event.at);
  event.bytes = within(event.bytes);
  event.resident = within(event.resident);
  return event;
}

// The sum of what a counter rose by: where it goes back, a new cgroup began at nothing.
template <class Value, class Read>
void carry_on(std::vector<Look>& looks, Read read, Value most) {
  Value carried{};
  Value last{};
  for (Look& look : looks) {
    Value& value = read(look);
    const Value raw = value;
    carried += raw < last ? raw : raw - last;
    carried = std::min(carried, most);
    last = raw;
    value = carried;
  }
}

void carry_counters_on(std::vector<Look>& looks) {
  if (looks.empty()) return;
  using std::chrono::nanoseconds;
  const auto count = [&](auto read) { carry_on<std::int64_t>(looks, read, kMostCount); };
  const auto time = [&](auto read) { carry_on<nanoseconds>(looks, read, kMostTime); };
  count([](Look& look) -> std::int64_t& { return look.oom_kills; });
  count([](Look& look) -> std::int64_t& { return look.periods; });
  count([](Look& look) -> std::int64_t& { return look.throttled_periods; });
  count([](Look& look) -> std::int64_t& { return look.memory.refaults; });
  count([](Look& look) -> std::int64_t& { return look.memory.major_faults; });
  time([](Look& look) -> nanoseconds& { return look.cpu; });
  time([](Look& look) -> nanoseconds& { return look.throttled; });
}

std::optional<Duration> first(const Facts& facts, EventKind kind) {
  const auto found = std::ranges::find(facts.events, kind, &Event::kind);
  if (found == facts.events.end()) return std::nullopt;
  return found->at;
}

// The order of cause and effect among events of one moment, whatever order they were written in.
int rank(EventKind kind) {
  constexpr std::array<EventKind, 12> kOrder = {
      EventKind::kContainerStarted, EventKind::kLoadStarted,  EventKind::kLoadReached,
      EventKind::kLimitChanged,     EventKind::kProbePassed,  EventKind::kProbeFailed,
      EventKind::kOomKill,          EventKind::kOomGroupKill, EventKind::kContainerEnded,
      EventKind::kSupervisorKilled, EventKind::kLoadEnded,    EventKind::kContainerRestarted};
  return static_cast<int>(std::ranges::find(kOrder, kind) - kOrder.begin());
}

bool bears_load(const Look& look) {
  return look.workers.value > 0 || look.asked.value_or(Bytes{}).value > 0 ||
         look.held.value_or(Bytes{}).value > 0;
}

// From its own word, else from the first look that shows it. Without a plan there is none.
std::optional<Span> load_of(const Facts& facts) {
  if (!facts.recording.plan && !facts.recording.end) return std::nullopt;
  std::optional<Duration> from = first(facts, EventKind::kLoadStarted);
  if (!from) {
    const auto look = std::ranges::find_if(facts.looks, bears_load);
    if (look != facts.looks.end()) from = look->at;
  }
  if (!from) return std::nullopt;
  Duration to = facts.last;
  for (const Event& event : facts.events) {
    if (event.kind == EventKind::kLoadEnded && event.at >= *from) to = event.at;
  }
  return Span{*from, to};
}

std::string name_of_target(const observe::Header& header) {
  if (!header.target.empty()) return quoted(header.target, 40);
  if (!header.container_id.empty()) return "container " + quoted(header.container_id, 12);
  if (!header.cgroup.empty()) return quoted(header.cgroup);
  return "the target";
}

}  // namespace

Sources sources_of(int cgroup_version) {
  if (cgroup_version == 1) return v1_sources();
  if (cgroup_version == 2) return v2_sources();
  return {};
}

Facts gather(const observe::Recording& recording) {
  Facts facts{.recording = recording};
  facts.looks.reserve(recording.looks.size());
  for (const Look& look : recording.looks) facts.looks.push_back(sane(look));
  for (const Event& event : recording.events) facts.events.push_back(sane(event));
  put_in_order(facts.looks, &Look::at);
  put_in_order(facts.events,
               [](const Event& event) { return std::pair(event.at, rank(event.kind)); });
  carry_counters_on(facts.looks);
  facts.sources = sources_of(recording.header.cgroup_version);
  facts.target = name_of_target(recording.header);
  if (!facts.looks.empty()) facts.last = facts.looks.back().at;
  if (!facts.events.empty()) facts.last = std::max(facts.last, facts.events.back().at);
  facts.workers_seen =
      std::ranges::any_of(facts.looks, [](const Look& look) { return look.workers.value > 0; });
  if (facts.memory_asked()) facts.wanted = within(*recording.plan->memory);
  facts.load = load_of(facts);
  facts.load_ended = recording.end.has_value() || first(facts, EventKind::kLoadEnded).has_value();
  return facts;
}

const Look* Facts::before(Duration at) const {
  const auto next = std::ranges::upper_bound(looks, at, {}, &Look::at);
  return next == looks.begin() ? nullptr : &*std::prev(next);
}

const Look* Facts::after(Duration at) const {
  const auto next = std::ranges::lower_bound(looks, at, {}, &Look::at);
  return next == looks.end() ? nullptr : &*next;
}

Bytes Facts::held(const Look& look) const {
  return workers_seen ? look.workers : look.held.value_or(Bytes{});
}

Bytes Facts::own(const Look& look) const {
  const Bytes ours = held(look);
  return look.memory.usage > ours ? look.memory.usage - ours : Bytes{};
}

std::optional<Rise> Facts::rise(Span span) const {
  const Look* from = before(span.from);
  if (from == nullptr) from = after(span.from);
  const Look* to = after(span.to);
  if (to == nullptr) to = before(span.to);
  if (from == nullptr || to == nullptr || to->at <= from->at) return std::nullopt;
  Rise out{.over = to->at - from->at,
           .cpu = to->cpu - from->cpu,
           .periods = to->periods - from->periods,
           .throttled_periods = to->throttled_periods - from->throttled_periods,
           .throttled = to->throttled - from->throttled,
           .refaults = to->memory.refaults - from->memory.refaults,
           .major_faults = to->memory.major_faults - from->memory.major_faults,
           .oom_kills = to->oom_kills - from->oom_kills};
  if (from->memory_pressure && to->memory_pressure) {
    const auto rose = [](std::chrono::microseconds a, std::chrono::microseconds b) {
      return b >= a ? b - a : b;  // a new cgroup began at nothing
    };
    out.memory_some = rose(from->memory_pressure->some, to->memory_pressure->some);
    out.memory_full = rose(from->memory_pressure->full, to->memory_pressure->full);
  }
  return out;
}

Bytes Facts::batch() const {
  constexpr Bytes kPerCpu = kib(256);
  return kPerCpu * std::clamp(recording.header.node_cpus, 1, 4096);
}

}  // namespace duress::explain::judging
