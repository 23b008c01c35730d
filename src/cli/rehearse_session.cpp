#include "cli/rehearse_session.h"

#include <algorithm>
#include <csignal>

#include "cli/rehearse_session_parts.h"

namespace duress::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum Tag : std::uint64_t {
  kRehearsal = 1,
  kSignals = 2,
  kKeys = 3,
  kLoads = 1000,
  kLogs = 1'000'000
};

constexpr auto kDrawEvery = milliseconds(250);
// Pods that are not ready by then are stressed as they are, as a cluster would do it.
constexpr auto kMostWaiting = seconds(60);
constexpr auto kSettled = seconds(1);
// What follows the last load is part of the story: probes that recover, a restart that was due.
constexpr auto kAfterwards = seconds(2);
// Nobody waits half a minute for an application that ignores SIGTERM.
constexpr auto kMostGrace = seconds(5);

// What percentOf: request is of.
std::optional<Bytes> request_of(const spec::Pod& pod, const std::string& name) {
  for (const auto* containers : {&pod.containers, &pod.init_containers}) {
    const auto found = std::ranges::find(*containers, name, &spec::Container::name);
    if (found != containers->end()) return found->resources.requests.memory;
  }
  return std::nullopt;
}

}  // namespace

RehearseSession::RehearseSession(World world, RehearsalPlan plan)
    : world_(std::move(world)), plan_(std::move(plan)) {}
RehearseSession::~RehearseSession() = default;

std::string RehearseSession::who(std::size_t pod, std::optional<std::size_t> container) const {
  const rehearse::PodState& state = rehearsal_->state()[pod];
  return container ? state.name + "/" + state.containers[*container].name : state.name;
}

void RehearseSession::say(Instant now, bool warning, const std::string& reason,
                          const std::string& who, const std::string& text) {
  EventSight event{
      .at = now - start_, .warning = warning, .reason = reason, .who = who, .text = text};
  world_.teller.happened(event);
  add_event(events_, std::move(event));
}

RehearseSession::Watched* RehearseSession::watched(std::size_t pod, std::size_t container) {
  const auto found = std::ranges::find_if(
      watched_, [&](const auto& one) { return one->pod == pod && one->container == container; });
  return found == watched_.end() ? nullptr : found->get();
}

const rehearse::ContainerState& RehearseSession::state_of(const rehearse::Place& place) const {
  return rehearsal_->state()[place.pod].containers[place.container];
}

// What the Rehearsal tells. start() tells too, when there is no rehearsal to ask yet: tick() comes
// first, so nothing is lost by putting the start of Pods off until it.

void RehearseSession::event(const rehearse::Event& event) {
  if (!rehearsal_) return;
  say(event.at, event.warning, event.reason, who(event.pod, event.container), event.message);
  if (!event.container) return;
  if (Watched* const one = watched(event.pod, *event.container))
    one->watch.told(event.message, event.at);
}

void RehearseSession::container_started(std::size_t pod, std::size_t container) {
  Watched* const one = rehearsal_ ? watched(pod, container) : nullptr;
  if (one == nullptr) return;
  if (auto started = one->watch.started(rehearsal_->state()[pod].containers[container]); !started) {
    const std::string text =
        "no recording of " + who(pod, container) + ": " + started.error().message;
    failures_.push_back(text);
    return;
  }
  if (one->watch.log_fd() >= 0 && !one->log_watched) {
    const auto index = static_cast<std::uint64_t>(
        std::ranges::find_if(watched_, [&](const auto& w) { return w.get() == one; }) -
        watched_.begin());
    one->log_watched = poller_->add(one->watch.log_fd(), kLogs + index).has_value();
  }
}

void RehearseSession::container_ended(std::size_t pod, std::size_t container,
                                      const rehearse::Termination& termination) {
  Watched* const one = rehearsal_ ? watched(pod, container) : nullptr;
  if (one != nullptr && !stopping_) one->watch.ended(termination, world_.clock.now());
}

void RehearseSession::probed(const rehearse::ProbeResult& result) {
  Watched* const one = rehearsal_ ? watched(result.pod, result.container) : nullptr;
  if (one != nullptr) one->watch.probed(result, result.at);
}

void RehearseSession::pod_changed(std::size_t /*pod*/) { next_draw_ = {}; }

