// `kubectl duress preflight`: see commands.h.
#include "kubectl/commands.h"
#include "kubectl/experiment_object.h"
#include "kubectl/live.h"
#include "kubectl/preflight_view.h"
#include "os/file.h"

namespace duress::kubectl {

namespace {

using kube::Json;
using std::chrono::seconds;

using Exit = spec::PreflightExit;

constexpr auto kPatience = seconds(20);  // a node that does not answer is named after 10 s
constexpr std::size_t kMostManifest = 1U << 20U;

Result<Json> object_of(const Session& session, const Arguments& arguments) {
  if (arguments.file.empty()) return preflight_object(arguments, session.ns());
  auto text = os::read_file(arguments.file == "-" ? "/dev/stdin" : arguments.file, kMostManifest);
  if (!text) return std::unexpected(text.error());
  auto object = preflight_object(*text, arguments, session.ns());
  if (!object) return std::unexpected(object.error().context(arguments.file));
  return object;
}

void print(const Experiment& preflight, const Arguments& arguments, const Streams& streams) {
  const std::string text =
      arguments.json
          ? preflight_json(preflight).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
          : preflight_text(preflight);
  std::fputs(text.c_str(), streams.out);
  std::fflush(streams.out);
}

// Its answers, or as many as there were in time. Unset: told already.
std::optional<Experiment> answers(Session& session, const kube::Place& place,
                                  const Streams& streams) {
  Live live(session, place);
  const auto answered = [&] {
    if (!live.take_changed() && !live.refused()) return false;
    return live.refused() || live.one() == nullptr || is_foretold(experiment_of(*live.one()));
  };
  if (wait(session, streams, kPatience, answered)) return std::nullopt;
  if (live.one() != nullptr) return experiment_of(*live.one());
  const std::string& trouble = live.trouble();
  complain(streams,
           trouble.empty() ? place.ns + "/" + place.name + " was deleted meanwhile" : trouble);
  return std::nullopt;
}

}  // namespace

int preflight(Session& session, const Arguments& arguments, const Streams& streams) {
  auto object = object_of(session, arguments);
  if (!object) {
    complain(streams, object.error().message);
    return static_cast<int>(object.error().code == Code::kUsage ? Exit::kUsage : Exit::kFailed);
  }
  auto made = session.create(kube::stress_chaos(), *object);
  if (!made) {
    complain(streams, made.error().message);
    const bool refused = made.error().reason == kube::Reason::kForbidden ||
                         made.error().reason == kube::Reason::kInvalid;
    return static_cast<int>(refused ? Exit::kRefused : Exit::kFailed);
  }
  const kube::Place place = place_of(*made);
  const auto preflight = answers(session, place, streams);
  // Else the controller does it in a minute.
  auto removed = session.remove(place);
  if (!removed && removed.error().reason != kube::Reason::kNotFound)
    complain(streams, removed.error().message);
  if (!preflight) return static_cast<int>(Exit::kFailed);
  print(*preflight, arguments, streams);
  if (const std::string problem = preflight_problem(*preflight); !problem.empty())
    complain(streams, problem);
  return preflight_exit_code(*preflight);
}

}  // namespace duress::kubectl
