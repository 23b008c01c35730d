#include "cli/run_recorder.h"

#include <sys/socket.h>
#include <unistd.h>

#include "os/message.h"
#include "os/poller.h"
#include "os/process.h"
#include "recorder/protocol.h"

namespace duress::cli {

namespace {

using recorder::message_of;
using recorder::Word;

constexpr auto kPatience = std::chrono::seconds(2);

// kGone: the recorder has ended. kBusy: it does not answer in time.
Result<std::string> answer_of(const os::Fd& channel) {
  if (!os::wait_readable(channel, kPatience))
    return fail(Code::kBusy, "the recorder does not answer");
  char buffer[4096];
  auto got = os::receive_some(channel, buffer, false);
  if (!got) return std::unexpected(got.error().context("the recorder"));
  return recorder::decode_answer({buffer, got->size});
}

Result<> begin(const os::Fd& channel, const recorder::Begin& begin) {
  auto file = observe::make_recording_file(begin.setting.path, begin.setting.must_be_new);
  if (!file) return std::unexpected(file.error());
  auto self = os::pidfd_open(::getpid());
  if (!self) return std::unexpected(self.error());
  const std::string message = recorder::begin_message(begin);
  const int beside[] = {file->get(), self->get()};
  if (auto sent = os::send_bytes(channel, message.data(), message.size(), beside); !sent)
    return std::unexpected(sent.error().context("the recorder"));
  auto problem = answer_of(channel);
  if (!problem) return std::unexpected(problem.error());
  if (!problem->empty()) return fail(Code::kIo, *problem);
  return {};
}

}  // namespace

Result<RunRecorder> RunRecorder::start(const observe::RecorderSetting& setting,
                                       const std::string& cgroup, os::Fd channel) {
  const recorder::Begin told{.setting = setting, .cgroup = cgroup};
  if (channel) {
    auto begun = begin(channel, told);
    if (begun) return RunRecorder(setting.path, std::nullopt, std::move(channel));
    // One that is only late may write into the file yet.
    if (begun.error().code != Code::kGone) return std::unexpected(begun.error());
  }
  auto own = recorder::RecorderProcess::start();
  if (!own) return std::unexpected(own.error());
  auto made = own->channel();
  if (!made) return std::unexpected(made.error());
  channel = std::move(*made);
  if (auto begun = begin(channel, told); !begun) {
    channel.reset();  // or its end would be waited for
    return std::unexpected(begun.error());
  }
  return RunRecorder(setting.path, std::move(*own), std::move(channel));
}

bool RunRecorder::send(const std::string& message) {
  return ::send(channel_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void RunRecorder::plan(const observe::LoadPlan& plan) { (void)send(message_of(Word::kPlan, plan)); }

void RunRecorder::foretold(const observe::Foretold& foretold) {
  (void)send(message_of(Word::kForetold, foretold));
}

void RunRecorder::event(observe::EventKind kind, const std::string& text) {
  (void)send(message_of(Word::kEvent, observe::Event{.kind = kind, .text = text}));
}

void RunRecorder::load(Bytes asked, Bytes held) {
  // It keeps what it was told, and each message wakes it.
  const std::pair now(asked, held);
  if (told_load_ == now) return;
  if (send(recorder::load_message(asked, held))) told_load_ = now;
}

std::string RunRecorder::finish(const observe::LoadEnd& end) {
  (void)send(message_of(Word::kEnd, end));
  const auto problem = answer_of(channel_);
  channel_.reset();
  if (problem) return *problem;
  if (problem.error().code == Code::kBusy) return "the recorder is still busy";
  return "the recorder was killed: the recording ends before the run";
}

}  // namespace duress::cli
