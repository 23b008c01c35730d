// What a node runs: see node.h.
#include <sys/epoll.h>

#include <algorithm>

#include "agent/node_parts.h"

namespace duress::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kEndPatience = seconds(9);      // then a load is killed
constexpr auto kAfterASilentEnd = seconds(1);  // its warden releases
constexpr auto kLivedLong = seconds(60);       // a death after that is the first one again
constexpr auto kAwaitEvery = milliseconds(100);
constexpr auto kAwaitLater = seconds(1);
constexpr auto kAwaitKeenly = seconds(10);
constexpr auto kToBegin = milliseconds(500);  // then it is told that a load is being started
constexpr auto kPreflightPatience = seconds(10);
constexpr auto kJudgeAfter = milliseconds(800);  // kills come together
constexpr auto kNow = Duration(0);

}  // namespace

Node::Node(Parts parts) : parts_(std::move(parts)), awaited_since_(parts_.reactor.now()) {}

Node::~Node() = default;

WallTime Node::server_now() const {
  const Instant now = parts_.reactor.now();
  return parts_.clock.now(now).value_or(parts_.reactor.clock().wall());
}

std::string Node::words_of(Because because) const {
  switch (because) {
    case Because::kNoOrder:
      return forgotten_.empty() ? "released: the experiment does not ask for it any more"
                                : forgotten_;
    case Because::kStop:
      return "released: the experiment was stopped";
    case Because::kDeadline:
      return "released: the experiment's time is over";
    case Because::kChanged:
      return "begun anew: the experiment was changed";
    case Because::kOtherContainer:
      return "released: the container was restarted";
  }
  return "released";
}

std::vector<LoadNow> Node::loads_now() const {
  std::vector<LoadNow> out;
  out.reserve(loads_.size());
  for (const auto& [number, load] : loads_) {
    out.push_back({number, load->slot, load->container_id, load->content, load->deadline,
                   load->stopping, load->preflight, load->is_beyond() ? Bytes{0} : load->claim,
                   load->fills});
  }
  return out;
}

std::map<Slot, std::string> Node::running_now() {
  std::set<std::pair<std::string, std::string>> loaded;
  for (const auto& [number, load] : loads_)
    loaded.emplace(load->slot.experiment, load->container_id);
  std::map<Slot, std::string> out;
  bool looked = false;
  for (const auto& [experiment, order] : orders_) {
    for (const spec::ContainerOrder& container : order.order.containers) {
      const std::string id =
          parts_.links != nullptr ? parts_.links->links().id_of(container) : container.id;
      if (id.empty()) continue;
      bool runs = loaded.contains({experiment, id}) || parts_.containers.running(id).has_value();
      if (!runs && !looked) {
        parts_.containers.look();
        looked = true;
        runs = parts_.containers.running(id).has_value();
      }
      if (runs) out[slot_of(experiment, container)] = id;
    }
  }
  return out;
}

void Node::settle() {
  static const std::map<std::string, OrderNow> kNoOrders;
  const std::map<Slot, std::string> running = running_now();
  const std::vector<LoadNow> loads = loads_now();
  const World world{.orders = shut_down_ ? kNoOrders : orders_,
                    .loads = loads,
                    .past = past_,
                    .running = running,
                    .now = parts_.reactor.now(),
                    .server_now = server_now(),
                    .bounds = parts_.bounds};
  const Actions actions = reconcile(world);
  for (const Stop& one : actions.stops) {
    Load& load = *loads_.at(one.number);
    load.over_time = one.because == Because::kDeadline;
    stop(load, words_of(one.because));
  }
  for (const Start& one : actions.starts) start(one);
  const std::vector<LoadNow> loads_after = loads_now();
  tell_waiting({.orders = world.orders,
                .loads = loads_after,
                .past = past_,
                .running = running,
                .now = world.now,
                .server_now = world.server_now,
                .bounds = parts_.bounds});
  watch_for_containers(world, actions.again);
  for (const auto& [experiment, order] : orders_) parts_.on_report(experiment);
  for (const auto& [experiment, order] : unreadable_) parts_.on_report(experiment);
}

