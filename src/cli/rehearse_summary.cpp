#include "cli/rehearse_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "render/table.h"

namespace duress::cli {

namespace {

using nlohmann::ordered_json;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string title(const ContainerResult& one) { return one.pod + "/" + one.container; }

// What XML 1.0 has no place for becomes a question mark.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (byte < 0x20 && c != '\n' && c != '\t') {
      out += '?';
    } else {
      out += c;
    }
  }
  return is_utf8(text) ? out : quoted(out, out.size());
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out.append(out.empty() ? "" : "\n").append(line);
  return out;
}

bool died_while_stressed(const explain::Verdict& verdict) {
  using explain::Finding;
  return verdict.application_kills > 0 || verdict.finding == Finding::kGroupKilled ||
         verdict.finding == Finding::kAppOomKilledByStress ||
         verdict.finding == Finding::kAppOomKilledByItself;
}

std::string ended_text(const ContainerResult& one) {
  if (!one.exit_code) return "-";
  return one.reason + " " + std::to_string(*one.exit_code);
}

}  // namespace

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::kSurvived:
      return "survived";
    case Fate::kRestarted:
      return "restarted";
    case Fate::kKilled:
      return "killed";
    case Fate::kNeverReady:
      return "neverReady";
  }
  return "";
}

Fate fate_of(const explain::Verdict& verdict, int restarts, bool ended, bool was_ready) {
  if (died_while_stressed(verdict)) return Fate::kKilled;
  if (!was_ready) return Fate::kNeverReady;
  return restarts > 0 || ended ? Fate::kRestarted : Fate::kSurvived;
}

RehearseExit exit_code(const RehearsalResult& result) {
  if (!result.left_behind.empty()) return RehearseExit::kLeftBehind;
  if (!result.failures.empty()) return RehearseExit::kFailed;
  const auto any = [&](Fate fate) {
    return std::ranges::any_of(result.containers,
                               [fate](const ContainerResult& one) { return one.fate == fate; });
  };
  if (any(Fate::kKilled)) return RehearseExit::kKilled;
  if (any(Fate::kRestarted)) return RehearseExit::kRestarted;
  return any(Fate::kNeverReady) ? RehearseExit::kNeverReady : RehearseExit::kSurvived;
}

std::string summary_text(const RehearsalResult& result) {
  std::vector<std::vector<std::string>> rows;
  for (const ContainerResult& one : result.containers) {
    rows.push_back({title(one), std::string(name_of(one.fate)), std::to_string(one.restarts),
                    ended_text(one), format_bytes(one.peak),
                    one.limit ? format_bytes(*one.limit) : "none",
                    std::to_string(one.verdict.stressor_kills),
                    std::to_string(one.verdict.application_kills)});
  }
  std::string out = render::table({{"container", false},
                                   {"fate", false},
                                   {"restarts", true},
                                   {"last end", false},
                                   {"peak", true},
                                   {"limit", true},
                                   {"stressor killed", true},
                                   {"app killed", true}},
                                  rows);
  for (const ContainerResult& one : result.containers) {
    if (!one.stressed && one.verdict.severity == explain::Severity::kGood) continue;
    out += "\n" + title(one) + ": " + one.verdict.sentence + "\n";
    for (const std::string& line : one.verdict.evidence) out += "  - " + line + "\n";
    if (!one.verdict.foretold.empty()) out += "  " + one.verdict.foretold + "\n";
    for (const std::string& line : one.verdict.advice) out += "  Advice: " + line + "\n";
    if (!one.recording.empty()) out += "  Recording: " + one.recording + "\n";
  }
  for (const std::string& line : result.failures) out += "failed: " + line + "\n";
  for (const std::string& line : result.left_behind) out += "left behind: " + line + "\n";
  return out;
}

ordered_json summary_json(const RehearsalResult& result) {
  ordered_json containers = ordered_json::array();
  for (const ContainerResult& one : result.containers) {
    const explain::Verdict& verdict = one.verdict;
    containers.push_back(
        {{"namespace", one.ns},
         {"pod", one.pod},
         {"container", one.container},
         {"qosClass", std::string(name_of(one.qos))},
         {"oomScoreAdj", one.oom_score_adj},
         {"stressed", one.stressed},
         {"fate", std::string(name_of(one.fate))},
         {"restarts", one.restarts},
         {"lastExitCode", one.exit_code ? ordered_json(*one.exit_code) : ordered_json(nullptr)},
         {"lastReason", one.reason},
         {"peakBytes", one.peak.value},
         {"limitBytes", one.limit ? ordered_json(one.limit->value) : ordered_json(nullptr)},
         {"foretold", one.foretold.empty() ? ordered_json(nullptr) : ordered_json(one.foretold)},
         {"recording", one.recording},
         {"verdict",
          {{"finding", std::string(explain::name_of(verdict.finding))},
           {"severity", std::string(explain::name_of(verdict.severity))},
           {"sentence", verdict.sentence},
           {"evidence", verdict.evidence},
           {"stressorKills", verdict.stressor_kills},
           {"applicationKills", verdict.application_kills},
           {"sawtooth", verdict.sawtooth},
           {"asForetold",
            verdict.as_foretold ? ordered_json(*verdict.as_foretold) : ordered_json(nullptr)}}}});
  }
  return {{"type", "end"},
          {"exitCode", static_cast<int>(exit_code(result))},
          {"seconds", seconds(result.lasted)},
          {"containers", containers},
          {"failures", result.failures},
          {"leftBehind", result.left_behind}};
}

std::string junit_text(const RehearsalResult& result) {
  std::string cases;
  int tests = 0;
  int failures = 0;
  for (const ContainerResult& one : result.containers) {
    if (!one.stressed) continue;
    ++tests;
    cases += fmt::format("    <testcase classname=\"{}.{}\" name=\"{}\" time=\"{:.3f}\">\n",
                         xml(one.ns), xml(one.pod), xml(one.container), seconds(result.lasted));
    if (one.fate != Fate::kSurvived) {
      ++failures;
      cases +=
          fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n", name_of(one.fate),
                      xml(one.verdict.sentence), xml(joined(one.verdict.evidence)));
    }
    cases += fmt::format("      <system-out>{}</system-out>\n    </testcase>\n",
                         xml(one.verdict.sentence));
  }
  const std::size_t errors = result.failures.size() + result.left_behind.size();
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"duress rehearse\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
      "time=\"{:.3f}\">\n{}",
      tests, failures, errors, seconds(result.lasted), cases);
  if (errors > 0) {
    out += fmt::format("    <system-err>{}</system-err>\n",
                       xml(joined(result.failures) + joined(result.left_behind)));
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace duress::cli
