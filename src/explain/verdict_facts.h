// What a recording shows, put in order for judging: looks and events by time, figures within
// sense, counters that go on where a new cgroup began at nothing, and the load's own time. It draws
// no conclusion. A value; it refers to the recording, which must outlive it. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "explain/verdict_sources.h"
#include "observe/recording.h"

namespace duress::explain::judging {

// A stretch of time; both ends belong to it.
struct Span {
  Duration from{0};
  Duration to{0};
  [[nodiscard]] bool holds(Duration at) const { return at >= from && at <= to; }
  [[nodiscard]] Duration length() const { return to > from ? to - from : Duration(0); }
};

// What counters rose by over a span.
struct Rise {
  Duration over{0};
  std::chrono::nanoseconds cpu{0};
  std::int64_t periods = 0;
  std::int64_t throttled_periods = 0;
  std::chrono::nanoseconds throttled{0};
  std::int64_t refaults = 0;  // pages
  std::int64_t major_faults = 0;
  std::int64_t oom_kills = 0;
  std::optional<std::chrono::microseconds> memory_some{};
  std::optional<std::chrono::microseconds> memory_full{};
};

struct Facts {
  const observe::Recording& recording;
  std::vector<observe::Look> looks{};
  std::vector<observe::Event> events{};
  Sources sources{};
  std::string target{};        // as a sentence says it
  Duration last{0};            // of anything that was recorded
  std::optional<Span> load{};  // from the first sign of the load to its end, or the recording's
  bool load_ended = false;     // its end was recorded
  bool workers_seen = false;   // the looks know the workers' own memory
  Bytes wanted{};              // in all, or the level to reach; nothing where none was asked for

  [[nodiscard]] bool memory_asked() const { return recording.plan && recording.plan->memory; }
  // The last look at or before that time, the first at or after it.
  [[nodiscard]] const observe::Look* before(Duration at) const;
  [[nodiscard]] const observe::Look* after(Duration at) const;
  // What Duress held in the target, and what the application had without it.
  [[nodiscard]] Bytes held(const observe::Look& look) const;
  [[nodiscard]] Bytes own(const observe::Look& look) const;
  // Between the looks nearest to the span's ends; unset with fewer than two of them.
  [[nodiscard]] std::optional<Rise> rise(Span span) const;
  // What a reading may be high by: the stock that each CPU keeps (64 pages each).
  [[nodiscard]] Bytes batch() const;
};

[[nodiscard]] Facts gather(const observe::Recording& recording);

// The kernel's default of `evictionHard`, memory.available (pkg/kubelet/apis/config/v1beta1).
inline constexpr Bytes kEviction = mib(100);

}  // namespace duress::explain::judging
