#include "observe/recorder.h"

#include <algorithm>

#include "base/text.h"

namespace duress::observe {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kGlanceEvery = milliseconds(10);
// Of a shell that starts a thousand processes a second, these are told one by one.
constexpr std::int64_t kProcessEvents = 200;
constexpr std::int64_t kProcessEventsASecond = 20;
constexpr std::size_t kMostNews = 10'000;

Header header_of(const RecorderSetting& setting, const cgroup::Target& target, Bytes node_total,
                 const Clock& clock) {
  return {.version = kFormatVersion,
          .began = clock.wall(),
          .duress_version = setting.duress_version,
          .command = setting.command,
          .target = target.name,
          .container_id = target.container_id,
          .cgroup = target.path,
          .cgroup_version = target.version == cgroup::Version::kV1 ? 1 : 2,
          .kernel = setting.kernel,
          .node_total = node_total,
          .node_cpus = setting.node_cpus,
          .qos_class = setting.qos_class,
          .levels = target.memory->levels().value_or(std::vector<cgroup::Level>())};
}

}  // namespace

Recorder::Recorder(Sampler sampler, std::shared_ptr<OomFeed> log, RecordingWriter writer,
                   Instant began)
    : sampler_(std::move(sampler)),
      log_(std::move(log)),
      heard_(log_ ? log_->end() : 0),
      writer_(std::move(writer)),
      watch_(sampler_.target().path, log_ != nullptr),
      began_(began),
      log_missed_(log_ ? log_->missed() : 0),
      allowed_at_(began),
      allowed_(kProcessEvents) {}

Result<Recorder> Recorder::start(const RecorderSetting& setting, cgroup::Target target,
                                 const Clock& clock) {
  auto sampler = Sampler::make(setting.roots, std::move(target), setting.own_prefixes);
  if (!sampler) return std::unexpected(sampler.error());
  auto file = make_recording_file(setting.path, setting.must_be_new);
  if (!file) return std::unexpected(file.error());
  RecorderFiles files{.recording = std::move(*file), .without_log = "the kernel's log is not read"};
  if (!setting.kernel_log.empty()) {
    auto log = OomFeed::open(setting.kernel_log);
    if (log) {
      files.log = std::move(*log);
    } else {
      files.without_log = log.error().message;
    }
  }
  return start(setting, std::move(files), std::move(*sampler), clock);
}

Result<Recorder> Recorder::start(const RecorderSetting& setting, RecorderFiles files,
                                 cgroup::Target target, const Clock& clock) {
  auto sampler = Sampler::make(setting.roots, std::move(target), setting.own_prefixes);
  if (!sampler) return std::unexpected(sampler.error());
  return start(setting, std::move(files), std::move(*sampler), clock);
}

Result<Recorder> Recorder::start(const RecorderSetting& setting, RecorderFiles files,
                                 Sampler sampler, const Clock& clock) {
  if (files.log) files.log->read();  // what was there before is not of this recording
  const bool has_log = files.log != nullptr;
  Header header = header_of(setting, sampler.target(), sampler.node_total(), clock);
  header.kernel_log = has_log;
  auto writer = RecordingWriter::begin(std::move(files.recording), setting.path, header);
  if (!writer) return std::unexpected(writer.error());
  const Instant now = clock.now();
  Recorder out(std::move(sampler), std::move(files.log), std::move(*writer), now);
  if (!has_log) {
    out.found({.kind = EventKind::kNoted,
               .text = files.without_log + ": OOM kills are counted, and named only where a "
                                           "process was seen to go"});
  }
  if (!out.look(now)) return fail(Code::kGone, "the target's cgroup was removed meanwhile");
  return out;
}

void Recorder::check(const Result<>& written) {
  if (!written && !failure_) failure_ = written.error();
}

void Recorder::found(Event event) {
  check(writer_.event(event));
  if (news_.size() < kMostNews) news_.push_back(std::move(event));
}

void Recorder::tell(Event event, Instant now) {
  event.at = now - began_;
  if (event.kind == EventKind::kContainerEnded) ended_ = true;  // its cgroup's end is no news
  check(writer_.event(event));
}

void Recorder::target_ended(Instant now) {
  if (std::exchange(ended_, true)) return;
  found({.at = now - began_,
         .kind = EventKind::kContainerEnded,
         .subject = sampler_.target().name,
         .text = "the target's first process ended"});
}

void Recorder::load(Bytes asked, Bytes held) {
  asked_ = asked;
  held_ = held;
}

int Recorder::log_fd() const { return log_ ? log_->fd() : -1; }

