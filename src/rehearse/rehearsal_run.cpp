// What a rehearsal does when its time has come or something has happened: see rehearsal.h.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "os/process.h"
#include "rehearse/identity.h"
#include "rehearse/layout.h"
#include "rehearse/rehearsal_body.h"
#include "rehearse/watched.h"

namespace duress::rehearse {

namespace {

constexpr auto kRetry = std::chrono::milliseconds(100);
constexpr auto kStartPatience = std::chrono::minutes(2);  // the kubelet's runtimeRequestTimeout

// What a kubelet shows for a container that could not be executed, down to the runtime's own words.
std::string runtime_failure(const std::string& why) {
  return "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
         "runc create failed: unable to start container process: " +
         why;
}

Termination termination_of(int status, Instant now) {
  Termination out{.finished = now};
  if (WIFSIGNALED(status)) {
    out.signal = WTERMSIG(status);
    out.exit_code = 128 + out.signal;
  } else {
    out.exit_code = WEXITSTATUS(status);
  }
  return out;
}

}  // namespace

Result<> Rehearsal::Body::tick() {
  if (!runtime_) return fail(Code::kGone, "the rehearsal is closed");
  auto ready = poller_.wait(std::chrono::nanoseconds(0));
  if (!ready) return std::unexpected(ready.error());
  for (const os::Ready& one : *ready) handle(one);
  while (true) {
    auto how = runtime_->next_ended();
    if (!how) {
      return fail(Code::kGone,
                  "the process that ran the containers has ended, and all Pods with it: somebody "
                  "has killed it, or the machine has run out of memory");
    }
    if (!*how) break;
    ended(**how);
  }
  time_out_probes(clock_.now());
  for (std::size_t pod = 0; pod < pods_.size(); ++pod) advance(pod);
  remove_cgroups();
  if (std::exchange(names_changed_, false)) write_names();
  reckon_deadline(clock_.now());
  return {};
}

void Rehearsal::Body::stop(std::chrono::seconds most_grace) {
  stopped_ = true;
  for (std::size_t pod = 0; pod < pods_.size(); ++pod) {
    pods_[pod]->life.stop(most_grace, clock_.now());
    if (runtime_) advance(pod);
  }
  reckon_deadline(clock_.now());
}

void Rehearsal::Body::reckon_deadline(Instant now) {
  deadline_ = Instant::max();
  for (const auto& pod : pods_) deadline_ = std::min(deadline_, pod->life.deadline());
  for (const auto& [key, asking] : askings_) deadline_ = std::min(deadline_, asking.ends);
  if (!to_remove_.empty()) deadline_ = std::min(deadline_, now + kRetry);
  for (const auto& [key, whose] : lives_) {
    const auto& live = pods_[whose.first]->containers[whose.second].live;
    if (live && !live->reported) deadline_ = std::min(deadline_, live->begun + kStartPatience);
  }
  deadline_ = std::max(deadline_, now);
}

void Rehearsal::Body::handle(const os::Ready& ready) {
  const Watched watched = watched_of(ready.tag);
  if (watched.what == Watch::kProbe || watched.what == Watch::kCommand) return go_on(watched.key);
  const auto found = lives_.find(watched.key);
  if (found == lives_.end()) return;
  const auto [pod, container] = found->second;
  if (watched.what == Watch::kOutput) take_output(pod, container);
  if (watched.what == Watch::kReport) take_report(pod, container);
}

void Rehearsal::Body::make_pod(std::size_t pod) {
  PodBody& body = *pods_[pod];
  body.made = true;
  auto made = trees_->make(states_[pod].cgroup, setting_of(body.spec));
  if (made) made = runtime_->make_pod(pod);
  if (!made) body.life.failed(made.error().message);
}

// Until nothing more is due: what one container's start or end lets another one do.
void Rehearsal::Body::advance(std::size_t pod) {
  PodBody& body = *pods_[pod];
  if (!body.made && !body.life.terminating()) make_pod(pod);
  constexpr int kMostRounds = 16;
  for (int round = 0; round < kMostRounds; ++round) {
    const std::vector<Action> actions = body.life.advance(clock_.now());
    for (const Action& action : actions) perform(pod, action);
    tell(pod);
    if (actions.empty()) break;
  }
  refresh(pod);
}

void Rehearsal::Body::perform(std::size_t pod, const Action& action) {
  switch (action.what) {
    case Do::kStart:
      return start(pod, action.container);
    case Do::kProbe:
      return probe(pod, action.container, action.probe);
    case Do::kPreStop:
      return run_command({.pod = pod,
                          .container = action.container,
                          .begun = clock_.now(),
                          .ends = Instant::max()},
                         Command::kPreStop);
    case Do::kTerminate:
      return signal(pod, action.container, SIGTERM);
    case Do::kKill:
      return signal(pod, action.container, SIGKILL);
  }
}

void Rehearsal::Body::signal(std::size_t pod, std::size_t container, int number) {
  const auto& live = pods_[pod]->containers[container].live;
  if (!live) return;
  if (number == SIGKILL) {
    for (const std::string& cgroup : {live->cgroup, states_[pod].cgroup}) {
      (void)trees_->set_cpu_quota(cgroup, std::nullopt);
    }
  }
  (void)os::pidfd_signal(live->process.pidfd, number);
}

void Rehearsal::Body::start(std::size_t pod, std::size_t container) {
  PodBody& body = *pods_[pod];
  const spec::Container& spec = *body.life.containers()[container].spec;
  Live live{.key = next_key_++, .id = new_container_id(), .begun = clock_.now()};
  live.cgroup = states_[pod].cgroup + "/" + live.id;
  const auto refuse = [&](const Error& error) {
    to_remove_.push_back(trees_->directories(live.cgroup));
    body.life.start_failed(container, error.message, clock_.now());
  };
  if (auto made = trees_->make(live.cgroup, setting_of(spec, options_.oom_group)); !made) {
    return refuse(made.error());
  }
  // A kill has lifted it.
  auto quota = trees_->set_cpu_quota(states_[pod].cgroup, setting_of(body.spec).cpu_quota_us);
  if (!quota) return refuse(quota.error());
  auto started =
      runtime_->start({.key = live.key, .pod = pod, .container = container, .cgroup = live.cgroup});
  if (!started) return refuse(started.error());
  live.process = std::move(*started);
  (void)poller_.add(live.process.output.get(), tag_of(Watch::kOutput, live.key));
  (void)poller_.add(live.process.report.get(), tag_of(Watch::kReport, live.key));
  lives_[live.key] = {pod, container};
  names_[live.id] = {pod, container};
  names_changed_ = true;
  ContainerState& state = states_[pod].containers[container];
  state.id = live.id;
  state.cgroup = live.cgroup;
  state.pid = live.process.pid;
  ContainerBody& own = body.containers[container];
  if (!options_.log_directory.empty()) {
    const std::string path = options_.log_directory + "/" + body.spec.ns + "_" + body.spec.name +
                             "_" + spec.name + "." +
                             std::to_string(body.life.containers()[container].starts - 1) + ".log";
    own.output.write_to(
        os::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)));
  }
  own.live.emplace(std::move(live));
}

