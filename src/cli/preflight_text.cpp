#include <algorithm>

#include "base/text.h"
#include "cli/preflight_output.h"
#include "render/table.h"

namespace duress::cli {

namespace {

using explain::Contender;
using explain::Forecast;

constexpr std::size_t kMostContenders = 20;

std::string size_or(const std::optional<Bytes>& size, const char* none) {
  return size ? format_bytes(*size) : none;
}

std::string way_table(const Forecast& forecast) {
  std::vector<std::vector<std::string>> rows;
  for (const explain::Room& room : forecast.way) {
    rows.push_back({room.cgroup == "/" ? "the machine" : explain::short_path(room.cgroup),
                    format_bytes(room.usage), size_or(room.limit, "none"),
                    format_bytes(room.reclaimable), size_or(room.room, "-")});
  }
  return render::table(
      {{"level"}, {"usage", true}, {"limit", true}, {"reclaimable", true}, {"headroom", true}},
      rows);
}

std::string fate(const Forecast& forecast, const Contender& contender) {
  for (std::size_t i = 0; i < forecast.kills.size(); ++i) {
    const explain::Kill& kill = forecast.kills[i];
    const auto same = [&](const Contender& other) {
      return other.worker == contender.worker && other.pid == contender.pid;
    };
    if (same(kill.victim)) return i == 0 ? "the victim" : "kill " + std::to_string(i + 1);
    if (std::ranges::any_of(kill.killed, same))
      return kill.group ? "with the group" : "shares its memory";
  }
  if (forecast.next && forecast.next->worker == contender.worker &&
      forecast.next->pid == contender.pid) {
    return "next, if it went on";
  }
  return contender.badness ? "" : "exempt";
}

std::string contender_table(const Forecast& forecast) {
  std::vector<std::vector<std::string>> rows;
  for (const Contender& contender : forecast.contenders) {
    if (rows.size() == kMostContenders) break;
    rows.push_back({called(contender), explain::short_path(contender.cgroup),
                    format_bytes(contender.memory), std::to_string(contender.oom_score_adj),
                    contender.badness ? format_bytes(weight_of(contender)) : "-",
                    contender.badness ? std::to_string(*contender.badness) : "-",
                    fate(forecast, contender)});
  }
  std::string out = render::table({{"process"},
                                   {"cgroup"},
                                   {"memory", true},
                                   {"oom_score_adj", true},
                                   {"weight", true},
                                   {"badness", true},
                                   {"fate"}},
                                  rows);
  if (forecast.contenders.size() > rows.size()) {
    out += "and " + std::to_string(forecast.contenders.size() - rows.size()) + " lighter ones\n";
  }
  return out;
}

std::string domain_line(const Forecast& forecast) {
  const Bytes total = cgroup::kOomPage * forecast.total_pages;
  return "At that moment the processes of " +
         (forecast.domain == "/" ? std::string("the whole machine")
                                 : explain::short_path(forecast.domain) + " and below") +
         " compete. badness = resident + swapped + page tables + oom_score_adj x " +
         std::to_string(forecast.total_pages / 1000) + " pages (" + format_bytes(total) +
         " / 1000):\n";
}

std::string class_table(const explain::Consequences& consequences) {
  std::vector<std::vector<std::string>> rows;
  for (const explain::ClassRow& row : consequences.classes) {
    const bool kills = !row.forecast.kills.empty();
    const bool group = kills && row.forecast.kills.front().group;
    rows.push_back({std::string(name_of(row.qos)) + (row.now ? " (now)" : ""),
                    std::to_string(row.oom_score_adj), std::string(name_of(row.forecast.answer)),
                    kills ? called(row.forecast.kills.front().victim) : "nobody",
                    group ? "whole group" : ""});
  }
  return render::table(
      {{"QoS class"}, {"oom_score_adj", true}, {"answer"}, {"would take"}, {"and"}}, rows);
}

std::string class_text(const PreflightTold& told) {
  const explain::Consequences& consequences = *told.consequences;
  if (consequences.classes.empty()) return {};
  std::string out = "\nThe same load were the Pod of another class (a node of " +
                    format_bytes(told.observed.node_total);
  if (consequences.request) {
    out += ", a memory request of " + format_bytes(*consequences.request) +
           (consequences.request_reckoned ? ", reckoned from oom_score_adj" : "");
  }
  out += "):\n" + class_table(consequences);
  const bool kept = std::ranges::any_of(consequences.classes, [&](const explain::ClassRow& row) {
    return told.around.adj_follows && row.oom_score_adj < told.around.lowest_adj;
  });
  if (kept) {
    out += "Workers stay at " + std::to_string(told.around.lowest_adj) +
           " where the class has less: CAP_SYS_RESOURCE is missing.\n";
  }
  if (!consequences.request) {
    out += "Burstable is 1000 - 1000 x request / node's memory, 3 to 999: give --request SIZE.\n";
  }
  return out;
}

std::string list(const char* head, const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines)
    out += std::string(out.empty() ? head : "         ") + line + "\n";
  return out;
}

std::string target_line(const PreflightTold& told) {
  std::string out = "target   " + told.target.name + "  (cgroup " + told.target.path + ", " +
                    (told.target.version == cgroup::Version::kV1 ? "v1" : "v2") +
                    (told.target.init > 0 ? ", init " + std::to_string(told.target.init)
                                          : std::string(", empty")) +
                    ")\n";
  out += "class    ";
  out += told.around.qos ? std::string(name_of(*told.around.qos)) + ", by its path"
                         : std::string("not a Pod's cgroup");
  if (told.around.init_adj) out += ", oom_score_adj " + std::to_string(*told.around.init_adj);
  return out + "\n";
}

}  // namespace

std::string preflight_text(const PreflightTold& told) {
  std::string out = target_line(told);
  out += list("note     ", told.plan.notes);
  out += list("refused  ", told.plan.refusals);
  if (told.foretelling == nullptr) {
    if (!told.plan.refusals.empty()) return out;
    return out + "answer   safe: no memory is asked for, and nobody is killed for CPU time\n";
  }
  const Forecast& forecast = told.foretelling->forecast;
  out += "answer   " + forecast.sentence + "\n\n" + way_table(forecast);
  if (!forecast.contenders.empty()) {
    out += "\n" + domain_line(forecast) + contender_table(forecast);
  }
  if (forecast.oom) out += class_text(told);
  out += "\n" + list("follows  ", told.consequences->follows);
  out += list("change   ", told.consequences->advice);
  return out;
}

}  // namespace duress::cli
