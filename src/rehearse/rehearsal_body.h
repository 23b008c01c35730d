// What a Rehearsal is made of; only rehearsal*.cpp know it. One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/poller.h"
#include "rehearse/caretaker.h"
#include "rehearse/estate.h"
#include "rehearse/rehearsal.h"
#include "rehearse/rehearsal_parts.h"
#include "rehearse/runtime.h"
#include "rehearse/trees.h"

namespace duress::rehearse {

class Rehearsal::Body final {
 public:
  Body(Options options, const Clock& clock, Listener& listener, os::Poller poller)
      : options_(std::move(options)),
        clock_(clock),
        listener_(listener),
        poller_(std::move(poller)) {}

  Result<> begin(std::vector<spec::Pod> pods);
  Result<> tick();
  void stop(std::chrono::seconds most_grace);
  std::vector<std::string> close();
  [[nodiscard]] bool over() const;

 private:
  friend class Rehearsal;
  // rehearsal_start.cpp
  Result<> take_place();
  Result<> make_groups(const std::vector<spec::Pod>& pods);
  void note_differences(const std::vector<spec::Pod>& pods);
  // rehearsal_run.cpp
  void make_pod(std::size_t pod);
  void advance(std::size_t pod);
  void perform(std::size_t pod, const Action& action);
  void start(std::size_t pod, std::size_t container);
  void signal(std::size_t pod, std::size_t container, int number);
  void take_output(std::size_t pod, std::size_t container);
  void take_report(std::size_t pod, std::size_t container);
  void ended(const Ended& how);
  void container_ended(std::size_t pod, std::size_t container, int status);
  void handle(const os::Ready& ready);
  void tell(std::size_t pod);
  void refresh(std::size_t pod);
  void remove_cgroups();
  void write_names();
  void reckon_deadline(Instant now);
  // rehearsal_probes.cpp
  void probe(std::size_t pod, std::size_t container, ProbeKind kind);
  void run_command(Asking asking, Command command);
  void go_on(std::uint32_t key);
  void watch(std::uint32_t key);
  void finish(std::uint32_t key, const ProbeDone& done);
  void command_ended(std::uint32_t key, int status);
  void take_command_output(Asking& asking);
  void time_out_probes(Instant now);
  void forget_probes(std::size_t pod, std::size_t container);

  Options options_;
  const Clock& clock_;
  Listener& listener_;
  os::Poller poller_;
  std::vector<std::string> notes_;
  std::vector<PodState> states_;
  std::vector<std::unique_ptr<PodBody>> pods_;
  std::string root_;
  Instant deadline_{};
  bool stopped_ = false;
  os::Fd lock_;
  Estate estate_;
  std::unique_ptr<Trees> trees_;
  std::optional<Caretaker> caretaker_;
  RuntimePlan plan_;
  std::optional<Runtime> runtime_;
  std::uint32_t next_key_ = 1;
  std::map<std::uint32_t, std::pair<std::size_t, std::size_t>> lives_;  // key -> pod, container
  std::map<std::uint32_t, Asking> askings_;
  std::vector<std::vector<std::string>> to_remove_;                   // cgroups of ended containers
  std::map<std::string, std::pair<std::size_t, std::size_t>> names_;  // id -> pod, container
  bool names_changed_ = false;
  bool closed_ = false;
};

}  // namespace duress::rehearse