void Node::tell_waiting(const World& world) {
  std::set<Slot> on;
  for (const auto& [number, load] : loads_) on.insert(load->slot);
  for (const auto& [experiment, order] : world.orders) {
    for (const spec::ContainerOrder& container : order.order.containers) {
      const Slot slot = slot_of(experiment, container);
      const auto story = stories_.find(slot);
      if (on.contains(slot) || story == stories_.end()) continue;
      if (const std::string why = why_waiting(world, order, slot); !why.empty())
        story->second.waits(why);
    }
  }
}

void Node::watch_for_containers(const World& world, std::optional<Duration> again) {
  const bool awaits = std::ranges::any_of(world.orders, [&](const auto& one) {
    const spec::NodeOrder& order = one.second.order;
    if (!is_wanted(order) || is_over(order, world.server_now)) return false;
    return std::ranges::any_of(order.containers, [&](const spec::ContainerOrder& container) {
      return !container.id.empty() && !world.running.contains(slot_of(one.first, container));
    });
  });
  const bool starts =
      std::ranges::any_of(loads_, [&](const auto& load) { return is_starting(*load.second); });
  if (starts) again = again ? std::min<Duration>(*again, kToBegin) : Duration(kToBegin);
  if (awaits) {
    const bool keenly = world.now - awaited_since_ < kAwaitKeenly;
    const Duration every = keenly ? Duration(kAwaitEvery) : Duration(kAwaitLater);
    again = again ? std::min(*again, every) : every;
  }
  timer_.reset();
  if (again) timer_ = parts_.reactor.after(*again, [this] { settle(); });
}

void Node::start(const Start& start) {
  const auto path = parts_.containers.running(start.container_id);
  const auto order = orders_.find(start.slot.experiment);
  const auto story = stories_.find(start.slot);
  if (!path || order == orders_.end() || story == stories_.end()) return;
  StartLoad wanted{.number = ++last_number_,
                   .cgroup = *path,
                   .loads = order->second.order.loads,
                   .name = order->second.order.experiment,
                   .duration = {},
                   .record = parts_.record,
                   .preflight = start.preflight,
                   .at_most = start.at_most};
  if (start.deadline)
    wanted.duration = std::max<Duration>(*start.deadline - server_now(), milliseconds(1));
  if (start.preflight) {
    story->second.foretells(start.container_id);
  } else {
    story->second.starts(start.container_id);
  }
  auto started = parts_.loads.start(wanted);
  if (!started) {
    // Without a launcher the agent is about to end: the next one begins.
    const bool gone = started.error().code == Code::kGone;
    past_[start.slot] = {start.container_id,   start.content,
                         start.deadline,       gone ? Fate::kDied : Fate::kEnded,
                         parts_.reactor.now(), 1};
    return gone ? story->second.waits(started.error().message)
                : story->second.refused(started.error().message);
  }
  auto load = std::make_unique<Load>(
      Load{.number = wanted.number,
           .slot = start.slot,
           .container_id = start.container_id,
           .content = start.content,
           .deadline = start.deadline,
           .output = std::move(started->output),
           .recording = started->recording ? std::make_shared<os::Fd>(std::move(started->recording))
                                           : nullptr,
           .began = parts_.reactor.now(),
           .kills = story->second.report().kills + story->second.report().oom_kills,
           .preflight = start.preflight,
           .at_most = start.at_most,
           .claim = claim_of(start.fills),
           .fills = start.fills});
  listen_to(std::move(load));
}

void Node::listen_to(std::unique_ptr<Load> load) {
  const std::uint64_t number = load->number;
  const auto hears = [this, number](std::uint32_t) { hear(number); };
  auto heard = parts_.reactor.when_ready(load->output.fd(), EPOLLIN, hears);
  auto ends = parts_.reactor.when_ready(load->output.process().get(), EPOLLIN, hears);
  if (heard) load->heard = std::move(*heard);
  if (ends) load->ends = std::move(*ends);
  keep_recording(*load);
  Load& kept = *load;
  loads_.emplace(number, std::move(load));
  if (kept.preflight) {
    kept.patience = parts_.reactor.after(kPreflightPatience, [this, number] {
      if (loads_.contains(number)) (void)parts_.loads.kill(number);
    });
  }
  // Unheard it would be lost from sight.
  if (!heard || !ends) stop(kept, "released: " + (heard ? ends : heard).error().message);
}

