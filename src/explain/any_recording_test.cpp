#include "explain/any_recording_test.h"

#include <limits>
#include <string>

namespace duress::explain::testing {

namespace {

class AnyRecording final {
 public:
  explicit AnyRecording(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  observe::Recording make() {
    observe::Recording out;
    out.header.target = text();
    out.header.cgroup = text();
    out.header.cgroup_version = below(4);
    out.header.node_cpus = static_cast<int>(figure());
    out.header.node_total = size();
    out.header.kernel_log = flag();
    out.complete = flag();
    out.events_left_out = flag() ? figure() : 0;
    if (!out.complete) out.damage = text();
    if (flag()) {
      cgroup::Level level{};
      level.path = text();
      level.limit = maybe_size();
      out.header.levels.push_back(level);
    }
    if (flag()) out.plan = plan();
    if (flag()) out.foretold = foretold();
    if (flag()) out.end = end();
    while (!bytes_.empty() && out.looks.size() + out.events.size() < kMost) {
      flag() ? out.looks.push_back(look()) : out.events.push_back(event());
    }
    return out;
  }

 private:
  static constexpr std::size_t kMost = 2000;

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t out = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return out;
  }
  bool flag() { return (byte() & 1U) != 0; }
  int below(int n) { return byte() % n; }
  std::int64_t figure() {
    switch (const std::uint8_t kind = byte(); kind % 16) {
      case 0:
        return std::numeric_limits<std::int64_t>::max();
      case 1:
        return std::numeric_limits<std::int64_t>::min();
      case 2:
        return -1;
      default:
        return std::int64_t{byte()} << (kind / 16 * 4U);
    }
  }
  Bytes size() { return flag() ? mib(std::int64_t{byte()} * 4) : Bytes{figure()}; }
  std::optional<Bytes> maybe_size() { return flag() ? std::optional(size()) : std::nullopt; }
  Duration time() { return flag() ? std::chrono::milliseconds(100 * byte()) : Duration(figure()); }
  std::string text() {
    static const char* const kWords[] = {
        "",  "liveness",      "startup", "node",  "/a/b",          "/a",
        "/", "duress-memory", "natural", "avoid", "stressorFirst", "liveness probe failed"};
    const int choice = below(16);
    if (choice < 12) return kWords[choice];
    std::string out;
    for (int left = below(40); left > 0; --left) out += static_cast<char>(byte());
    return out;
  }
  observe::LoadPlan plan() {
    observe::LoadPlan out;
    out.memory = maybe_size();
    out.reach = flag();
    out.when_oom = text();
    if (flag()) out.cpu = Cores{static_cast<double>(figure()) / 8};
    return out;
  }
  observe::Foretold foretold() {
    static const char* const kAnswers[] = {"safe", "oom", "oomApplication", "cannotReach", "", "?"};
    return {.answer = kAnswers[below(6)], .victim = text(), .group = flag(), .sentence = text()};
  }
  observe::LoadEnd end() {
    static const char* const kReasons[] = {"deadline",       "signal", "targetEnded",
                                           "stressorKilled", "guard",  "heldUp",
                                           "failed",         "",       "?"};
    return {.reason = kReasons[below(8)], .message = text(), .kills = figure()};
  }
  observe::Look look() {
    observe::Look out;
    out.at = time();
    out.memory.usage = size();
    out.memory.refaults = figure();
    out.memory.major_faults = figure();
    out.limit = maybe_size();
    out.workers = size();
    out.cpu = std::chrono::nanoseconds(figure());
    out.periods = figure();
    out.throttled_periods = figure();
    out.throttled = std::chrono::nanoseconds(figure());
    if (flag()) {
      out.memory_pressure = {.some = std::chrono::microseconds(figure()),
                             .full = std::chrono::microseconds(figure())};
    }
    out.oom_kills = figure();
    out.processes = byte();
    out.node_available = size();
    out.asked = maybe_size();
    out.held = maybe_size();
    return out;
  }
  observe::Event event() {
    observe::Event out;
    out.at = time();
    out.kind =
        static_cast<observe::EventKind>(below(static_cast<int>(observe::kLastEventKind) + 1));
    out.subject = text();
    out.text = text();
    out.pid = static_cast<pid_t>(figure());
    out.ours = flag();
    out.bytes = maybe_size();
    if (flag()) out.code = static_cast<int>(figure());
    out.cgroup = text();
    out.resident = maybe_size();
    for (int left = below(3); left > 0; --left) {
      out.members.push_back({.pid = byte(), .name = text(), .ours = flag()});
    }
    return out;
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace

observe::Recording any_recording(std::span<const std::uint8_t> bytes) {
  return AnyRecording(bytes).make();
}

}  // namespace duress::explain::testing
