// Pods of this machine, run as a kubelet would run them: cgroups, namespaces, probes, restarts. It
// reads no manifest, applies no load, samples nothing and prints nothing; who uses it puts its fd
// into a loop of their own, calls tick(), and is told by a Listener. It owns two helper processes
// and all that it makes on the machine; one thread, the one that started it, which has to live as
// long as it does (its end ends the Pods).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/units.h"
#include "rehearse/state.h"
#include "spec/pod.h"

namespace duress::rehearse {

// Where things are made; all of it is removed.
struct Places {
  std::string proc = "/proc";
  std::string run = "/run/duress";        // rehearse-<pid>/: the lock and names.json
  std::string state = "/var/lib/duress";  // rehearse-<pid>/: emptyDir volumes, on a disk
};

struct Options {
  Places places{};
  Bytes node_memory{};         // the capacity that oom_score_adj is reckoned by
  bool oom_group = true;       // v2 memory.oom.group of containers, as a kubelet from 1.28 sets it
  double back_off_factor = 1;  // CrashLoopBackOff's times are divided by it
  // Unset: probes as of a kubelet that has been up for long. Set: each first probe is put off by a
  // random part of its period, as a kubelet does in the first period after its own start.
  std::optional<std::uint64_t> jitter_seed{};
  std::string log_directory{};  // "": a container's output is kept in memory only, the last 64 KiB
};

// Called from within start(), tick() and stop(); may not call the Rehearsal back, state() aside.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void event(const Event& event) = 0;
  virtual void container_started(std::size_t pod, std::size_t container) = 0;  // state() tells all
  // The cgroup of the one that ended is there until this call returns.
  virtual void container_ended(std::size_t pod, std::size_t container,
                               const Termination& termination) = 0;
  virtual void probed(const ProbeResult& result) = 0;
  virtual void pod_changed(std::size_t pod) = 0;  // phase or readiness
};

class Rehearsal final {
 public:
  // Lays out the cgroups and begins to start the Pods. kRefused, kPermission, kUnsupported: why it
  // cannot be done on this machine, and nothing is left. Fork-safe only before other threads run.
  [[nodiscard]] static Result<std::unique_ptr<Rehearsal>> start(std::vector<spec::Pod> pods,
                                                                Options options, const Clock& clock,
                                                                Listener& listener);
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;
  ~Rehearsal();  // close(), with nobody's grace

  // What differs from a cluster here and why, a sentence each: said once, before anything else.
  [[nodiscard]] const std::vector<std::string>& notes() const;

  [[nodiscard]] int fd() const;            // readable: call tick()
  [[nodiscard]] Instant deadline() const;  // then at the latest
  // Does all that is due, never blocks for long. An error: the Pods are gone, close() it.
  [[nodiscard]] Result<> tick();

  // Deletes every Pod as `kubectl delete` does, all at once; nobody gets longer than `most_grace`.
  void stop(std::chrono::seconds most_grace);
  [[nodiscard]] bool finished() const;  // after stop(): every container has ended
  // Also without stop(): every Pod has succeeded or failed for good.
  [[nodiscard]] bool all_done() const;
  // Ends what still runs, removes everything, looks whether it is gone. What is left, a sentence
  // each.
  [[nodiscard]] std::vector<std::string> close();

  [[nodiscard]] const std::vector<PodState>& state() const;
  // The last of what the container wrote to standard output and error, across its restarts.
  [[nodiscard]] std::string output(std::size_t pod, std::size_t container) const;
  [[nodiscard]] const std::string& root_cgroup() const;  // "/duress-rehearse-7"

 private:
  class Body;
  explicit Rehearsal(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace duress::rehearse
