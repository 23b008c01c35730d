#include "stress/guard.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace duress::stress {

namespace {

struct Kind {
  std::string_view name;
  std::string_view waits_for;
  std::optional<Percent> spec::NodePressure::* most;
  std::optional<Percent> os::PressureState::* now;
};

constexpr std::array kKinds = {
    Kind{"memory", "memory", &spec::NodePressure::memory, &os::PressureState::memory},
    Kind{"cpu", "a CPU", &spec::NodePressure::cpu, &os::PressureState::cpu},
    Kind{"io", "disks", &spec::NodePressure::io, &os::PressureState::io},
};

std::string text_of(Percent percent) { return fmt::format("{:.3g} %", percent.value); }

}  // namespace

std::optional<std::string> beyond(const spec::NodePressure& guard, const os::PressureState& now) {
  for (const Kind& kind : kKinds) {
    const auto most = guard.*kind.most;
    const auto is = now.*kind.now;
    if (!most || !is || is->value < most->value) continue;
    return "tasks of the machine waited for " + std::string(kind.waits_for) + " " + text_of(*is) +
           " of the last 10 s, no less than the guard of " + text_of(*most);
  }
  return std::nullopt;
}

std::optional<std::string> beyond(const NodeGuard& guard, const NodeNow& now) {
  if (now.available < guard.memory) {
    return "the machine has " + format_bytes(now.available) +
           " of memory left, less than the guard of " + format_bytes(guard.memory);
  }
  return beyond(guard.pressure, now.pressure);
}

std::optional<std::string> not_told(const spec::NodePressure& guard, const os::PressureState& now) {
  for (const Kind& kind : kKinds) {
    if (!(guard.*kind.most) || now.*kind.now) continue;
    return "guard: this machine's kernel does not tell how long tasks wait for " +
           std::string(kind.waits_for) + " (/proc/pressure/" + std::string(kind.name) +
           "): boot it with psi=1, or leave out the guard on the pressure";
  }
  return std::nullopt;
}

std::string words_of(const spec::NodePressure& guard) {
  std::string out;
  for (const Kind& kind : kKinds) {
    if (const auto most = guard.*kind.most)
      out += (out.empty() ? "" : ", ") + std::string(kind.name) + " " + text_of(*most);
  }
  return out;
}

}  // namespace duress::stress