void Rehearsal::Body::take_output(std::size_t pod, std::size_t container) {
  ContainerBody& own = pods_[pod]->containers[container];
  if (!own.live || !own.live->process.output) return;
  std::array<char, 64UL * 1024> part;
  // A part a time: one that never stops writing does not keep the loop.
  const ssize_t got = ::read(own.live->process.output.get(), part.data(), part.size());
  if (got > 0) {
    own.output.add({part.data(), static_cast<std::size_t>(got)});
  } else if (got == 0 || errno != EAGAIN) {
    poller_.remove(own.live->process.output.get());
    own.live->process.output.reset();
  }
}

void Rehearsal::Body::take_report(std::size_t pod, std::size_t container) {
  PodBody& body = *pods_[pod];
  auto& live = body.containers[container].live;
  if (!live || live->reported) return;
  std::array<char, 1024> part;
  ssize_t got = 0;
  while ((got = ::read(live->process.report.get(), part.data(), part.size())) > 0) {
    live->report.append(part.data(), static_cast<std::size_t>(got));
  }
  if (got < 0 && errno == EAGAIN) return;
  live->reported = true;
  poller_.remove(live->process.report.get());
  live->process.report.reset();
  live->not_started = !live->report.empty();
  // Its process has still to end: told now, it would be started anew while this one is in its
  // place.
  if (live->not_started) return;
  body.life.started(container, clock_.now());
  tell(pod);
  refresh(pod);
  listener_.container_started(pod, container);
}

