// Who was killed for want of memory, when, at which usage and by whose limit: the cgroup's own
// counter says how many, the kernel's log says who. The log names a cgroup only ten times in five
// seconds and drops what is not read in time, so its complete but placeless lines are placed by the
// processes that were seen in the target, and what is left over is balanced by the counter. It
// opens and reads nothing: it is told. Owned by one recorder; one thread.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "observe/oom_lines.h"
#include "observe/processes.h"
#include "observe/sampler.h"

namespace duress::observe {

// Where the process of a log's line belongs, as far as processes were seen.
enum class Place : std::uint8_t { kInside, kOutside, kUnknown };
struct Whereabouts {
  Place place = Place::kUnknown;
  bool ours = false;
};

class OomWatch final {
 public:
  // `target`: its path, as the log writes it. `with_log`: lines will come.
  OomWatch(std::string target, bool with_log) : target_(std::move(target)), with_log_(with_log) {}

  void line(const OomLine& line, const Whereabouts& where, Duration at);
  // After the lines that were there when it was taken.
  void look(const Sight& sight, Duration at);
  void retarget(std::string target) { target_ = std::move(target); }
  void lose_log() { with_log_ = false; }
  // What is certain by now, in order: within half a second of the kill. `all`: no more will come.
  [[nodiscard]] std::vector<Event> take(Duration now, bool all);
  // Something is not told yet.
  [[nodiscard]] bool is_open() const {
    return !open_.empty() || group_ || !settled_.empty() || counted_ > explained_;
  }

 private:
  struct Killed {
    OomKilled line;
    Duration at{0};
    bool ours = false;
  };
  struct Choice {
    OomChoice line;
    Duration at{0};
  };
  struct Gone {
    SeenProcess process;
    Duration at{0};
  };
  struct Group {
    Event event;
    Duration last{0};  // member
  };
  void choice(const OomChoice& line, Duration at);
  void killed(const OomKilled& line, const Whereabouts& where, Duration at);
  void group(const OomGroup& line, Duration at);
  [[nodiscard]] const Choice* choice_of(pid_t pid) const;
  [[nodiscard]] bool concerns(const std::string& cgroup) const;
  [[nodiscard]] bool is_inside(const std::string& cgroup) const;
  void balance(Duration now, bool all);
  void take_strangers(Duration now, bool all);
  void take_gone(Duration now);
  void take_unnamed(Duration now);
  void forget(Duration now);
  void close_group(Duration now, bool all);
  [[nodiscard]] bool was_told(pid_t pid) const;
  [[nodiscard]] Event kill_event(const Killed& killed) const;
  void add_circumstances(Event& event, const std::string& oom_cgroup) const;
  void outsider(const std::string& name, pid_t pid, const std::string& oom_cgroup,
                const std::string& task_cgroup, Duration at);

  std::string target_;
  bool with_log_;
  std::int64_t counted_ = 0;    // by the cgroup
  std::int64_t explained_ = 0;  // of them, by events
  std::int64_t groups_counted_ = 0;
  std::int64_t groups_explained_ = 0;
  std::optional<Duration> owed_since_;
  std::optional<Duration> ahead_since_;
  std::deque<Choice> choices_;
  std::deque<Killed> open_;       // ours to tell, once no group can claim them
  std::deque<Killed> strangers_;  // lines of nobody knows whose
  std::deque<Gone> gone_;
  std::deque<std::pair<pid_t, Duration>> told_;
  std::optional<Group> group_;
  std::vector<Event> settled_;
  std::string last_cgroup_;  // whose limit it was, when the log said it last
  Bytes usage_;
  std::vector<cgroup::Level> levels_;
};

}  // namespace duress::observe
