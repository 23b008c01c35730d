// The processes of one target as they come and go: who is in it, what they are called, whether they
// are Duress's own, and how much those hold. A process that lives shorter than the time between two
// looks may never be seen. It reads cgroup.procs and /proc only. Owned by one sampler; one thread.
#pragma once

#include <sys/types.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cgroup/target.h"
#include "os/fd.h"

namespace duress::observe {

struct SeenProcess {
  pid_t pid = 0;
  std::string name{};
  bool ours = false;
  Instant first{};  // when it was seen first
  Instant last{};   // and last
};

// "duress-memory", "duress-cpu" and what they are called until they have named themselves.
[[nodiscard]] bool is_own_name(const std::string& name);

class Processes final {
 public:
  // `own_prefixes`: further names of Duress's own, such as "stress-ng".
  Processes(cgroup::Roots roots, std::vector<std::string> own_prefixes)
      : roots_(std::move(roots)), own_prefixes_(std::move(own_prefixes)) {}

  struct Change {
    std::vector<SeenProcess> came;  // a moment ago: by now they bear their own name
    std::vector<SeenProcess> went;
  };
  // Of the last that was not told of yet.
  [[nodiscard]] Change look(const cgroup::Target& target, Instant now);
  // Only who is there, for kills that follow each other faster than looks.
  void glance(const cgroup::Target& target, Instant now);

  [[nodiscard]] int count() const { return static_cast<int>(present_.size()); }
  // Null: it was not seen in the target in the last while.
  [[nodiscard]] const SeenProcess* find(pid_t pid) const;
  // By /proc: it is there and in the target; unset where there is no such process any more.
  [[nodiscard]] std::optional<bool> is_in(const cgroup::Target& target, pid_t pid) const;
  [[nodiscard]] SeenProcess described(pid_t pid, std::string name) const;
  [[nodiscard]] Bytes own_resident();

 private:
  struct Present {
    SeenProcess seen;
    os::Fd statm;  // of ours
    Bytes resident{};
    bool told = false;
    Instant named{};
  };
  void name(Present& present, Instant now);
  [[nodiscard]] std::string own_name_of(pid_t pid) const;

  cgroup::Roots roots_;
  std::vector<std::string> own_prefixes_;
  std::map<pid_t, Present> present_;
  std::deque<SeenProcess> gone_;  // the last of them: a line of the log comes late
  Change news_;
  bool begun_ = false;
  pid_t next_measured_ = 0;
};

}  // namespace duress::observe
