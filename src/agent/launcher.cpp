#include "agent/launcher.h"

#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "agent/launcher_protocol.h"
#include "os/message.h"
#include "os/poller.h"
#include "os/process.h"
#include "spec/manifest_text.h"

namespace duress::agent {

namespace {

// A fork takes a millisecond; one that does not answer is stopped or lost.
constexpr auto kPatience = std::chrono::seconds(10);

Result<std::vector<os::Fd>> ask(const os::Fd& socket, const LaunchRequest& request,
                                std::span<const int> fds) {
  if (auto sent = os::send(socket, request, fds); !sent)
    return std::unexpected(sent.error().context("the launcher"));
  if (!os::wait_readable(socket, kPatience))
    return fail(Code::kGone, "the launcher does not answer");
  LaunchAnswer answer;
  auto got = os::receive(socket, answer, true);
  if (!got) return std::unexpected(got.error().context("the launcher"));
  if (answer.tell == LaunchTell::kRefused) return fail(static_cast<Code>(answer.code), answer.text);
  return got;
}

}  // namespace

Result<Launcher> Launcher::start(const LauncherSetting& setting) {
  auto pair = os::message_pair();
  if (!pair) return std::unexpected(pair.error());
  os::Fd process;
  auto pid = os::fork_into(os::Fd(), &process);
  if (!pid) return std::unexpected(pid.error().context("start the launcher"));
  if (*pid == 0) {
    pair->first.reset();
    launcher_main(std::move(pair->second), setting);
  }
  return Launcher(*pid, std::move(process), std::move(pair->first));
}

Launcher::~Launcher() {
  if (!process_) return;
  socket_.reset();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<StartedLoad> Launcher::start(const StartLoad& load) {
  LaunchRequest request{.op = load.preflight ? LaunchOp::kPreflight : LaunchOp::kStart,
                        .record = load.record && !load.preflight ? 1U : 0U,
                        .load = load.number};
  if (load.cgroup.size() >= sizeof request.cgroup)
    return fail(Code::kRefused, "the path of cgroup " + quoted(load.cgroup) + " is too long");
  std::memcpy(request.cgroup, load.cgroup.data(), load.cgroup.size());
  if (load.at_most) request.most_bytes = load.at_most->value;
  if (load.duration) request.nanoseconds = load.duration->count();
  const std::string text = spec::manifest_text(load.loads, load.name);
  auto manifest = os::sealed_memfd("duress-manifest", text.data(), text.size());
  if (!manifest) return std::unexpected(manifest.error());
  const int fd = manifest->get();
  auto fds = ask(socket_, request, std::span(&fd, 1));
  if (!fds) return std::unexpected(fds.error());
  if (fds->size() < 3) return fail(Code::kInternal, "the launcher: no descriptors of the load");
  StartedLoad out{LoadOutput(std::move((*fds)[0]), std::move((*fds)[1]), std::move((*fds)[2])), {}};
  if (fds->size() > 3) out.recording = std::move((*fds)[3]);
  return out;
}

Result<> Launcher::stop(std::uint64_t number) {
  auto done = ask(socket_, {.op = LaunchOp::kStop, .load = number}, {});
  return done ? Result<>() : std::unexpected(done.error());
}

Result<> Launcher::kill(std::uint64_t number) {
  auto done = ask(socket_, {.op = LaunchOp::kKill, .load = number}, {});
  return done ? Result<>() : std::unexpected(done.error());
}

}  // namespace duress::agent