bool Recorder::look(Instant now) {
  const Duration at = now - began_;
  auto sight = sampler_.look(now);
  hear(now);  // behind the counter: every kill that it counts has its line there
  if (!sight) {
    if (!std::exchange(gone_, true) && !std::exchange(ended_, true)) {
      found({.at = at,
             .kind = EventKind::kContainerEnded,
             .subject = sampler_.target().name,
             .text = "the target's cgroup was removed"});
    }
    for (Event& event : watch_.take(at, false)) found(std::move(event));
    return false;
  }
  sight->look.at = at;
  sight->look.asked = asked_;
  sight->look.held = held_;
  watch_.look(*sight, at);
  if (!first_) {
    follow_limit(*sight, at);
    follow_processes(sight->processes);
  }
  for (Event& event : watch_.take(at, false)) found(std::move(event));
  check(writer_.look(sight->look));
  ++looks_;
  last_ = sight->look;
  first_ = false;
  return true;
}

void Recorder::follow_limit(const Sight& sight, Duration at) {
  if (sight.look.limit == last_.limit) return;
  const auto words = [](const std::optional<Bytes>& limit) {
    return limit ? format_bytes(*limit) : std::string("none");
  };
  found({.at = at,
         .kind = EventKind::kLimitChanged,
         .text = "the effective memory limit was changed from " + words(last_.limit) + " to " +
                 words(sight.look.limit),
         .bytes = sight.look.limit,
         .cgroup = sight.limit_cgroup});
}

void Recorder::follow_processes(const Processes::Change& change) {
  const auto tell_one = [this](EventKind kind, const SeenProcess& process, Instant when) {
    if (allowed_ <= 0) {
      ++left_out_;
      return;
    }
    --allowed_;
    found({.at = std::max<Duration>(when - began_, Duration(0)),
           .kind = kind,
           .subject = process.name,
           .pid = process.pid,
           .ours = process.ours});
  };
  for (const SeenProcess& process : change.came)
    tell_one(EventKind::kProcessCame, process, process.first);
  for (const SeenProcess& process : change.went)
    tell_one(EventKind::kProcessWent, process, process.last);
  const Instant now = began_ + last_.at;
  if (now - allowed_at_ < seconds(1)) return;
  allowed_at_ = now;
  allowed_ = std::min(allowed_ + kProcessEventsASecond, kProcessEvents);
  if (left_out_ == 0) return;
  found({.at = last_.at,
         .kind = EventKind::kNoted,
         .text = std::to_string(left_out_) +
                 " more processes came or went within the second before, too many to name"});
  left_out_ = 0;
}

Whereabouts Recorder::place(const OomLine& line) const {
  const auto* const killed = std::get_if<OomKilled>(&line);
  if (killed == nullptr) return {};
  if (const SeenProcess* const seen = sampler_.processes().find(killed->pid))
    return {.place = Place::kInside, .ours = seen->ours};
  const auto inside = sampler_.processes().is_in(sampler_.target(), killed->pid);
  return {.place = !inside   ? Place::kUnknown
                   : *inside ? Place::kInside
                             : Place::kOutside,
          .ours = sampler_.processes().described(killed->pid, killed->name).ours};
}

void Recorder::hear(Instant now) {
  if (!log_) return;
  log_->read();
  bool kills = false;
  while (const OomLine* const line = log_->next(heard_)) {
    kills = true;
    watch_.line(*line, place(*line), now - began_);
  }
  if (log_->missed() > log_missed_) {
    found({.at = now - began_,
           .kind = EventKind::kNoted,
           .text = "the kernel's log ran over: " + std::to_string(log_->missed() - log_missed_) +
                   " records are lost, and with them names of victims, perhaps"});
    log_missed_ = log_->missed();
  }
  if (log_->failure()) {
    found({.at = now - began_, .kind = EventKind::kNoted, .text = log_->failure()->message});
    watch_.lose_log();
    log_.reset();
  }
  // The next victim may have come since the last look.
  if (kills && !gone_ && now - glanced_ >= kGlanceEvery) {
    sampler_.glance(now);
    glanced_ = now;
  }
}

void Recorder::retarget(cgroup::Target target) {
  watch_.retarget(target.path);
  sampler_.retarget(std::move(target));
  gone_ = ended_ = false;
}

Result<> Recorder::close(Instant now) {
  for (Event& event : watch_.take(now - began_, true)) found(std::move(event));
  check(writer_.close());
  if (failure_) return std::unexpected(*failure_);
  return {};
}

}  // namespace duress::observe
