// What a rehearsal is at one moment and what happens in it, as values, in Kubernetes' words: for
// the view, for JSON, and for the verdict. Nothing here decides or does anything. Any thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/qos.h"

namespace duress::rehearse {

enum class Phase { kPending, kRunning, kSucceeded, kFailed };
enum class Stage { kWaiting, kRunning, kTerminated };
enum class ProbeKind { kStartup, kLiveness, kReadiness };
enum class ProbeOutcome { kSuccess, kFailure, kError };  // an error counts neither way
enum class Role { kInit, kSidecar, kMain };

[[nodiscard]] std::string_view name_of(Phase phase);        // "Pending"
[[nodiscard]] std::string_view name_of(Stage stage);        // "Waiting"
[[nodiscard]] std::string_view name_of(ProbeKind kind);     // "Liveness"
[[nodiscard]] std::string_view name_of(ProbeOutcome done);  // "success"
[[nodiscard]] std::string_view name_of(Role role);          // "init", "sidecar", "container"

// How a container's first process ended.
struct Termination {
  int exit_code = 0;           // 128 + signal where one ended it
  int signal = 0;              // 0: it exited by itself
  std::string reason{};        // "OOMKilled", "Error", "Completed", "StartError"
  std::string message{};       // of StartError: what the kernel said
  std::int64_t oom_kills = 0;  // in its cgroup, whoever it was
  std::string killed_for{};    // "" or why we ended it: "liveness", "startup", "deletion"
  Instant started{};
  Instant finished{};
};

struct ProbeState {
  ProbeKind kind = ProbeKind::kLiveness;
  bool passing = false;
  int in_a_row = 0;  // of the last outcome that counted
  std::int64_t runs = 0;
  std::int64_t failures = 0;
  std::optional<Instant> last_at{};
  ProbeOutcome last = ProbeOutcome::kSuccess;
  std::string message{};  // of the last one that did not succeed
};

struct ContainerState {
  std::string name{};
  Role role = Role::kMain;
  Stage stage = Stage::kWaiting;
  std::string reason{};   // "ContainerCreating", "CrashLoopBackOff", or the termination's
  std::string message{};  // "back-off 20s restarting failed container=..."
  bool started = false;   // its startup probe, if any, has succeeded
  bool ready = false;
  bool stopping = false;  // it was asked to end
  int restarts = 0;
  std::string id{};       // of the last one started, 64 hexadecimal digits
  std::string cgroup{};   // of that one: "/duress-rehearse-7/kubepods/burstable/pod.../<id>"
  pid_t pid = 0;          // its first process while it runs
  int oom_score_adj = 0;  // as this machine can set it: see Rehearsal::notes()
  std::optional<Instant> since{};       // when the stage began
  std::optional<Instant> restart_at{};  // the end of the back-off
  std::optional<Termination> last{};    // the last end, this one's or the one's before
  std::vector<ProbeState> probes{};
};

struct PodState {
  std::string name{};
  std::string ns{};
  std::string owner{};
  std::string uid{};
  std::string ip{};
  std::string cgroup{};
  QosClass qos = QosClass::kBestEffort;
  Phase phase = Phase::kPending;
  bool ready = false;
  bool terminating = false;
  std::vector<ContainerState> containers{};  // init containers first, as in spec::Pod
};

// An event as a kubelet words it. `pod` and `container` are indexes into State.
struct Event {
  Instant at{};
  WallTime wall{};
  bool warning = false;
  std::string reason{};  // "Unhealthy", "Killing", "Started", "BackOff", "Failed"
  std::string message{};
  std::size_t pod = 0;
  std::optional<std::size_t> container{};
};

struct ProbeResult {
  std::size_t pod = 0;
  std::size_t container = 0;
  ProbeKind kind = ProbeKind::kLiveness;
  ProbeOutcome outcome = ProbeOutcome::kSuccess;
  std::string message{};
  std::chrono::nanoseconds took{0};
  Instant at{};  // its end
};

}  // namespace duress::rehearse
