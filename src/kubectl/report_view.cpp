#include "kubectl/report_view.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/wall_time.h"
#include "observe/recording_coding.h"
#include "render/report.h"
#include "render/verdict.h"

namespace duress::kubectl {

namespace {

using nlohmann::ordered_json;
using spec::RecordingObject;

// A Pod that went to another node has one of each; that of the load that came last counts.
bool is_better(const RecordingObject& than, const RecordingObject& one) {
  if (than.bytes.empty() != one.bytes.empty()) return than.bytes.empty();
  return than.taken < one.taken;
}

std::map<std::string, RecordingObject> answers_of(const std::vector<kube::Json>& objects,
                                                  WallTime asked) {
  std::map<std::string, RecordingObject> out;
  for (const kube::Json& object : objects) {
    auto read = spec::read_recording_object(object);
    if (!read) continue;  // no agent's
    // Those of an earlier request are about to be replaced.
    if (!read->asked || *read->asked < asked) continue;
    const auto [at, is_new] = out.try_emplace(read->id(), *read);
    if (!is_new && is_better(at->second, *read)) at->second = std::move(*read);
  }
  return out;
}

}  // namespace

ExperimentReport report_of(const std::vector<std::string>& ids,
                           const std::vector<kube::Json>& objects, WallTime asked) {
  ExperimentReport out;
  auto answers = answers_of(objects, asked);
  for (const std::string& id : ids) {
    const auto found = answers.find(id);
    if (found == answers.end()) {
      out.missing.push_back({id,
                             "its node has not answered: kubectl duress doctor says whether an "
                             "agent runs there"});
      continue;
    }
    RecordingObject& object = found->second;
    if (object.bytes.empty()) {
      out.missing.push_back({id, object.problem.empty() ? "there is none" : object.problem});
      continue;
    }
    auto recording = observe::decode_recording(object.bytes);
    if (!recording) {
      out.missing.push_back({id, recording.error().message});
      continue;
    }
    recording->header.target = id;
    auto verdict = explain::judge(*recording);
    out.containers.push_back({std::move(object), std::move(*recording), std::move(verdict)});
  }
  return out;
}

std::size_t unanswered(const std::vector<std::string>& ids, const std::vector<kube::Json>& objects,
                       WallTime asked) {
  const auto answers = answers_of(objects, asked);
  std::size_t out = 0;
  for (const std::string& id : ids) out += answers.contains(id) ? 0U : 1U;
  return out;
}

std::vector<std::string> missing_sentences(const ExperimentReport& report) {
  std::vector<std::string> out;
  for (const MissingContainer& one : report.missing) out.push_back(one.id + ": " + one.why);
  return out;
}

std::string report_html(const ExperimentReport& report) {
  std::vector<render::ReportPart> parts;
  for (const ReportContainer& one : report.containers)
    parts.push_back({&one.recording, &one.verdict, ""});
  return render::report_page(
      parts, {.duress_version = DURESS_VERSION, .missing = missing_sentences(report)});
}

std::string report_text(const ExperimentReport& report, std::size_t columns) {
  std::string out;
  for (const ReportContainer& one : report.containers) {
    out += (out.empty() ? "" : "\n") + one.object.id() + ", node " + one.object.node + "\n" +
           render::verdict_text(one.verdict, columns);
  }
  for (const std::string& sentence : missing_sentences(report))
    out += (out.empty() ? "" : "\n") + sentence + "\n";
  return out;
}

ordered_json report_json(const ExperimentReport& report) {
  ordered_json containers = ordered_json::array();
  for (const ReportContainer& one : report.containers) {
    ordered_json container = {{"id", one.object.id()},
                              {"node", one.object.node},
                              {"containerID", one.object.container_id},
                              {"takenAt", one.object.taken ? format_time(*one.object.taken) : ""},
                              {"looks", one.recording.looks.size()},
                              {"events", one.recording.events.size()},
                              {"complete", one.recording.complete},
                              {"damage", one.recording.damage}};
    container.update(render::verdict_json(one.verdict));
    containers.push_back(std::move(container));
  }
  ordered_json missing = ordered_json::array();
  for (const MissingContainer& one : report.missing)
    missing.push_back({{"id", one.id}, {"why", one.why}});
  return {{"type", "report"},
          {"experiment", {{"namespace", report.ns}, {"name", report.name}}},
          {"containers", std::move(containers)},
          {"missing", std::move(missing)}};
}

}  // namespace duress::kubectl
