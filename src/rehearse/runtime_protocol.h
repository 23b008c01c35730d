// What the rehearsal and its runtime process say to each other: messages of fixed size over a
// socketpair (os/message.h). Not for foreign peers: both ends are this program. Plain values.
#pragma once

#include <cstdint>

#include "rehearse/runtime_plan.h"

namespace duress::rehearse {

enum class Ask : std::uint32_t {
  kPod,     // make its namespaces and volumes
  kStart,   // start a container. fds: output, report
  kExec,    // run a command in one. fds: output, report, the container's pidfd
  kSocket,  // a TCP socket in the Pod's network namespace
};

struct RuntimeRequest {
  Ask ask = Ask::kPod;
  std::uint32_t key = 0;  // names the process in kEnded
  std::uint32_t pod = 0;
  std::uint32_t container = 0;
  Command command = Command::kLiveness;
  std::uint32_t ipv6 = 0;
  char cgroup[256] = {};  // below each mount
};

enum class RuntimeTell : std::uint32_t {
  kDone,  // kStart, kExec: fds: a pidfd. kSocket: fds: the socket
  kRefused,
  kEnded,
};

struct RuntimeAnswer {
  RuntimeTell tell = RuntimeTell::kDone;
  std::uint32_t key = 0;
  std::int32_t status = 0;  // of wait(2)
  std::uint32_t code = 0;   // duress::Code
  char text[400] = {};
};

}  // namespace duress::rehearse
