// The recorder's own process: see recorder_process.h.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>

#include "cgroup/target.h"
#include "os/message.h"
#include "os/poller.h"
#include "os/privileges.h"
#include "os/process.h"
#include "os/stand_apart.h"
#include "recorder/load_recording.h"
#include "recorder/protocol.h"
#include "recorder/recorder_process.h"

namespace duress::recorder {

namespace {

constexpr auto kIdle = std::chrono::hours(1);

// The tags of what is waited for; a load has the three from its number on.
constexpr std::uint64_t kControl = 0;
constexpr std::uint64_t kLog = 1;
enum Of : std::uint64_t { kChannel, kSupervisor, kTarget };
constexpr std::uint64_t kFirstLoad = 4;
constexpr std::uint64_t kTags = 4;

class Recorders final {
 public:
  Recorders(const os::Fd& control, os::Poller poller)
      : control_(control), poller_(std::move(poller)) {}

  void serve();

 private:
  struct Load {
    os::Fd channel;
    os::Fd supervisor{};
    os::Fd target{};
    std::optional<LoadRecording> recording{};  // unset: it has not begun
    bool is_closed = false;                    // the channel
  };
  using Loads = std::map<std::uint64_t, Load>;

  void take_channel();
  void take(std::uint64_t number, Load& load);
  void begin(std::uint64_t number, Load& load, std::string_view message, std::vector<os::Fd> fds);
  [[nodiscard]] Result<observe::Recorder> recorder(const Begin& begin, os::Fd file);
  void happened(std::uint64_t tag);
  void close_channel(Load& load);
  void look();
  void hear();
  void close_what_is_over();
  void follow_log(bool yes);
  [[nodiscard]] Duration patience() const;
  [[nodiscard]] bool is_recording() const {
    return std::ranges::any_of(loads_,
                               [](const auto& one) { return one.second.recording.has_value(); });
  }

