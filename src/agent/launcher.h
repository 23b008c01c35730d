// The launcher, as the agent sees it: the one process of an agent that has rights. It starts loads,
// this program's own `duress run` and nothing else, and ends them: when it is asked, all of them
// when the agent is gone, and they end by themselves when it is gone. It decides on no load and
// reads none of their output. Forked before anything else; owned by the agent; one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "agent/load_process.h"
#include "base/error.h"
#include "base/text.h"
#include "os/fd.h"
#include "spec/load.h"

namespace duress::agent {

struct StartLoad {
  std::uint64_t number = 0;  // never used twice
  std::string cgroup{};      // of a container, below the mount of the memory tree
  spec::Stressors loads{};
  std::string name{};  // of the experiment
  std::optional<Duration> duration{};
  bool record = true;
  bool preflight = false;          // only foretell
  std::optional<Bytes> at_most{};  // of memory
};

struct StartedLoad {
  LoadOutput output;
  os::Fd recording;  // not valid: it is not recorded
};

// What the agent does to the world.
class Loads {
 public:
  virtual ~Loads() = default;
  [[nodiscard]] virtual Result<StartedLoad> start(const StartLoad& load) = 0;
  [[nodiscard]] virtual Result<> stop(std::uint64_t number) = 0;
  [[nodiscard]] virtual Result<> kill(std::uint64_t number) = 0;
};

struct LauncherSetting {
  std::string program = "/proc/self/exe";
  std::string recordings{};  // a directory; "": nothing is recorded
  // Kept open by the launcher and its loads, so that whoever waits for it to be closed knows when
  // the last of them is gone. The descriptor stays the caller's.
  int held = -1;
};

class Launcher final : public Loads {
 public:
  [[nodiscard]] static Result<Launcher> start(const LauncherSetting& setting);
  Launcher(Launcher&&) noexcept = default;
  Launcher& operator=(Launcher&&) noexcept = default;
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;
  ~Launcher() override;  // it ends all loads; waits for that

  // kGone: the launcher has ended, and all loads with it.
  [[nodiscard]] Result<StartedLoad> start(const StartLoad& load) override;
  [[nodiscard]] Result<> stop(std::uint64_t number) override;
  [[nodiscard]] Result<> kill(std::uint64_t number) override;

  [[nodiscard]] const os::Fd& process() const { return process_; }  // readable: it has ended
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  Launcher(pid_t pid, os::Fd process, os::Fd socket)
      : pid_(pid), process_(std::move(process)), socket_(std::move(socket)) {}

  pid_t pid_ = -1;
  os::Fd process_;
  os::Fd socket_;
};

// The launcher's own side: serves until the agent's end of `socket` is closed, then ends all loads.
// Never returns.
[[noreturn]] void launcher_main(os::Fd socket, const LauncherSetting& setting);

}  // namespace duress::agent
