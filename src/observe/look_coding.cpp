#include "observe/look_coding.h"

#include <algorithm>
#include <limits>

namespace duress::observe {

namespace {

using Fields = LookCoding::Fields;
using std::chrono::microseconds;

constexpr std::uint64_t kPage = 4096;

// Bits of the record's first byte: which of the optional figures there are.
enum Given : std::uint8_t {
  kKernel = 1U << 0U,
  kSwap = 1U << 1U,
  kLimit = 1U << 2U,
  kMemoryPressure = 1U << 3U,
  kCpuPressure = 1U << 4U,
  kAsked = 1U << 5U,
  kHeld = 1U << 6U,
  kUnknown = 1U << 7U,
};

// Places in Fields, and bits of the mask of changes: what changes often stands first, so that a
// look at an idle target has a short mask.
enum Place : std::uint8_t {
  kUsage,
  kAnon,
  kNode,
  kCpu,
  kHeldBytes,
  kPeriods,
  kInactiveFile,
  kActiveFile,
  kKernelBytes,
  kThrottledPeriods,
  kThrottled,
  kAskedBytes,
  kWorkers,
  kMemorySome,
  kMemoryFull,
  kCpuSome,
  kCpuFull,
  kLimitHits,
  kOomKills,
  kProcesses,
  kShmem,
  kRefaults,
  kMajorFaults,
  kLimitBytes,
  kSwapBytes,
};
static_assert(kSwapBytes + 1 == LookCoding::kFields);

constexpr std::uint64_t kSizes = 1U << kUsage | 1U << kAnon | 1U << kNode | 1U << kHeldBytes |
                                 1U << kInactiveFile | 1U << kActiveFile | 1U << kKernelBytes |
                                 1U << kAskedBytes | 1U << kWorkers | 1U << kShmem |
                                 1U << kLimitBytes | 1U << kSwapBytes;

std::int64_t micros(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<microseconds>(time).count();
}

// A damaged number must not overflow as nanoseconds.
std::chrono::nanoseconds nanos(std::int64_t count) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  return microseconds(std::clamp(count, -kMost, kMost));
}

std::uint8_t given(const Look& look) {
  unsigned out = 0;
  if (look.memory.kernel) out |= kKernel;
  if (look.memory.swap) out |= kSwap;
  if (look.limit) out |= kLimit;
  if (look.memory_pressure) out |= kMemoryPressure;
  if (look.cpu_pressure) out |= kCpuPressure;
  if (look.asked) out |= kAsked;
  if (look.held) out |= kHeld;
  return static_cast<std::uint8_t>(out);
}

// An optional figure that is not there keeps its place's value, so that its coming and going costs
// nothing.
Fields fields_of(const Look& look, const Fields& before) {
  Fields out = before;
  const auto put = [&out](Place place, const std::optional<Bytes>& value) {
    if (value) out.at(place) = value->value;
  };
  out[kUsage] = look.memory.usage.value;
  out[kAnon] = look.memory.anon.value;
  out[kActiveFile] = look.memory.active_file.value;
  out[kInactiveFile] = look.memory.inactive_file.value;
  out[kShmem] = look.memory.shmem.value;
  put(kKernelBytes, look.memory.kernel);
  put(kSwapBytes, look.memory.swap);
  out[kRefaults] = look.memory.refaults;
  out[kMajorFaults] = look.memory.major_faults;
  put(kLimitBytes, look.limit);
  out[kWorkers] = look.workers.value;
  out[kCpu] = micros(look.cpu);
  out[kPeriods] = look.periods;
  out[kThrottledPeriods] = look.throttled_periods;
  out[kThrottled] = micros(look.throttled);
  if (look.memory_pressure) {
    out[kMemorySome] = look.memory_pressure->some.count();
    out[kMemoryFull] = look.memory_pressure->full.count();
  }
  if (look.cpu_pressure) {
    out[kCpuSome] = look.cpu_pressure->some.count();
    out[kCpuFull] = look.cpu_pressure->full.count();
  }
  out[kOomKills] = look.oom_kills;
  out[kLimitHits] = look.limit_hits;
  out[kProcesses] = look.processes;
  out[kNode] = look.node_available.value;
  put(kAskedBytes, look.asked);
  put(kHeldBytes, look.held);
  return out;
}

Look look_of(const Fields& fields, unsigned given) {
  const auto size = [&fields](Place place) { return Bytes{fields.at(place)}; };
  const auto maybe = [&](Given bit, Place place) {
    return (given & bit) != 0 ? std::optional(size(place)) : std::nullopt;
  };
  const auto pressure = [&](Given bit, Place some, Place full) {
    return (given & bit) != 0 ? std::optional(cgroup::Pressure{microseconds(fields.at(some)),
                                                               microseconds(fields.at(full))})
                              : std::nullopt;
  };
  Look out;
  out.memory.usage = size(kUsage);
  out.memory.anon = size(kAnon);
  out.memory.active_file = size(kActiveFile);
  out.memory.inactive_file = size(kInactiveFile);
  out.memory.shmem = size(kShmem);
  out.memory.kernel = maybe(kKernel, kKernelBytes);
  out.memory.swap = maybe(kSwap, kSwapBytes);
  out.memory.refaults = fields[kRefaults];
  out.memory.major_faults = fields[kMajorFaults];
  out.limit = maybe(kLimit, kLimitBytes);
  out.workers = size(kWorkers);
  out.cpu = nanos(fields[kCpu]);
  out.periods = fields[kPeriods];
  out.throttled_periods = fields[kThrottledPeriods];
  out.throttled = nanos(fields[kThrottled]);
  out.memory_pressure = pressure(kMemoryPressure, kMemorySome, kMemoryFull);
  out.cpu_pressure = pressure(kCpuPressure, kCpuSome, kCpuFull);
  out.oom_kills = fields[kOomKills];
  out.limit_hits = fields[kLimitHits];
  out.processes = static_cast<int>(
      std::clamp<std::int64_t>(fields[kProcesses], 0, std::numeric_limits<int>::max()));
  out.node_available = size(kNode);
  out.asked = maybe(kAsked, kAskedBytes);
  out.held = maybe(kHeld, kHeldBytes);
  return out;
}

// Differences are taken in unsigned arithmetic: any two numbers have one.
std::int64_t difference(std::int64_t now, std::int64_t before) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(now) -
                                   static_cast<std::uint64_t>(before));
}

