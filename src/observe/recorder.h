// Records one target into one file: takes a look when it is told to, watches the kernel's log for
// kills, and writes down what others tell it. It has no loop and no thread of its own: whoever owns
// it calls look() ten times a second, and hear() when the log is readable, so that one loop can
// hold many, which may share one feed of the log. It judges nothing. After the first failure to
// write it goes on looking, and says so. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cgroup/target.h"
#include "observe/oom_feed.h"
#include "observe/oom_watch.h"
#include "observe/recording_file.h"
#include "observe/sampler.h"

namespace duress::observe {

inline constexpr auto kLookEvery = std::chrono::milliseconds(100);

struct RecorderSetting {
  std::string path{};
  bool must_be_new = false;
  cgroup::Roots roots{};
  std::string kernel_log = "/dev/kmsg";  // "": none is read
  std::string duress_version{};
  std::vector<std::string> command{};
  std::string qos_class{};
  std::string kernel{};
  int node_cpus = 0;
  std::vector<std::string> own_prefixes{};  // of names of Duress's own processes: "stress-ng"
};

// What only somebody with rights can open, and may hand to a recorder that has none.
struct RecorderFiles {
  os::Fd recording;                // see make_recording_file()
  std::shared_ptr<OomFeed> log{};  // null: none is read
  std::string without_log{};       // why not
};

class Recorder final {
 public:
  // Makes the file and takes the first look.
  [[nodiscard]] static Result<Recorder> start(const RecorderSetting& setting, cgroup::Target target,
                                              const Clock& clock);
  // The setting's `must_be_new` and `kernel_log` do not count: both files are open.
  [[nodiscard]] static Result<Recorder> start(const RecorderSetting& setting, RecorderFiles files,
                                              cgroup::Target target, const Clock& clock);
  Recorder(Recorder&&) noexcept = default;
  Recorder& operator=(Recorder&&) noexcept = default;

  // False: the target's cgroup is gone. It may be given another by retarget().
  bool look(Instant now);
  void hear(Instant now);            // the kernel's log
  [[nodiscard]] int log_fd() const;  // -1: there is none
  // Its first process has ended: what follows (its cgroup's removal) is no news.
  void target_ended(Instant now);
  void tell(Event event, Instant now);  // its `at` becomes now
  void load(Bytes asked, Bytes held);   // as of the next look
  void load_over() { asked_.reset(), held_.reset(); }
  void plan(const LoadPlan& plan) { check(writer_.plan(plan)); }
  void foretold(const Foretold& foretold) { check(writer_.foretold(foretold)); }
  void end(const LoadEnd& end) { check(writer_.end(end)); }
  // A restarted container has another cgroup: the counters go on.
  void retarget(cgroup::Target target);
  // Kills that are not told yet: wait half a second before close().
  [[nodiscard]] bool is_unsettled() const { return watch_.is_open(); }
  [[nodiscard]] Result<> close(Instant now);

  // What it has found out by itself since it was asked last, for a live view.
  [[nodiscard]] std::vector<Event> news() { return std::exchange(news_, {}); }
  [[nodiscard]] const Look& last() const { return last_; }
  [[nodiscard]] const std::string& path() const { return writer_.path(); }
  [[nodiscard]] std::int64_t bytes() const { return writer_.bytes(); }
  [[nodiscard]] std::int64_t looks() const { return looks_; }
  // Why the file is not whole; unset: it is.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] const cgroup::Target& target() const { return sampler_.target(); }

 private:
  [[nodiscard]] static Result<Recorder> start(const RecorderSetting& setting, RecorderFiles files,
                                              Sampler sampler, const Clock& clock);
  Recorder(Sampler sampler, std::shared_ptr<OomFeed> log, RecordingWriter writer, Instant began);
  void check(const Result<>& written);
  void found(Event event);
  void follow_limit(const Sight& sight, Duration at);
  void follow_processes(const Processes::Change& change);
  [[nodiscard]] Whereabouts place(const OomLine& line) const;

  Sampler sampler_;
  std::shared_ptr<OomFeed> log_;
  std::uint64_t heard_ = 0;  // of its lines
  RecordingWriter writer_;
  OomWatch watch_;
  Instant began_;
  Look last_{};
  std::int64_t looks_ = 0;
  std::optional<Bytes> asked_;
  std::optional<Bytes> held_;
  bool gone_ = false;   // the cgroup
  bool ended_ = false;  // told so
  bool first_ = true;
  std::int64_t log_missed_ = 0;
  Instant glanced_;
  Instant allowed_at_;        // when the process events were last allowed more
  std::int64_t allowed_ = 0;  // process events
  std::int64_t left_out_ = 0;
  std::vector<Event> news_;
  std::optional<Error> failure_;
};

}  // namespace duress::observe
