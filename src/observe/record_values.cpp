#include "observe/record_values.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace duress::observe {

namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

// A record must fit its frame: of longer lists the first are kept.
constexpr std::size_t kMostWords = 256;
constexpr std::size_t kMostPayloadText = 32U << 10U;
constexpr double kCoresUnit = 1e6;

void put(const std::vector<std::string>& words, ByteWriter& out) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < std::min(words.size(), kMostWords)) {
    bytes += std::min(words[count].size(), ByteWriter::kMostText) + 3;
    if (bytes > kMostPayloadText) break;
    ++count;
  }
  out.number(count);
  for (std::size_t i = 0; i < count; ++i) out.text(words[i]);
}

std::vector<std::string> take_words(ByteReader& in) {
  std::vector<std::string> out;
  for (std::uint64_t left = in.number(); left > 0 && in.ok(); --left) out.push_back(in.text());
  return out;
}

void put(const std::optional<Bytes>& value, ByteWriter& out) {
  out.byte(value ? 1 : 0);
  if (value) out.signed_number(value->value);
}

std::optional<Bytes> take_bytes(ByteReader& in) {
  return in.byte() != 0 ? std::optional(Bytes{in.signed_number()}) : std::nullopt;
}

int take_int(ByteReader& in) {
  return static_cast<int>(std::clamp<std::int64_t>(
      in.signed_number(), std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

void put(const std::optional<int>& value, ByteWriter& out) {
  out.byte(value ? 1 : 0);
  if (value) out.signed_number(*value);
}

std::optional<int> take_optional_int(ByteReader& in) {
  return in.byte() != 0 ? std::optional(take_int(in)) : std::nullopt;
}

void put(nanoseconds time, ByteWriter& out) {
  out.signed_number(std::chrono::duration_cast<microseconds>(time).count());
}

nanoseconds take_time(ByteReader& in) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  return microseconds(std::clamp(in.signed_number(), -kMost, kMost));
}

void put(const cgroup::Level& level, ByteWriter& out) {
  out.text(level.path);
  put(level.limit, out);
  put(level.high, out);
  out.signed_number(level.usage.value);
  out.byte(level.oom_group ? 1 : 0);
  out.byte(level.oom_kill_disabled ? 1 : 0);
}

cgroup::Level take_level(ByteReader& in) {
  cgroup::Level out;
  out.path = in.text();
  out.limit = take_bytes(in);
  out.high = take_bytes(in);
  out.usage = Bytes{in.signed_number()};
  out.oom_group = in.byte() != 0;
  out.oom_kill_disabled = in.byte() != 0;
  return out;
}

}  // namespace

void encode(const Header& header, ByteWriter& out) {
  put(header.began.time_since_epoch(), out);
  out.text(header.duress_version);
  out.text(header.target);
  out.text(header.container_id);
  out.text(header.cgroup);
  out.signed_number(header.cgroup_version);
  out.text(header.kernel);
  out.signed_number(header.node_total.value);
  out.signed_number(header.node_cpus);
  out.text(header.qos_class);
  out.byte(header.kernel_log ? 1 : 0);
  const std::size_t levels = std::min<std::size_t>(header.levels.size(), 8);
  out.number(levels);
  for (std::size_t i = 0; i < levels; ++i) put(header.levels[i], out);
  put(header.command, out);
}

Header decode_header(ByteReader& in) {
  Header out;
  out.began = WallTime(take_time(in));
  out.duress_version = in.text();
  out.target = in.text();
  out.container_id = in.text();
  out.cgroup = in.text();
  out.cgroup_version = take_int(in);
  out.kernel = in.text();
  out.node_total = Bytes{in.signed_number()};
  out.node_cpus = take_int(in);
  out.qos_class = in.text();
  out.kernel_log = in.byte() != 0;
  for (std::uint64_t left = in.number(); left > 0 && in.ok(); --left)
    out.levels.push_back(take_level(in));
  out.command = take_words(in);
  return out;
}

void encode(const LoadPlan& plan, ByteWriter& out) {
  put(plan.memory, out);
  out.byte(plan.reach ? 1 : 0);
  out.text(plan.when_oom);
  out.byte(plan.cpu ? 1 : 0);
  if (plan.cpu) out.signed_number(std::llround(plan.cpu->value * kCoresUnit));
  out.signed_number(plan.workers);
  put(plan.notes, out);
}

LoadPlan decode_plan(ByteReader& in) {
  LoadPlan out;
  out.memory = take_bytes(in);
  out.reach = in.byte() != 0;
  out.when_oom = in.text();
  if (in.byte() != 0) out.cpu = Cores{static_cast<double>(in.signed_number()) / kCoresUnit};
  out.workers = take_int(in);
  out.notes = take_words(in);
  return out;
}

void encode(const Foretold& foretold, ByteWriter& out) {
  out.text(foretold.answer);
  out.text(foretold.victim);
  out.byte(foretold.group ? 1 : 0);
  out.text(foretold.sentence);
}

Foretold decode_foretold(ByteReader& in) {
  Foretold out;
  out.answer = in.text();
  out.victim = in.text();
  out.group = in.byte() != 0;
  out.sentence = in.text();
  return out;
}

void encode(const Event& event, ByteWriter& out) {
  out.byte(static_cast<std::uint8_t>(event.kind));
  put(event.at, out);
  out.text(event.subject);
  out.text(event.text);
  out.signed_number(event.pid);
  out.byte(event.ours ? 1 : 0);
  put(event.bytes, out);
  put(event.code, out);
  out.text(event.cgroup);
  put(event.resident, out);
  put(event.oom_score_adj, out);
  constexpr std::size_t most_members = 1024;
  const std::size_t members = std::min(event.members.size(), most_members);
  out.number(members);
  for (std::size_t i = 0; i < members; ++i) {
    out.signed_number(event.members[i].pid);
    out.text(event.members[i].name.substr(0, 32));
    out.byte(event.members[i].ours ? 1 : 0);
  }
}

Event decode_event(ByteReader& in) {
  Event out;
  const std::uint8_t kind = in.byte();
  out.kind = kind <= static_cast<std::uint8_t>(kLastEventKind) ? static_cast<EventKind>(kind)
                                                               : EventKind::kNoted;
  out.at = take_time(in);
  out.subject = in.text();
  out.text = in.text();
  out.pid = take_int(in);
  out.ours = in.byte() != 0;
  out.bytes = take_bytes(in);
  out.code = take_optional_int(in);
  out.cgroup = in.text();
  out.resident = take_bytes(in);
  out.oom_score_adj = take_optional_int(in);
  for (std::uint64_t left = in.number(); left > 0 && in.ok(); --left) {
    Member member;
    member.pid = take_int(in);
    member.name = in.text();
    member.ours = in.byte() != 0;
    out.members.push_back(std::move(member));
  }
  return out;
}

void encode(const LoadEnd& end, ByteWriter& out) {
  out.text(end.reason);
  out.text(end.message);
  out.signed_number(end.usage_before.value);
  out.signed_number(end.usage_after.value);
  out.signed_number(end.kills);
  put(end.left_behind, out);
}

LoadEnd decode_end(ByteReader& in) {
  LoadEnd out;
  out.reason = in.text();
  out.message = in.text();
  out.usage_before = Bytes{in.signed_number()};
  out.usage_after = Bytes{in.signed_number()};
  out.kills = in.signed_number();
  out.left_behind = take_words(in);
  return out;
}

}  // namespace duress::observe