void Rehearsal::Body::ended(const Ended& how) {
  if (const auto found = lives_.find(how.key); found != lives_.end()) {
    const auto [pod, container] = found->second;
    lives_.erase(found);
    return container_ended(pod, container, how.status);
  }
  if (askings_.contains(how.key)) command_ended(how.key, how.status);
}

void Rehearsal::Body::container_ended(std::size_t pod, std::size_t container, int status) {
  PodBody& body = *pods_[pod];
  auto& live = body.containers[container].live;
  take_report(pod, container);
  // All of it is in the pipe: every process that could write has ended.
  constexpr int kMostParts = 64;
  for (int i = 0; i < kMostParts && live->process.output; ++i) take_output(pod, container);
  forget_probes(pod, container);
  if (live->not_started) {
    body.life.start_failed(container, runtime_failure(live->report), clock_.now());
    tell(pod);
  } else {
    Termination termination = termination_of(status, clock_.now());
    termination.oom_kills = trees_->oom_kills(live->cgroup);
    body.life.ended(container, std::move(termination));
    refresh(pod);
    listener_.container_ended(pod, container, *body.life.containers()[container].last);
  }
  to_remove_.push_back(trees_->directories(live->cgroup));
  if (live->process.output) poller_.remove(live->process.output.get());
  names_.erase(live->id);
  names_changed_ = true;
  live.reset();
  refresh(pod);
}

void Rehearsal::Body::tell(std::size_t pod) {
  for (Told& told : pods_[pod]->life.take_told()) {
    listener_.event({.at = clock_.now(),
                     .wall = clock_.wall(),
                     .warning = told.warning,
                     .reason = std::move(told.reason),
                     .message = std::move(told.message),
                     .pod = pod,
                     .container = told.container});
  }
}

void Rehearsal::Body::refresh(std::size_t pod) {
  const PodBody& body = *pods_[pod];
  PodState& state = states_[pod];
  body.life.describe(state.containers);
  for (std::size_t i = 0; i < body.containers.size(); ++i) {
    if (!body.containers[i].live) state.containers[i].pid = 0;
  }
  state.terminating = body.life.terminating();
  const Phase phase = body.life.phase();
  const bool ready = body.life.ready();
  const bool changed = state.phase != phase || state.ready != ready;
  state.phase = phase;
  state.ready = ready;
  if (changed) listener_.pod_changed(pod);
}

// A load that is being released may be in one for a moment longer.
void Rehearsal::Body::remove_cgroups() {
  std::erase_if(to_remove_, [](const auto& directories) { return remove_empty(directories); });
  for (const auto& [key, whose] : lives_) {
    const auto& live = pods_[whose.first]->containers[whose.second].live;
    if (live && !live->reported && clock_.now() > live->begun + kStartPatience) {
      signal(whose.first, whose.second, SIGKILL);
    }
  }
}

// Whole or not at all: another program may read it at any time.
void Rehearsal::Body::write_names() {
  nlohmann::json names = nlohmann::json::object();
  for (const auto& [id, whose] : names_) {
    const PodState& pod = states_[whose.first];
    names[id] = {
        {"container", pod.containers[whose.second].name}, {"pod", pod.name}, {"namespace", pod.ns}};
  }
  const std::string path = estate_.directories.back() + "/names.json";
  const std::string fresh = path + ".new";
  const std::string text = names.dump() + "\n";
  const os::Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) return;
  (void)::rename(fresh.c_str(), path.c_str());
}

}  // namespace duress::rehearse