Result<> RehearseSession::prepare() {
  auto poller = os::Poller::make();
  if (!poller) return std::unexpected(poller.error());
  poller_ = std::move(*poller);
  if (auto added = poller_->add(world_.signals.get(), kSignals); !added) return added;
  if (world_.teller.keys() >= 0) {
    if (auto added = poller_->add(world_.teller.keys(), kKeys); !added) return added;
  }
  start_ = world_.clock.now();
  auto rehearsal =
      rehearse::Rehearsal::start(plan_.pods,
                                 {.node_memory = plan_.node_memory.value_or(world_.node_memory),
                                  .oom_group = plan_.oom_group,
                                  .back_off_factor = plan_.back_off_factor},
                                 world_.clock, *this);
  if (!rehearsal) return std::unexpected(rehearsal.error());
  rehearsal_ = std::move(*rehearsal);
  if (auto added = poller_->add(rehearsal_->fd(), kRehearsal); !added) return added;
  std::vector<rehearse::Experiment> experiments;
  for (const spec::Manifest& manifest : plan_.experiments) {
    experiments.push_back({.name = manifest.name,
                           .ns = manifest.ns,
                           .selection = manifest.selection,
                           .duration = manifest.duration,
                           .paused = manifest.paused,
                           .again = manifest.again});
  }
  auto book = rehearse::Experiments::choose(std::move(experiments), plan_.pods, rehearsal_->state(),
                                            {.node = world_.node, .seed = plan_.seed});
  if (!book) return std::unexpected(book.error());
  experiments_ = std::move(*book);
  watch_containers();
  for (const rehearse::Booking& booking : experiments_->bookings())
    load_sights_.push_back(
        {.experiment = experiments_->experiments()[booking.place.experiment].name});
  std::vector<std::string> notes = plan_.notes;
  notes.insert(notes.end(), rehearsal_->notes().begin(), rehearsal_->notes().end());
  world_.teller.noted(notes);
  return {};
}

void RehearseSession::watch_containers() {
  const std::vector<rehearse::PodState>& pods = rehearsal_->state();
  for (std::size_t p = 0; p < pods.size(); ++p) {
    for (std::size_t c = 0; c < pods[p].containers.size(); ++c) {
      if (pods[p].containers[c].role == rehearse::Role::kInit) continue;
      watched_.push_back(std::make_unique<Watched>(
          p, c,
          ContainerWatch::Setting{.roots = world_.roots,
                                  .hierarchy = world_.hierarchy,
                                  .clock = world_.clock,
                                  .command = world_.command,
                                  .name = pods[p].name + "/" + pods[p].containers[c].name}));
    }
  }
}

Result<RehearsalResult> RehearseSession::run() {
  if (auto prepared = prepare(); !prepared) {
    Error error = prepared.error();
    if (rehearsal_) {
      for (const std::string& left : rehearsal_->close()) error.message += "; left behind: " + left;
    }
    return std::unexpected(error);
  }
  loop();
  return finish();
}

void RehearseSession::loop() {
  while (!finished_) {
    const Duration next = step();
    if (finished_) return;
    auto ready = poller_->wait(next);
    if (!ready) {
      failures_.push_back(ready.error().message);
      return;
    }
    heed(*ready);
  }
}

Duration RehearseSession::step() {
  if (auto ticked = rehearsal_->tick(); !ticked) {
    failures_.push_back(ticked.error().message);
    finished_ = true;
    return Duration(0);
  }
  const Instant now = world_.clock.now();
  begin_when_ready(now);
  if (!stopping_) start_due_loads(now);
  Instant next = std::min<Instant>(rehearsal_->deadline(), now + kDrawEvery);
  for (const auto& one : watched_) {
    one->watch.look(now);
    if (one->watch.last() != nullptr) next = std::min(next, one->watch.next_look());
  }
  decide_the_end(now);
  look(now);
  return std::max<Duration>(Duration(0), next - now);
}

void RehearseSession::begin_when_ready(Instant now) {
  if (experiments_->began() || stopping_) return;
  const bool ready = rehearse::all_ready(rehearsal_->state(), now, kSettled);
  const bool waited = now - start_ >= kMostWaiting;
  const bool due = plan_.start_after ? now - start_ >= *plan_.start_after : ready || waited;
  if (!due) return;
  if (!ready) {
    say(now, true, "NotReady", "",
        "not every Pod is ready; the experiments begin on those that run");
  }
  experiments_->begin(now);
  for (const auto& one : watched_)
    one->watch.mark_begin(rehearsal_->state()[one->pod].containers[one->container]);
  if (!plan_.experiments.empty()) say(now, false, "Started", "", "the experiments begin");
}

void RehearseSession::start_due_loads(Instant now) {
  for (const std::size_t booking : experiments_->due(now, rehearsal_->state()))
    start_load(booking, now);
}