std::int64_t sum(std::int64_t before, std::int64_t by) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(before) +
                                   static_cast<std::uint64_t>(by));
}

// The lowest bit tells whether it counts bytes or pages; a difference has bits to spare.
void put_size(std::int64_t by, ByteWriter& out) {
  const bool pages = by % static_cast<std::int64_t>(kPage) == 0;
  const std::int64_t count = pages ? by / static_cast<std::int64_t>(kPage) : by;
  out.signed_number(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(count) << 1U | (pages ? 0U : 1U)));
}

std::int64_t take_size(ByteReader& in) {
  const std::int64_t coded = in.signed_number();
  const auto count = static_cast<std::uint64_t>(coded >> 1);
  return static_cast<std::int64_t>((coded & 1) != 0 ? count : count * kPage);
}

}  // namespace

void LookCoding::restart() { *this = LookCoding(); }

void LookCoding::encode(const Look& look, bool alone, ByteWriter& out) {
  if (alone) restart();
  const Fields now = fields_of(look, before_);
  const std::int64_t at = micros(look.at);
  const std::int64_t step = difference(at, at_);
  out.byte(given(look));
  out.signed_number(difference(step, step_));
  std::uint64_t changed = 0;
  for (std::size_t i = 0; i < kFields; ++i)
    changed |= std::uint64_t{now.at(i) != before_.at(i)} << i;
  out.number(changed);
  for (std::size_t i = 0; i < kFields; ++i) {
    if ((changed >> i & 1U) == 0) continue;
    const std::int64_t by = difference(now.at(i), before_.at(i));
    (kSizes >> i & 1U) != 0 ? put_size(by, out) : out.signed_number(by);
  }
  before_ = now;
  at_ = at;
  step_ = step;
}

std::optional<Look> LookCoding::decode(bool alone, ByteReader& in) {
  if (alone) restart();
  const unsigned bits = in.byte();
  step_ = sum(step_, in.signed_number());
  at_ = sum(at_, step_);
  const std::uint64_t changed = in.number();
  if ((bits & kUnknown) != 0 || changed >> kFields != 0) return std::nullopt;
  for (std::size_t i = 0; i < kFields; ++i) {
    if ((changed >> i & 1U) == 0) continue;
    before_.at(i) =
        sum(before_.at(i), (kSizes >> i & 1U) != 0 ? take_size(in) : in.signed_number());
  }
  if (!in.ok() || in.left() != 0) return std::nullopt;
  Look out = look_of(before_, bits);
  out.at = nanos(at_);
  return out;
}

}  // namespace duress::observe
