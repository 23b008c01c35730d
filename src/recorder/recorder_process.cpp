#include "recorder/recorder_process.h"

#include <sys/wait.h>

#include "os/message.h"
#include "os/poller.h"
#include "os/process.h"

namespace duress::recorder {

namespace {

constexpr auto kPatience = std::chrono::seconds(3);

}  // namespace

Result<RecorderProcess> RecorderProcess::start() {
  auto pair = os::message_pair();
  if (!pair) return std::unexpected(pair.error());
  os::Fd process;
  auto pid = os::fork_into({}, &process);
  if (!pid) return std::unexpected(pid.error().context("start the recorder"));
  if (*pid == 0) recorder_main(pair->second);
  return RecorderProcess(*pid, std::move(process), std::move(pair->first));
}

RecorderProcess::~RecorderProcess() {
  if (!process_) return;
  control_.reset();
  if (os::wait_readable(process_, kPatience)) ::waitpid(pid_, nullptr, 0);
}

bool RecorderProcess::has_ended() const { return os::has_ended(process_); }

Result<os::Fd> RecorderProcess::channel() {
  auto pair = os::message_pair();
  if (!pair) return std::unexpected(pair.error());
  const char nothing = 0;
  const int theirs = pair->second.get();
  if (auto sent = os::send(control_, nothing, std::span(&theirs, 1)); !sent)
    return std::unexpected(sent.error().context("the recorder"));
  return std::move(pair->first);
}

}  // namespace duress::recorder