void RehearseSession::start_load(std::size_t booking, Instant now) {
  const rehearse::Place place = experiments_->bookings()[booking].place;
  const spec::Manifest& manifest = plan_.experiments[place.experiment];
  const rehearse::ContainerState& container = state_of(place);
  spec::Stressors loads = manifest.stressors;
  if (loads.memory && loads.memory->percent_of == spec::PercentOf::kRequest &&
      !loads.memory->request)
    loads.memory->request = request_of(plan_.pods[place.pod], container.name);
  auto process = agent::LoadProcess::start({.cgroup = container.cgroup,
                                            .loads = std::move(loads),
                                            .name = manifest.name,
                                            .duration = experiments_->left(place.experiment, now)});
  experiments_->started(booking, container.id);
  LoadSight& sight = load_sights_[booking];
  sight.stage = rehearse::LoadStage::kOn;
  ++sight.times;
  sight.last_word.clear();
  if (process) {
    if (auto added = poller_->add(process->fd(), kLoads + booking); !added)
      process = std::unexpected(added.error());
  }
  if (!process) {
    failures_.push_back("the load of " + manifest.name + " on " + who(place.pod, place.container) +
                        ": " + process.error().message);
    return experiments_->ended(booking, process.error().message);
  }
  loads_[booking] = std::make_unique<Load>(std::move(*process));
  if (Watched* const one = watched(place.pod, place.container))
    one->watch.load_started(manifest.name, now);
  say(now, false, sight.times > 1 ? "AppliedAgain" : "Applied", who(place.pod, place.container),
      "the load of " + manifest.name + " is on");
}

// A load that was told to end by us did not end "by a signal": it ended as the rehearsal did.
void RehearseSession::explain_end(agent::LoadNews& news) const {
  auto* const over = std::get_if<agent::LoadOver>(&news);
  if (over == nullptr || !stopping_ || over->end.reason != "signal") return;
  over->end.message = why_stopped_;
  if (time_is_over_) over->end.reason = "deadline";
}

void RehearseSession::take_news(std::size_t booking, Instant now) {
  const auto found = loads_.find(booking);
  if (found == loads_.end()) return;
  const rehearse::Place place = experiments_->bookings()[booking].place;
  LoadSight& sight = load_sights_[booking];
  Watched* const one = watched(place.pod, place.container);
  for (agent::LoadNews& news : found->second->process.take()) {
    explain_end(news);
    if (one != nullptr) one->watch.load_told(news, now);
    const NewsTold told = heed_news(news, sight);
    if (!told.text.empty())
      say(now, told.warning, told.reason, who(place.pod, place.container), told.text);
    if (told.failed && !stopping_) {
      failures_.push_back("the load of " + sight.experiment + " on " +
                          who(place.pod, place.container) + ": " + told.text);
    }
  }
  if (!found->second->process.over()) return;
  poller_->remove(found->second->process.fd());
  experiments_->ended(booking, sight.last_word);
  sight.stage = rehearse::LoadStage::kOver;
  loads_.erase(found);
}

void RehearseSession::heed(const std::vector<os::Ready>& ready) {
  const Instant now = world_.clock.now();
  for (const os::Ready& item : ready) {
    if (item.tag == kSignals) {
      const int signal = os::next_signal(world_.signals);
      if (signal != 0) stop(now, signal == SIGINT ? "ended by Ctrl-C" : "ended by a signal");
    } else if (item.tag == kKeys) {
      if (world_.teller.wants_end()) stop(now, "ended by q");
    } else if (item.tag >= kLogs) {
      watched_[item.tag - kLogs]->watch.hear(now);
    } else if (item.tag >= kLoads) {
      take_news(item.tag - kLoads, now);
    }
  }
}

void RehearseSession::decide_the_end(Instant now) {
  if (stopping_) {
    // The loads first: what they hold is given back while the application still lives.
    if (loads_.empty() && !pods_stopping_) {
      rehearsal_->stop(kMostGrace);
      pods_stopping_ = true;
    }
    finished_ = pods_stopping_ && rehearsal_->finished();
    return;
  }
  if (plan_.duration && now - start_ >= *plan_.duration) {
    time_is_over_ = true;
    return stop(now, "the time of the rehearsal is over");
  }
  const bool nothing_more = plan_.experiments.empty()
                                ? rehearsal_->all_done()
                                : experiments_->over(now, rehearsal_->state());
  if (!nothing_more) return over_since_.reset();
  if (!over_since_) over_since_ = now;
  if (now - *over_since_ >= kAfterwards) stop(now, "the experiments are over");
}

// A second one: no patience with the Pods any more.
void RehearseSession::stop(Instant now, const std::string& why) {
  if (stopping_) {
    finished_ = true;
    return;
  }
  stopping_ = true;
  why_stopped_ = why;
  say(now, false, "Ending", "", why);
  for (const auto& [booking, load] : loads_) load->process.stop();
}

void RehearseSession::look(Instant now) {
  if (now < next_draw_) return;
  next_draw_ = now + kDrawEvery;
  world_.teller.looked(sight(now));
}

}  // namespace duress::cli
