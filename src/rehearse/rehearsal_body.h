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
#include "rehearse/output_ring.h"
#include "rehearse/pod_life.h"
#include "rehearse/probe_run.h"
#include "rehearse/rehearsal.h"
#include "rehearse/runtime.h"
#include "rehearse/trees.h"

namespace duress::rehearse {

// A container's first process, from its start to its end.
struct Live {
  std::uint32_t key = 0;
  std::string id{};
  std::string cgroup{};
  Started process{};
  std::string report{};
  bool reported = false;  // whether it executes is known
  bool not_started = false;
  Instant begun{};
};

struct ContainerBody {
  std::optional<Live> live{};
  OutputRing output{};
};

class PodSockets final : public Sockets {
 public:
  PodSockets(Runtime& runtime, std::size_t pod) : runtime_(runtime), pod_(pod) {}
  [[nodiscard]] Result<os::Fd> socket(bool ipv6) override { return runtime_.socket(pod_, ipv6); }

 private:
  Runtime& runtime_;
  std::size_t pod_;
};

// Of this machine's own network: for probes that name a host.
class HostSockets final : public Sockets {
 public:
  [[nodiscard]] Result<os::Fd> socket(bool ipv6) override;
};

struct PodBody {
  PodBody(spec::Pod of, const LifeOptions& options, Runtime& runtime, std::size_t number,
          Instant now)
      : spec(std::move(of)), life(spec, options, now), sockets(runtime, number) {}
  spec::Pod spec;
  PodLife life;
  PodSockets sockets;
  std::vector<ContainerBody> containers{};
  bool made = false;
};

// A probe or a preStop hook under way.
struct Asking {
  std::size_t pod = 0;
  std::size_t container = 0;
  std::optional<ProbeKind> kind{};  // unset: preStop
  Instant begun{};
  Instant ends{};
  std::unique_ptr<ProbeRun> network{};  // null: a command
  Started process{};
  std::string output{};
  std::string report{};
};

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

 private:
  // rehearsal_start.cpp
  Result<> take_place();
  Result<> make_groups(const std::vector<spec::Pod>& pods);
  void note_differences(const std::vector<spec::Pod>& pods);
  // rehearsal_run.cpp
  void make_pod(std::size_t pod);
  void advance(std::size_t pod);
  void perform(std::size_t pod, const Action& action);
  void start(std::size_t pod, std::size_t container);
  void signal(std::size_t pod, std::size_t container, int signal);
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

  os::Fd lock_;
  Estate estate_;
  std::unique_ptr<Trees> trees_;
  std::optional<Caretaker> caretaker_;
  RuntimePlan plan_;
  std::optional<Runtime> runtime_;
  HostSockets host_sockets_;
  std::uint32_t next_key_ = 1;
  std::map<std::uint32_t, std::pair<std::size_t, std::size_t>> lives_;  // key -> pod, container
  std::map<std::uint32_t, Asking> askings_;
  std::vector<std::vector<std::string>> to_remove_;                   // cgroups of ended containers
  std::map<std::string, std::pair<std::size_t, std::size_t>> names_;  // id -> pod, container
  bool names_changed_ = false;
  bool closed_ = false;
};

}  // namespace duress::rehearse