void Node::stop(Load& load, const std::string& why) {
  load.stopping = true;
  load.why = why;
  if (auto done = parts_.loads.stop(load.number); !done) parts_.say(done.error().message);
  const std::uint64_t number = load.number;
  load.patience = parts_.reactor.after(kEndPatience, [this, number] {
    const auto found = loads_.find(number);
    if (found == loads_.end()) return;
    parts_.say("a load on container " + found->second->container_id.substr(0, 12) +
               " does not end: its supervisor is killed, and its warden releases");
    if (auto done = parts_.loads.kill(number); !done) parts_.say(done.error().message);
  });
}

void Node::hear(std::uint64_t number) {
  const auto found = loads_.find(number);
  if (found == loads_.end()) return;
  Load& load = *found->second;
  bool settles = false;
  for (const LoadNews& news : load.output.take()) {
    const auto* ended = std::get_if<LoadOver>(&news);
    const bool is_foretold = std::holds_alternative<LoadForetold>(news);
    load.begun =
        load.begun || ended != nullptr || is_foretold || std::holds_alternative<LoadStarted>(news);
    if (is_foretold) foretold(load);
    settles = load.hear_bounds(news) || settles;
    const auto story = stories_.find(load.slot);
    if (ended != nullptr) {
      over(load, *ended);
    } else if (story != stories_.end() && is_latest(load)) {
      hear_news(load, story->second, news);
    }
  }
  parts_.on_report(load.slot.experiment);
  if (!load.output.over()) {
    if (settles && parts_.bounds.any()) settle();
    return;
  }
  load.heard.reset();
  load.ends.reset();
  load.patience.reset();
  remove(number);
}

void Node::hear_news(Load& load, ContainerStory& story, const LoadNews& news) {
  story.hear(news, server_now());
  if (std::holds_alternative<LoadStarted>(news)) story.placed(parts_.reactor.now() - load.began);
  const std::int64_t kills = story.report().kills + story.report().oom_kills;
  if (kills > std::exchange(load.kills, kills)) judge_later(load, kJudgeAfter);
}

bool Node::is_starting(const Load& load) const {
  return !load.begun && parts_.reactor.now() - load.began < kToBegin;
}

// One on a container that was restarted may end after the next one has begun.
bool Node::is_latest(const Load& load) const {
  return std::ranges::none_of(loads_, [&](const auto& other) {
    return other.first > load.number && other.second->slot == load.slot;
  });
}

void Node::over(Load& load, const LoadOver& over) {
  const Instant now = parts_.reactor.now();
  const auto story = stories_.find(load.slot);
  load.silent = over.silent;
  if (load.over_time) recordings_.time_was_over(load.recording);
  if (story == stories_.end()) return;  // nobody asks any more
  if (held_back(load)) return;
  judge_later(load, over.silent ? Duration(kAfterASilentEnd) : kNow);
  if (!is_latest(load)) return;
  PastLoad& past = past_[load.slot];
  const bool again = past.fate == Fate::kDied && past.container_id == load.container_id &&
                     past.content == load.content && now - load.began < kLivedLong;
  // None of these was the load's own doing.
  const std::string& reason = over.end.reason;
  const bool died = over.silent || reason == "signal" || reason == "heldUp";
  const Fate fate = load.stopping ? Fate::kStopped : died ? Fate::kDied : Fate::kEnded;
  past = {load.container_id, load.content, load.deadline, fate, now, again ? past.deaths + 1 : 1};
  story->second.ended(
      over, {.ours = load.why, .begins_again = fate == Fate::kDied && past.deaths < kMostDeaths});
}

// That was all: not again on the same container.
void Node::foretold(const Load& load) {
  if (!stories_.contains(load.slot) || !is_latest(load)) return;
  past_[load.slot] = {load.container_id, load.content,         load.deadline,
                      Fate::kEnded,      parts_.reactor.now(), 1};
}

// Its pipe is empty and its process gone.
void Node::remove(std::uint64_t number) {
  Load& load = *loads_.at(number);
  if (load.silent) {
    // What it held is being released by its warden: until then nothing begins there.
    load.stopping = true;
    load.patience = parts_.reactor.after(kAfterASilentEnd, [this, number] {
      loads_.erase(number);
      settle();
    });
  } else {
    loads_.erase(number);
  }
  settle();
}

}  // namespace duress::agent
