// What supervisor and warden say to each other: requests and events of fixed size over one
// socketpair, descriptors beside them. Nothing here is parsed; a number out of range is refused by
// the warden. Values; no thread.
#pragma once

#include <cstdint>

#include "stress/control_block.h"

namespace duress::stress {

enum class Op : std::uint32_t {
  kPlace = 1,  // start `count` workers; fds: control pages, notify eventfd, then as the flags say
  kProgram,    // start stress-ng; fds: the program, its arguments (a memfd), then as the flags say
  kEnd,        // SIGKILL worker `id`
  kChange,     // write `value` into `file` of the directory; fd: the cgroup's directory
  kMakeChild,  // make the child cgroup `file` in the directory; fd: the cgroup's directory; the
               // answer brings its fd
  kUndo,       // put every change back
};

struct Request {
  Op op = Op::kPlace;
  std::uint32_t id = 0;    // of the first worker; chosen by the supervisor
  std::uint32_t slot = 0;  // its control page
  std::uint32_t count = 0;
  std::uint32_t joins = 0;    // directory fds of the trees to join by writing cgroup.procs (v1)
  std::uint32_t into = 0;     // 1: a directory fd of the cgroup to be started in (v2)
  std::uint32_t outside = 0;  // 1: a directory fd of the toucher's cgroup (v2)
  std::uint32_t pid_namespace = 0;  // 1: a pidfd whose PID namespace the workers join
  std::int32_t oom_score_adj = 0;
  std::int32_t nice = 0;
  Kind kind = Kind::kMemory;
  char file[48] = {};
  char value[32] = {};
  char directory[1024] = {};  // for the journal and for messages
};

enum class Tell : std::uint32_t {
  kPlaced = 1,  // worker `id` runs as `pid`
  kEnded,       // worker `id` ended with `status` (as of waitpid)
  kDone,        // the request was carried out
  kRefused,     // it was not; `code` is a duress::Code, `text` says why
};

struct Event {
  Tell tell = Tell::kDone;
  std::uint32_t id = 0;
  std::int32_t pid = 0;
  std::int32_t status = 0;
  std::uint32_t code = 0;
  char text[240] = {};
};

}  // namespace duress::stress