  const os::Fd& control_;
  os::Poller poller_;
  const SystemClock clock_;
  bool has_control_ = true;
  Result<cgroup::Hierarchy> hierarchy_ = cgroup::detect({});
  Result<std::shared_ptr<observe::OomFeed>> log_ = observe::OomFeed::open("/dev/kmsg");
  Loads loads_;
  std::uint64_t next_number_ = kFirstLoad;
  Instant next_look_ = Instant::max();  // max: nothing is recorded
};

void answer(const os::Fd& channel, const std::string& problem) {
  const std::string message = answer_message(problem);
  (void)::send(channel.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Recorders::take_channel() {
  char nothing = 0;
  auto fds = os::receive(control_, nothing, false);
  if (!fds) {
    if (fds.error().code == Code::kBusy) return;
    poller_.remove(control_.get());
    has_control_ = false;
    return;
  }
  if (fds->size() != 1) return;
  const std::uint64_t number = next_number_;
  if (!poller_.add(fds->front().get(), number + kChannel)) return;
  next_number_ += kTags;
  loads_.emplace(number, Load{.channel = std::move(fds->front())});
}

Result<observe::Recorder> Recorders::recorder(const Begin& begin, os::Fd file) {
  if (!hierarchy_) return std::unexpected(hierarchy_.error());
  auto target = cgroup::locate({}, *hierarchy_, cgroup::ByPath{begin.cgroup});
  if (!target) return std::unexpected(target.error());
  observe::RecorderFiles files{.recording = std::move(file)};
  if (log_) {
    files.log = *log_;
  } else {
    files.without_log = log_.error().message;
  }
  return observe::Recorder::start(begin.setting, std::move(files), std::move(*target), clock_);
}

void Recorders::begin(std::uint64_t number, Load& load, std::string_view message,
                      std::vector<os::Fd> fds) {
  const auto told = decode_begin(message);
  if (!told || fds.size() != 2) return answer(load.channel, "the first message is no beginning");
  if (!is_recording()) {
    follow_log(true);
    next_look_ = clock_.now() + observe::kLookEvery;
  }
  load.supervisor = std::move(fds[1]);
  if (auto added = poller_.add(load.supervisor.get(), number + kSupervisor); !added)
    return answer(load.channel, added.error().message);
  auto made = recorder(*told, std::move(fds[0]));
  if (!made) return answer(load.channel, made.error().message);
  if (const pid_t init = made->target().init; init > 0) {
    if (auto target = os::pidfd_open(init)) load.target = std::move(*target);
  }
  load.recording.emplace(std::move(*made));
  if (load.target) (void)poller_.add(load.target.get(), number + kTarget);
  answer(load.channel, "");
}

void Recorders::close_channel(Load& load) {
  poller_.remove(load.channel.get());
  load.is_closed = true;
}

void Recorders::take(std::uint64_t number, Load& load) {
  // Not cleared: of a page that is not written to there is none.
  const auto buffer = std::make_unique_for_overwrite<char[]>(kMostMessage);
  while (!load.is_closed) {
    auto got = os::receive_some(load.channel, {buffer.get(), kMostMessage}, false);
    if (!got) {
      if (got.error().code != Code::kBusy) close_channel(load);
      return;
    }
    const std::string_view message(buffer.get(), got->size);
    if (load.recording) {
      load.recording->take(message, clock_.now());
    } else {
      begin(number, load, message, std::move(got->fds));
    }
  }
}

void Recorders::happened(std::uint64_t tag) {
  if (tag == kControl) return take_channel();
  if (tag == kLog) return hear();
  const auto found = loads_.find(tag - tag % kTags);
  if (found == loads_.end()) return;
  Load& load = found->second;
  switch (static_cast<Of>(tag % kTags)) {
    case kChannel:
      take(found->first, load);
      break;
    case kSupervisor:
      take(found->first, load);  // what it said before
      poller_.remove(load.supervisor.get());
      if (!load.is_closed) close_channel(load);
      break;
    case kTarget:
      poller_.remove(load.target.get());
      if (load.recording) load.recording->target_ended(clock_.now());
      break;
  }
  if (load.is_closed && load.recording) load.recording->supervisor_ended(clock_.now());
}

void Recorders::follow_log(bool yes) {
  if (!log_ || (*log_)->failure()) return;
  if (yes) (void)poller_.add((*log_)->fd(), kLog);
  if (!yes) poller_.remove((*log_)->fd());
}

void Recorders::hear() {
  const bool could = log_ && !(*log_)->failure();
  for (auto& [number, load] : loads_) {
    if (load.recording) load.recording->hear(clock_.now());
  }
  if (could && (*log_)->failure()) poller_.remove((*log_)->fd());
}

void Recorders::look() {
  const Instant now = clock_.now();
  const bool all = now >= next_look_;
  for (auto& [number, load] : loads_) {
    if (!load.recording || load.recording->is_over()) continue;
    const auto due = load.recording->due();
    if (all || (due && now >= *due)) load.recording->look(clock_.now());
  }
  // It never catches up: after a stop, the next look is a moment away.
  if (all) next_look_ = std::max(next_look_ + observe::kLookEvery, now + observe::kLookEvery / 2);
}

void Recorders::close_what_is_over() {
  const bool recorded = is_recording();
  for (auto& [number, load] : loads_) {
    if (!load.recording || !load.recording->is_over()) continue;
    for (const os::Fd* fd : {&load.channel, &load.supervisor, &load.target})
      if (*fd) poller_.remove(fd->get());
    const auto closed = load.recording->close(clock_.now());
    answer(load.channel, closed ? "" : closed.error().message);
    load.recording.reset();
    load.is_closed = true;
  }
  std::erase_if(loads_,
                [](const auto& one) { return one.second.is_closed && !one.second.recording; });
  if (!recorded || is_recording()) return;
  follow_log(false);
  next_look_ = Instant::max();
}

Duration Recorders::patience() const {
  if (next_look_ == Instant::max()) return kIdle;
  Instant next = next_look_;
  for (const auto& [number, load] : loads_) {
    if (!load.recording) continue;
    if (const auto due = load.recording->due()) next = std::min(next, *due);
  }
  return next - clock_.now();
}

void Recorders::serve() {
  if (!poller_.add(control_.get(), kControl)) return;
  while (has_control_ || !loads_.empty()) {
    auto ready = poller_.wait(patience());
    if (!ready) return;
    for (const os::Ready& one : *ready) happened(one.tag);
    look();
    close_what_is_over();
  }
}

}  // namespace

void recorder_main(const os::Fd& control) {
  os::stand_apart("duress-recorder");
  os::close_all_but({control.get()});
  os::allow_descriptors();  // some ten for each load
  auto poller = os::Poller::make();
  if (!poller) ::_exit(1);
  Recorders recorders(control, std::move(*poller));
  (void)os::drop_capabilities();
  recorders.serve();
  ::_exit(0);
}

}  // namespace duress::recorder
