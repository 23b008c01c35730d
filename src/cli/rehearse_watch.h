// One container of a rehearsal as it is recorded: its recorder follows it through restarts, and is
// told of probes, ends and loads. It starts no container and no load. Owned by the session; one
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/load_process.h"
#include "base/clock.h"
#include "cgroup/target.h"
#include "observe/recorder.h"
#include "rehearse/state.h"

namespace duress::cli {

class ContainerWatch final {
 public:
  struct Setting {
    cgroup::Roots roots{};
    const cgroup::Hierarchy& hierarchy;
    const Clock& clock;
    std::vector<std::string> command{};  // as typed
    std::string name{};                  // "hello-world-7d4/hello"
    std::optional<std::string> where{};  // of recordings; unset: the usual directory
  };
  explicit ContainerWatch(Setting setting) : setting_(std::move(setting)) {}

  // The container runs as this: for the first time, or anew.
  [[nodiscard]] Result<> started(const rehearse::ContainerState& container);
  void ended(const rehearse::Termination& termination, Instant now);
  void probed(const rehearse::ProbeResult& result, Instant now);
  void told(const std::string& text, Instant now);  // an event of the kubelet's
  void load_started(const std::string& experiment, Instant now);
  void load_told(const agent::LoadNews& news, Instant now);

  // Takes a look if one is due: ten times a second while a load is on, once a second without.
  void look(Instant now);
  [[nodiscard]] Instant next_look() const { return next_look_; }
  void hear(Instant now);
  [[nodiscard]] int log_fd() const { return recorder_ ? recorder_->log_fd() : -1; }

  void mark_begin(const rehearse::ContainerState& container);
  [[nodiscard]] bool was_ready() const { return was_ready_; }
  [[nodiscard]] bool was_stressed() const { return stressed_; }
  [[nodiscard]] bool has_ended() const { return ended_; }  // since the experiments began
  [[nodiscard]] int restarts_since_begin(const rehearse::ContainerState& container) const {
    return container.restarts - restarts_before_;
  }
  [[nodiscard]] const observe::Look* last() const {
    return recorder_ ? &recorder_->last() : nullptr;
  }
  [[nodiscard]] bool is_unsettled() const { return recorder_ && recorder_->is_unsettled(); }
  // Closes the file and returns its path; "" where there is none.
  [[nodiscard]] Result<std::string> close(Instant now);

 private:
  [[nodiscard]] Result<cgroup::Target> locate(const std::string& cgroup) const;
  void tell(observe::Event event, Instant now);

  Setting setting_;
  std::optional<observe::Recorder> recorder_;
  Instant next_look_{};
  bool gone_ = false;  // its cgroup, until it is started anew
  int loads_on_ = 0;
  bool stressed_ = false;
  bool planned_ = false;
  bool was_ready_ = false;
  bool began_ = false;
  bool ended_ = false;
  int restarts_before_ = 0;
  std::optional<observe::LoadEnd> load_end_;
};

}  // namespace duress::cli
