// `kubectl duress report`: see commands.h.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/wall_time.h"
#include "kubectl/commands.h"
#include "kubectl/live.h"
#include "kubectl/report_view.h"
#include "kubectl/view.h"
#include "os/whole_file.h"
#include "render/report.h"
#include "render/wrap.h"
#include "spec/asked.h"

namespace duress::kubectl {

namespace {

using kube::Json;
using std::chrono::seconds;

constexpr auto kListPatience = seconds(30);
constexpr auto kQuiet = seconds(10);  // without another one: those that are left do not come

std::vector<Json> objects_of(const Live& live) {
  std::vector<Json> out;
  for (const auto& [key, object] : live.all()) out.push_back(object);
  return out;
}

// What went wrong; unset: they have come, or as many as there will be.
std::optional<std::string> collect(Session& session, const kube::Place& place, Live& live,
                                   const std::vector<std::string>& ids, WallTime asked,
                                   const Streams& streams) {
  const auto listed = [&] { return live.is_synced() || live.refused().has_value(); };
  if (wait(session, streams, kListPatience, listed)) return "it was ended";
  if (live.refused()) return live.refused()->message;
  if (!live.is_synced()) return live.trouble();
  auto annotated = session.annotate(place, std::string(spec::kRecordingsAsked), format_time(asked));
  if (!annotated) return "recordings are asked for by an annotation: " + annotated.error().message;
  std::size_t left = ids.size();
  while (left > 0) {
    const std::size_t before = left;
    const auto fewer = [&] {
      if (live.take_changed()) left = unanswered(ids, objects_of(live), asked);
      return left < before;
    };
    if (wait(session, streams, kQuiet, fewer)) return "it was ended";
    if (left == before) break;
  }
  return std::nullopt;
}

int write_page(const std::string& path, const std::string& page, bool force,
               const Streams& streams) {
  if (path == "-") {
    const bool out = std::fwrite(page.data(), 1, page.size(), streams.out) == page.size();
    return out && std::fflush(streams.out) == 0 ? 0 : 1;
  }
  const auto written = os::write_whole(
      path, page,
      {.may = [force](std::string_view beginning) { return force || render::is_report(beginning); },
       .refusal = std::string(render::kIsNoReport)});
  if (!written) return complain(streams, written.error().message);
  std::fprintf(streams.out, "%s\n", path.c_str());
  return 0;
}

int print(const ExperimentReport& report, const Arguments& arguments, const Streams& streams) {
  if (arguments.json) {
    const std::string text =
        report_json(report).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    return std::fputs(text.c_str(), streams.out) >= 0 ? 0 : 1;
  }
  if (arguments.output == "text") {
    const std::string text = report_text(report, render::columns_of(streams.out));
    return std::fputs(text.c_str(), streams.out) >= 0 ? 0 : 1;
  }
  for (const std::string& sentence : missing_sentences(report)) complain(streams, sentence);
  if (report.containers.empty()) return 1;
  const std::string path = arguments.output.empty() ? report.name + ".html" : arguments.output;
  return write_page(path, report_html(report), arguments.force, streams);
}

}  // namespace

int report(Session& session, const Arguments& arguments, const Streams& streams) {
  const kube::Place place{kube::stress_chaos(), session.ns(), arguments.names.front(), ""};
  const auto object = session.get(place);
  if (!object) return complain(streams, object.error().message);
  const Experiment experiment = experiment_of(*object);
  std::vector<std::string> ids;
  for (const Record& record : experiment.records) ids.push_back(record.id);
  if (ids.empty() || kube::is_true_at(*object, "/spec/preflight"))
    return complain(streams, place.ns + "/" + place.name + " has put nothing on any container");
  const WallTime asked = spec::time_of_request(spec::read_asked(*object), session.server_now());
  const std::string uid = kube::text_at(*object, "/metadata/uid");
  Live live(session, {kube::recordings(), place.ns, "", ""},
            {.label_selector = "duress.dev/experiment-uid=" + uid, .page_size = 20});
  if (const auto wrong = collect(session, place, live, ids, asked, streams))
    return complain(streams, *wrong);
  ExperimentReport report = report_of(ids, objects_of(live), asked);
  report.ns = place.ns;
  report.name = place.name;
  const int code = print(report, arguments, streams);
  return report.containers.empty() ? 1 : code;
}

}  // namespace duress::kubectl
