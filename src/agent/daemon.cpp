#include "agent/daemon.h"

#include <sys/epoll.h>

#include <algorithm>

#include "base/wall_time.h"

namespace duress::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kProofEvery = seconds(10);
constexpr auto kLeastProof = seconds(1);
// Releasing takes milliseconds; the rest is for a report that has to wait its second.
constexpr auto kEndPatience = seconds(8);
constexpr auto kTurn = seconds(1);

}  // namespace

Daemon::Daemon(World world, DaemonSetting setting)
    : world_(std::move(world)),
      setting_(std::move(setting)),
      dead_man_(setting_.disconnected_for, world_.reactor.now()) {
  reporter_ = std::make_unique<Reporter>(
      world_.client,
      Reporter::Calls{.report = [this](const std::string& one) { return node_->report(one); },
                      .say = world_.say});
  node_ = std::make_unique<Node>(
      Node::Parts{.reactor = world_.reactor,
                  .loads = world_.loads,
                  .containers = world_.containers,
                  .links = world_.links,
                  .clock = clock_,
                  .on_report = [this](const std::string& one) { reporter_->changed(one); },
                  .say = world_.say,
                  .record = setting_.record,
                  .bounds = setting_.bounds});
  recordings_ = std::make_unique<RecordingSender>(
      world_.client, RecordingSender::Calls{
                         .list = [this](const std::string& one) { return node_->recordings(one); },
                         .read = [this](spec::RecordingObject& one) { node_->read(one); },
                         .say = world_.say});
}

Daemon::~Daemon() = default;

Duration Daemon::proof_every() const {
  if (setting_.disconnected_for <= Duration(0)) return kProofEvery;
  return std::clamp<Duration>(setting_.disconnected_for / 3, kLeastProof, kProofEvery);
}

Result<> Daemon::watch_descriptors() {
  const auto keep = [&](kube::Handle& to, int fd, kube::Reactor::Ready call) -> Result<void> {
    auto handle = world_.reactor.when_ready(fd, EPOLLIN, std::move(call));
    if (!handle) return std::unexpected(handle.error());
    to = std::move(*handle);
    return {};
  };
  if (world_.links != nullptr) {
    auto kept = keep(links_ready_, world_.links->fd(), [this](std::uint32_t) {
      world_.links->take();
      node_->look();
    });
    if (!kept) return kept;
  }
  auto launcher = keep(launcher_ready_, world_.launcher.get(), [this](std::uint32_t) {
    launcher_ready_.reset();
    world_.say(
        "the launcher was ended, and all loads with it: the agent ends too, to be begun anew");
    end("released: the agent's launcher was ended", false);
  });
  if (!launcher) return launcher;
  return keep(signals_ready_, world_.signals.get(), [this](std::uint32_t) {
    while (os::next_signal(world_.signals) != 0) {
    }
    end("released: the agent on this node was ended", true);
  });
}

// No order is carried out before it is known whether a StopAll is newer than it.
void Daemon::begin_watch() {
  watch_.reset();
  stops_.reset();
  stops_ = std::make_unique<kube::Watch>(
      world_.client, kube::Place{kube::stop_alls(), "", "", ""}, kube::WatchOptions{},
      kube::WatchCalls{.on_change =
                           [this](auto change, const kube::Json& object) {
                             if (change == kube::WatchCalls::Change::kDeleted) return;
                             node_->stop_all(
                                 parse_time(kube::text_at(object, "/metadata/creationTimestamp")));
                           },
                       .on_synced = [this] { begin_orders(); },
                       .on_trouble =
                           [this](const kube::ApiError& error) {
                             trouble(error);
                             // Custom resources of a version that had none.
                             if (error.reason == kube::Reason::kNotFound) begin_orders();
                           },
                       .on_contact = [this] { heard(); }});
}

void Daemon::trouble(const kube::ApiError& error) {
  if (error.message != std::exchange(trouble_, error.message)) world_.say(error.message);
}

void Daemon::begin_orders() {
  if (watch_) return;
  watch_ = std::make_unique<kube::Watch>(
      world_.client, kube::Place{kube::node_stresses(), "", "", ""},
      kube::WatchOptions{.field_selector = "spec.nodeName=" + setting_.node},
      kube::WatchCalls{
          .on_change = [this](auto change, const kube::Json& object) { changed(change, object); },
          .on_synced = [this] { node_->complete(); },
          .on_trouble = [this](const kube::ApiError& error) { trouble(error); },
          .on_contact = [this] { heard(); }});
}

// Only what could bring an order to stop counts: a report that was taken does not.
void Daemon::heard() {
  dead_man_.heard(world_.reactor.now());
  is_lost_ = false;
  trouble_.clear();
  if (const auto time = world_.client.http().server_time()) clock_.heard(time->told, time->heard);
}

