// A forecast in words: see forecast.h.
#include <algorithm>

#include "base/text.h"
#include "cgroup/parse.h"
#include "explain/forecast.h"

namespace duress::explain {

namespace {

std::string weight(const Contender& contender) {
  return contender.badness ? format_bytes(weight_of(contender)) : "exempt";
}

std::string where(const std::string& domain) { return domain == "/" ? "the machine" : domain; }

const Room* level_of(const Forecast& forecast, const std::string& cgroup) {
  const auto found = std::ranges::find(forecast.way, cgroup, &Room::cgroup);
  return found == forecast.way.end() ? nullptr : &*found;
}

std::string limit_text(const Forecast& forecast) {
  const Room* level = level_of(forecast, forecast.domain);
  if (level == nullptr || !level->limit || forecast.domain == "/") return where(forecast.domain);
  return "the limit of " + format_bytes(*level->limit) + " of " + short_path(forecast.domain);
}

std::string heaviest_other(const Forecast& forecast, bool worker) {
  for (const Contender& contender : forecast.contenders) {
    if ((contender.worker > 0) == worker) {
      return called(contender) + " weighs " + weight(contender);
    }
  }
  return {};
}

std::string comes(const Forecast& forecast) {
  if (forecast.by_growth) {
    return "with " + format_bytes(forecast.attained) +
           " of load, the application's own growth meets " + limit_text(forecast);
  }
  return "the OOM killer comes at " + format_bytes(forecast.attained) + " of the " +
         format_bytes(forecast.asked) + " asked for, at " + limit_text(forecast);
}

std::string with_it(const Kill& kill) {
  std::string names;
  std::size_t others = 0;
  for (const Contender& dead : kill.killed) {
    if (dead.worker > 0 || dead.pid == kill.victim.pid) continue;
    ++others;
    constexpr std::size_t kMostNames = 3;
    if (others <= kMostNames) names += (names.empty() ? "" : ", ") + called(dead);
    if (others == kMostNames + 1) names += " and others";
  }
  return names;
}

std::string taken(const Forecast& forecast) {
  const Kill& kill = forecast.kills.front();
  if (forecast.by_duress) {
    return "Duress ends its largest worker before the kernel would come, and nobody else dies";
  }
  std::string out = "takes " + called(kill.victim) + ", which weighs " + weight(kill.victim);
  const std::string other = heaviest_other(forecast, kill.victim.worker == 0);
  if (!other.empty()) {
    out += " (" + other + (forecast.close ? ", so close that it may be the other)" : ")");
  }
  const std::string names = with_it(kill);
  if (kill.group) {
    out += "; memory.oom.group of " + short_path(*kill.group) + " takes everything there with it" +
           (names.empty() ? "" : ": " + names);
  } else if (!names.empty()) {
    out += "; " + names + " shares its memory and dies with it";
  }
  return out;
}

std::string later(const Forecast& forecast) {
  const auto spares = [](const Kill& kill) {
    return std::ranges::all_of(kill.killed, [](const Contender& dead) { return dead.worker > 0; });
  };
  if (forecast.kills.empty() || !spares(forecast.kills.front())) return {};
  const auto first = std::ranges::find_if_not(forecast.kills, spares);
  if (first == forecast.kills.end()) return {};
  return "; kill " + std::to_string(first - forecast.kills.begin() + 1) + " takes " +
         called(first->victim);
}

std::string not_reached(const Forecast& forecast) {
  const std::string of =
      format_bytes(forecast.attained) + " of the " + format_bytes(forecast.asked) + " asked for";
  if (forecast.domain.empty()) {
    return "not reached: " + of + " can be held, the rest is kept free below the limit";
  }
  return "not reached: at " + of + " " + limit_text(forecast) +
         " is met, and nobody there can be killed: whoever asks for more is refused or waits";
}

std::string safe(const Forecast& forecast) {
  std::string out = "safe: " + format_bytes(forecast.asked) + " more bring the target from " +
                    format_bytes(forecast.usage_before) + " to " +
                    format_bytes(forecast.usage_after);
  if (forecast.oom_at) {
    out += "; the OOM killer would come at " + format_bytes(*forecast.oom_at) + " more";
  } else {
    out += "; no limit stands on the way up";
  }
  return out;
}

}  // namespace

std::string_view name_of(Answer answer) {
  switch (answer) {
    case Answer::kSafe:
      return "safe";
    case Answer::kOom:
      return "oom";
    case Answer::kOomApplication:
      return "oomApplication";
    case Answer::kCannotReach:
      return "cannotReach";
  }
  return "";
}

std::string short_path(const std::string& path) {
  constexpr std::size_t kShort = 40;
  constexpr std::size_t kShortId = 12;
  if (path.size() <= kShort) return path;
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto id = cgroup::container_id(name);
  return ".../" + (id ? id->substr(0, kShortId) : name);
}

Bytes weight_of(const Contender& contender) {
  constexpr std::int64_t kMost = INT64_MAX / cgroup::kOomPage.value;
  return cgroup::kOomPage * std::clamp(contender.badness.value_or(0), -kMost, kMost);
}

std::string called(const Contender& contender) {
  if (contender.worker > 0) return "worker " + std::to_string(contender.worker);
  return contender.name + " (" + std::to_string(contender.pid) + ")";
}

std::string sentence_of(const Forecast& forecast) {
  switch (forecast.answer) {
    case Answer::kSafe:
      return safe(forecast);
    case Answer::kCannotReach:
      return not_reached(forecast);
    case Answer::kOom:
    case Answer::kOomApplication:
      break;
  }
  if (forecast.kills.empty()) return {};
  const std::string by = forecast.by_duress   ? "; "
                         : forecast.by_growth ? ": the OOM killer "
                                              : " and ";
  return comes(forecast) + by + taken(forecast) + later(forecast);
}

observe::Foretold foretold_of(const Forecast& forecast) {
  observe::Foretold out;
  out.answer = name_of(forecast.answer);
  out.sentence = forecast.sentence;
  if (forecast.kills.empty()) return out;
  out.victim = forecast.kills.front().victim.name;
  out.group = forecast.kills.front().group.has_value();
  return out;
}

}  // namespace duress::explain
