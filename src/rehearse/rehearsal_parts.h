// The parts of a Rehearsal: a Pod, a container, what is under way in one. Passive data that only
// Rehearsal::Body changes. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rehearse/output_ring.h"
#include "rehearse/pod_life.h"
#include "rehearse/probe_run.h"
#include "rehearse/runtime.h"

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

}  // namespace duress::rehearse