void Daemon::changed(kube::WatchCalls::Change change, const kube::Json& object) {
  heard();
  const std::string name = kube::text_at(object, "/metadata/name");
  if (change == kube::WatchCalls::Change::kDeleted) return gone(name);
  const std::string experiment = kube::text_at(object, "/spec/experiment/uid");
  // What cannot be read may name none.
  const Known now{.experiment = experiment.empty() ? name : experiment,
                  .uid = kube::text_at(object, "/metadata/uid"),
                  .generation = kube::number_at(object, "/metadata/generation").value_or(0),
                  .asked = spec::read_asked(object)};
  if (const auto known = objects_.find(name); known != objects_.end()) {
    const Known& before = known->second;
    if (before.uid == now.uid && before.generation == now.generation) {
      // Our own report, or somebody looks.
      if (before.asked != now.asked) take_asked(known->second = now);
      return;
    }
    if (before.uid != now.uid || before.experiment != now.experiment) gone(name);
  }
  static const kube::Json kNothing;
  const kube::Json* spec = kube::find(object, "/spec");
  auto order = spec::read_order(spec != nullptr ? *spec : kNothing);
  if (order && order->node != setting_.node) return gone(name);
  objects_[name] = now;
  reporter_->known(now.experiment, name);
  if (!order) {
    world_.say("NodeStress " + name + ": " + order.error().message);
    return node_->unreadable(now.experiment, now.generation, order.error().message);
  }
  const kube::Json* status = kube::find(object, "/status");
  node_->ordered(std::move(*order), now.generation,
                 spec::read_report(status != nullptr ? *status : kNothing));
  take_asked(now);
}

void Daemon::take_asked(const Known& object) {
  const Instant now = world_.reactor.now();
  const WallTime server_now = clock_.now(now).value_or(world_.reactor.clock().wall());
  std::optional<Instant> until;
  if (object.asked.watch_until)
    until = now + std::min<Duration>(*object.asked.watch_until - server_now, spec::kMostWatched);
  reporter_->watched(object.experiment, until);
  if (spec::is_asked(object.asked, server_now))
    recordings_->asked(object.experiment, *object.asked.recordings);
}

void Daemon::gone(const std::string& name) {
  const auto known = objects_.find(name);
  if (known == objects_.end()) return;
  const std::string experiment = known->second.experiment;
  objects_.erase(known);
  reporter_->gone(experiment);
  recordings_->gone(experiment);
  node_->gone(experiment);
}

void Daemon::prove_contact() {
  proof_timer_ = world_.reactor.after(proof_every(), [this] { prove_contact(); });
  if (proof_.is_pending()) return;
  kube::ApiRequest request;
  request.path = kube::path_of({kube::node_stresses(), "", "", ""});
  request.query = {{"fieldSelector", "spec.nodeName=" + setting_.node}, {"limit", "1"}};
  request.what = "ask whether the API server is there";
  request.within = proof_every();
  proof_ = world_.client.send(std::move(request), [this](const auto& answer) { proved(answer); });
}

void Daemon::proved(const kube::Answer<kube::Json>& answer) {
  if (!answer) return;
  // The watch waits longer and longer between its attempts.
  if (is_lost_) begin_watch();
  heard();
}

void Daemon::check_contact() {
  const Instant now = world_.reactor.now();
  if (dead_man_.is_lost(now) && !is_lost_) lost();
  const Duration next = is_lost_ ? Duration(kTurn) : dead_man_.left(now, kProofEvery);
  contact_timer_ =
      world_.reactor.after(std::max<Duration>(next, milliseconds(10)), [this] { check_contact(); });
}

void Daemon::lost() {
  is_lost_ = true;
  const std::string time = format_duration(setting_.disconnected_for);
  world_.say("the API server was not heard for " + time +
             ": everything is released until it is heard again");
  objects_.clear();
  reporter_->forget_all();
  node_->forget_orders("released: the API server was not heard for " + time);
  begin_watch();
}

void Daemon::end(const std::string& why, bool in_order) {
  if (ending_) return;
  ending_ = true;
  in_order_ = in_order;
  ends_at_ = world_.reactor.now() + kEndPatience;
  stops_.reset();
  watch_.reset();
  proof_timer_.reset();
  contact_timer_.reset();
  node_->shut_down(why);
}

AgentState Daemon::state() const {
  return {.node = setting_.node,
          .loads = node_->loads(),
          .has_contact = !is_lost_,
          .bounds = setting_.bounds,
          .taken = node_->taken(),
          .reported = node_->reported()};
}

Result<bool> Daemon::run() {
  if (auto watched = watch_descriptors(); !watched) return std::unexpected(watched.error());
  begin_watch();
  prove_contact();
  check_contact();
  while (true) {
    if (auto turned = world_.reactor.turn(ending_ ? Duration(milliseconds(50)) : kProofEvery);
        !turned)
      return std::unexpected(turned.error());
    if (!ending_) continue;
    const bool all_done = node_->is_idle() && reporter_->is_idle();
    if (all_done || world_.reactor.now() > ends_at_) return in_order_;
  }
}

}  // namespace duress::agent
