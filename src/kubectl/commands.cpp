#include "kubectl/commands.h"

#include <sys/epoll.h>

#include <algorithm>

#include "base/text.h"
#include "kube/watch.h"
#include "kubectl/experiment_object.h"
#include "kubectl/live.h"
#include "kubectl/looking.h"
#include "kubectl/view.h"
#include "os/poller.h"
#include "os/process.h"

namespace duress::kubectl {

namespace {

using kube::Json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kReleasePatience = seconds(90);  // longer than the controller's own
constexpr auto kLook = milliseconds(200);
constexpr auto kRefresh = milliseconds(1000);
constexpr auto kTogether = milliseconds(100);
constexpr auto kListPatience = seconds(30);
constexpr const char* kForced = "chaos-mesh.chaos-mesh.org/cleanFinalizer";
constexpr const char* kHome = "\033[H\033[J";

void put(std::FILE* to, const std::string& text) {
  std::fputs(text.c_str(), to);
  std::fflush(to);
}

std::vector<Experiment> views_of(const std::vector<Json>& objects) {
  std::vector<Experiment> out;
  for (const Json& object : objects) out.push_back(experiment_of(object));
  return out;
}

std::string text_of(const std::vector<Json>& objects, const Arguments& arguments, WallTime now) {
  const std::vector<Experiment> experiments = views_of(objects);
  if (experiments.empty()) return "There are no experiments.\n";
  if (arguments.names.empty() && arguments.command == Command::kStatus)
    return list_text(experiments, now);
  std::string out;
  for (const Experiment& one : experiments)
    out += (out.empty() ? "" : "\n") +
           (arguments.command == Command::kExplain ? explain_text(one) : status_text(one, now));
  return out;
}

void print(const std::vector<Json>& objects, const Arguments& arguments, const Streams& streams,
           WallTime now) {
  if (!arguments.json) return put(streams.out, text_of(objects, arguments, now));
  const Json list = {{"apiVersion", "v1"}, {"kind", "List"}, {"items", objects}};
  put(streams.out, list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

kube::Place place_of(const Arguments& arguments, const std::string& ns) {
  return {kube::stress_chaos(), arguments.all_namespaces ? "" : ns, "", ""};
}

kube::WatchOptions options_of(const Arguments& arguments) {
  if (arguments.names.size() != 1) return {};
  return {.field_selector = "metadata.name=" + arguments.names.front()};
}

bool is_meant(const Arguments& arguments, const Json& experiment) {
  return arguments.names.empty() ||
         std::ranges::find(arguments.names, kube::text_at(experiment, "/metadata/name")) !=
             arguments.names.end();
}

int once(Session& session, const Arguments& arguments, const Streams& streams) {
  auto objects = session.experiments(arguments);
  if (!objects) return complain(streams, objects.error().message);
  print(*objects, arguments, streams, session.reactor().clock().wall());
  return 0;
}

// What has changed of an experiment since it was last told, a line each.
class Follower {
 public:
  explicit Follower(std::FILE* out) : out_(out) {}

  void see(const Experiment& now) {
    std::string line = now.phase + ": " + std::to_string(now.injected) + " of " +
                       std::to_string(now.targets) + " injected";
    if (!now.got.empty()) line += ", " + now.got + " of " + now.asked;
    if (now.phase != "Pending" && line != line_) put(out_, line + "\n");
    line_ = line;
    for (const Record& record : now.records) {
      std::string& told = told_[record.id];
      const std::string& latest =
          record.measured.verdict.empty() ? record.measured.event : record.measured.verdict;
      if (!latest.empty() && latest != told) put(out_, record.id + ": " + latest + "\n");
      told = latest;
    }
  }

 private:
  std::FILE* out_;
  std::string line_;
  std::map<std::string, std::string> told_;
};

// Nothing: it is ordered. Else what went wrong.
std::optional<std::string> order_end(Session& session, const kube::Place& place, bool force) {
  if (force) {
    auto forced = session.annotate(place, kForced, "forced");
    if (!forced && forced.error().reason != kube::Reason::kNotFound) return forced.error().message;
  }
  auto removed = session.remove(place);
  if (!removed && removed.error().reason != kube::Reason::kNotFound) return removed.error().message;
  return std::nullopt;
}

// 0: all of it is gone.
int end(Session& session, const std::vector<kube::Place>& places, bool force,
        const Streams& streams) {
  for (const kube::Place& place : places) {
    if (const auto wrong = order_end(session, place, force)) return complain(streams, *wrong);
  }
  const Instant until = session.reactor().now() + kReleasePatience;
  for (const kube::Place& place : places) {
    Live live(session, place);
    const auto gone = [&] { return live.is_synced() && live.one() == nullptr; };
    if (wait(session, streams, until - session.reactor().now(),
             [&] { return gone() || live.refused().has_value(); }))
      return 1;
    if (live.refused()) return complain(streams, live.refused()->message);
    if (!gone()) {
      return complain(streams, place.ns + "/" + place.name +
                                   " is not released yet: an agent does not answer. kubectl "
                                   "duress doctor says which; stop --force gives it up");
    }
    put(streams.out, place.ns + "/" + place.name + ": released, and gone\n");
  }
  return 0;
}

// Nodes on which something of it still runs, or may run.
std::vector<std::string> not_released(const std::vector<Json>& orders, std::string_view until) {
  std::vector<std::string> out;
  for (const Json& order : orders) {
    // RFC 3339 in UTC: in the order of time as text.
    if (kube::text_at(order, "/spec/experiment/createdAt") > until) continue;
    if (!kube::is_true_at(order, "/status/released"))
      out.push_back(kube::text_at(order, "/spec/nodeName"));
  }
  return out;
}

int stop_everything(Session& session, const Streams& streams) {
  const Json object = {{"apiVersion", "duress.dev/v1alpha1"},
                       {"kind", "StopAll"},
                       {"metadata", {{"generateName", "stop-"}}},
                       {"spec", {{"reason", "kubectl duress stop --everything"}}}};
  auto made = session.create(kube::stop_alls(), object);
  if (!made) return complain(streams, made.error().message);
  const std::string name = kube::text_at(*made, "/metadata/name");
  const std::string created = kube::text_at(*made, "/metadata/creationTimestamp");
  put(streams.out, "made StopAll " + name + ": every experiment of before ends, for good\n");
  const Instant until = session.reactor().now() + kReleasePatience;
  while (true) {
    auto orders = session.list({kube::node_stresses(), "", "", ""});
    if (!orders) return complain(streams, orders.error().message);
    const std::vector<std::string> left = not_released(*orders, created);
    if (left.empty()) break;
    if (session.reactor().now() > until) {
      std::string nodes;
      for (const std::string& node : left) nodes += (nodes.empty() ? "" : ", ") + node;
      return complain(streams, "these nodes do not answer: " + nodes +
                                   "; their agents release by themselves when they do not hear "
                                   "the API server (agent.disconnectedFor)");
    }
    if (wait(session, streams, kLook)) return 1;
  }
  put(streams.out, "nothing runs any more; kubectl delete stopall " + name +
                       " when you like: it resumes nothing\n");
  return 0;
}

}  // namespace

bool wait(Session& session, const Streams& streams, Duration most,
          const std::function<bool()>& done) {
  kube::Reactor& reactor = session.reactor();
  const Instant until = reactor.now() + most;
  // A signal ends the turn.
  const auto heard = reactor.when_ready(streams.signals.get(), EPOLLIN, [](std::uint32_t) {});
  while (reactor.now() < until && !(done && done())) {
    if (os::next_signal(streams.signals) != 0) return true;
    const Duration left = until - reactor.now();
    (void)reactor.turn(heard ? left : std::min<Duration>(kLook, left));
  }
  return false;
}

int complain(const Streams& streams, const std::string& message) {
  std::fprintf(streams.err, "kubectl duress: %s\n", message.c_str());
  return 1;
}

int status(Session& session, const Arguments& arguments, const Streams& streams) {
  return once(session, arguments, streams);
}

int explain(Session& session, const Arguments& arguments, const Streams& streams) {
  return once(session, arguments, streams);
}

int top(Session& session, const Arguments& arguments, const Streams& streams) {
  // One that was named has to be there at the beginning.
  if (auto named = session.experiments(arguments); !named)
    return complain(streams, named.error().message);
  Live live(session, place_of(arguments, session.ns()), options_of(arguments));
  Looking looking(session, [&](const std::string& told) { complain(streams, told); });
  bool stopped = wait(session, streams, kListPatience,
                      [&] { return live.is_synced() || live.refused().has_value(); });
  while (!stopped) {
    if (live.refused()) return complain(streams, live.refused()->message);
    std::vector<Json> objects;
    for (const auto& [key, object] : live.all()) {
      if (!is_meant(arguments, object)) continue;
      looking.at(object);
      objects.push_back(object);
    }
    (void)live.take_changed();
    if (!arguments.json) put(streams.out, kHome);
    print(objects, arguments, streams, session.reactor().clock().wall());
    if (!live.trouble().empty()) complain(streams, live.trouble());
    // Of several that change together, one screen; without a change the ages grow.
    stopped = wait(session, streams, kTogether) ||
              wait(session, streams, kRefresh - kTogether,
                   [&] { return live.take_changed() || live.refused().has_value(); });
  }
  return 0;
}

int run(Session& session, const Arguments& arguments, const Streams& streams) {
  auto made = session.create(kube::stress_chaos(), experiment_object(arguments, session.ns()));
  if (!made) return complain(streams, made.error().message);
  const kube::Place place = place_of(*made);
  put(streams.out, "made StressChaos " + place.ns + "/" + place.name + "\n");
  if (arguments.detach) return 0;
  Follower follower(streams.out);
  Live live(session, place);
  bool over = false;
  bool stopped = false;
  while (!over && !stopped) {
    stopped =
        wait(session, streams, kRefresh, [&] { return live.take_changed() || live.refused(); });
    if (live.refused()) {
      // Nobody would see it: it does not go on unseen.
      complain(streams, live.refused()->message);
      static_cast<void>(order_end(session, place, arguments.force));
      return 1;
    }
    if (!live.is_synced()) continue;
    if (live.one() == nullptr) {
      return complain(streams, place.ns + "/" + place.name + " was deleted meanwhile");
    }
    const Experiment experiment = experiment_of(*live.one());
    follower.see(experiment);
    over = experiment.is_over();
    if (over) put(streams.out, "\n" + explain_text(experiment) + "\n");
  }
  return end(session, {place}, arguments.force, streams);
}

int stop(Session& session, const Arguments& arguments, const Streams& streams) {
  if (arguments.everything) return stop_everything(session, streams);
  auto objects = session.experiments(arguments);
  if (!objects) return complain(streams, objects.error().message);
  std::vector<kube::Place> places;
  for (const Json& object : *objects) places.push_back(place_of(object));
  if (places.empty()) put(streams.out, "There are no experiments.\n");
  return end(session, places, arguments.force, streams);
}

}  // namespace duress::kubectl
