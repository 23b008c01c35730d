// Probes and preStop hooks under way: see rehearsal.h.
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/text.h"
#include "os/process.h"
#include "rehearse/rehearsal_body.h"
#include "rehearse/watched.h"

namespace duress::rehearse {

namespace {

constexpr std::size_t kMostOutput = 10UL * 1024;  // pkg/probe/exec/exec.go, maxReadLength
constexpr std::size_t kMostShown = 1000;          // an event's message holds 1024 bytes

const spec::Probe& probe_of(const spec::Container& container, ProbeKind kind) {
  switch (kind) {
    case ProbeKind::kStartup:
      return *container.startup;
    case ProbeKind::kLiveness:
      return *container.liveness;
    case ProbeKind::kReadiness:
      break;
  }
  return *container.readiness;
}

Command command_of(ProbeKind kind) { return static_cast<Command>(kind); }
static_assert(static_cast<int>(Command::kReadiness) == static_cast<int>(ProbeKind::kReadiness));

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string shown(const std::string& output) {
  const std::string_view text = trim(output);
  return text.empty() ? "" : quoted(text, kMostShown);
}

}  // namespace

void Rehearsal::Body::probe(std::size_t pod, std::size_t container, ProbeKind kind) {
  PodBody& body = *pods_[pod];
  const spec::Probe& spec = probe_of(*body.life.containers()[container].spec, kind);
  const Instant now = clock_.now();
  Asking asking{
      .pod = pod, .container = container, .kind = kind, .begun = now, .ends = now + spec.timeout};
  asking.network = make_probe_run(spec, states_[pod].ip, body.sockets);
  if (!asking.network) return run_command(std::move(asking), command_of(kind));
  const std::uint32_t key = next_key_++;
  askings_.emplace(key, std::move(asking));
  go_on(key);
}

void Rehearsal::Body::run_command(Asking asking, Command command) {
  const std::uint32_t key = next_key_++;
  const auto& live = pods_[asking.pod]->containers[asking.container].live;
  if (!live) return;
  auto started = runtime_->exec(
      {.key = key, .pod = asking.pod, .container = asking.container, .cgroup = live->cgroup},
      command, live->process.pidfd);
  Asking& own = askings_.emplace(key, std::move(asking)).first->second;
  if (!started) {
    return finish(key, {ProbeOutcome::kError,
                        "rpc error: code = Unknown desc = failed to exec in "
                        "container: " +
                            started.error().message});
  }
  own.process = std::move(*started);
  watch(key);
}

// One descriptor at a time; its number may come again as another file.
void Rehearsal::Body::watch(std::uint32_t key) {
  const Asking& asking = askings_.at(key);
  if (!asking.network) {
    (void)poller_.add(asking.process.output.get(), tag_of(Watch::kCommand, key));
  } else if (asking.network->fd() >= 0) {
    (void)poller_.add(asking.network->fd(), tag_of(Watch::kProbe, key), asking.network->events());
  }
}

void Rehearsal::Body::go_on(std::uint32_t key) {
  const auto found = askings_.find(key);
  if (found == askings_.end()) return;
  Asking& asking = found->second;
  if (!asking.network) return take_command_output(asking);
  if (asking.network->fd() >= 0) poller_.remove(asking.network->fd());
  if (const auto done = asking.network->go_on()) return finish(key, *done);
  watch(key);
}

void Rehearsal::Body::take_command_output(Asking& asking) {
  if (!asking.process.output) return;
  std::array<char, 16UL * 1024> part;
  const ssize_t got = ::read(asking.process.output.get(), part.data(), part.size());
  if (got > 0) {
    const std::size_t room = kMostOutput - asking.output.size();
    asking.output.append(part.data(), std::min(room, static_cast<std::size_t>(got)));
  } else if (got == 0 || errno != EAGAIN) {
    poller_.remove(asking.process.output.get());
    asking.process.output.reset();
  }
}

void Rehearsal::Body::command_ended(std::uint32_t key, int status) {
  Asking& asking = askings_.at(key);
  for (int i = 0; i < 4 && asking.process.output; ++i) take_command_output(asking);
  std::array<char, 1024> part;
  const ssize_t got = ::read(asking.process.report.get(), part.data(), part.size());
  if (got > 0) {
    const std::string why(part.data(), static_cast<std::size_t>(got));
    return finish(key, {ProbeOutcome::kError,
                        "rpc error: code = Unknown desc = failed to exec in container: OCI runtime "
                        "exec failed: exec failed: unable to start container process: " +
                            why});
  }
  const bool success = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  finish(key, {success ? ProbeOutcome::kSuccess : ProbeOutcome::kFailure,
               success ? "" : shown(asking.output)});
}

void Rehearsal::Body::finish(std::uint32_t key, const ProbeDone& done) {
  const auto found = askings_.find(key);
  const Asking asking = std::move(found->second);
  askings_.erase(found);
  if (asking.network && asking.network->fd() >= 0) poller_.remove(asking.network->fd());
  if (asking.process.output) poller_.remove(asking.process.output.get());
  PodBody& body = *pods_[asking.pod];
  const Instant now = clock_.now();
  if (!asking.kind) {
    const bool failed = done.outcome != ProbeOutcome::kSuccess;
    const std::string why = done.message.empty() ? "the command failed" : done.message;
    body.life.pre_stop_done(asking.container, failed ? why : "", now);
    return;
  }
  listener_.probed({.pod = asking.pod,
                    .container = asking.container,
                    .kind = *asking.kind,
                    .outcome = done.outcome,
                    .message = done.message,
                    .took = now - asking.begun,
                    .at = now});
  body.life.probed(asking.container, *asking.kind, done.outcome, done.message, now);
  tell(asking.pod);
}

void Rehearsal::Body::time_out_probes(Instant now) {
  std::vector<std::uint32_t> over;
  for (const auto& [key, asking] : askings_) {
    if (now >= asking.ends) over.push_back(key);
  }
  for (const std::uint32_t key : over) {
    const Asking& asking = askings_.at(key);
    if (asking.network) {
      finish(key, asking.network->timed_out());
      continue;
    }
    (void)os::pidfd_signal(asking.process.pidfd, SIGKILL);
    const spec::Container& container = *pods_[asking.pod]->life.containers()[asking.container].spec;
    const spec::Probe& spec = probe_of(container, *asking.kind);
    const std::string words = joined(std::get<spec::Exec>(spec.how).command);
    finish(key, {ProbeOutcome::kFailure, "command timed out: \"" + words + "\" timed out after " +
                                             format_duration(spec.timeout)});
  }
}

void Rehearsal::Body::forget_probes(std::size_t pod, std::size_t container) {
  std::erase_if(askings_, [&](const auto& entry) {
    const Asking& asking = entry.second;
    if (asking.pod != pod || asking.container != container) return false;
    if (asking.network && asking.network->fd() >= 0) poller_.remove(asking.network->fd());
    if (asking.process.output) poller_.remove(asking.process.output.get());
    return true;
  });
}

}  // namespace duress::rehearse
