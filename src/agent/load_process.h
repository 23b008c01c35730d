// One load on one container: a process `duress run`, which supervises it as on any other target,
// and whose JSON lines are read here as values. LoadOutput is the reader's side and may be in
// another process than the load's parent; LoadProcess is both. It does not choose targets and keeps
// no record. Owned by a loop; one thread, which has to live as long as the load does (its end ends
// the load).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "agent/load_news.h"
#include "base/error.h"
#include "base/text.h"
#include "os/fd.h"
#include "spec/load.h"

namespace duress::agent {

class LoadOutput final {
 public:
  // `process`: a pidfd; `output` and `errors`: the ends to read of its pipes.
  LoadOutput(os::Fd process, os::Fd output, os::Fd errors)
      : process_(std::move(process)), output_(std::move(output)), errors_(std::move(errors)) {}

  [[nodiscard]] int fd() const { return output_.get(); }  // readable: take()
  [[nodiscard]] const os::Fd& process() const { return process_; }
  // What it has told since. Empty and over() once it has ended; a load that could not be started
  // tells so as a LoadOver with the reason.
  [[nodiscard]] std::vector<LoadNews> take();
  [[nodiscard]] bool over() const { return over_; }

 private:
  [[nodiscard]] LoadNews silent_end();

  os::Fd process_;
  os::Fd output_;
  os::Fd errors_;
  std::string rest_;  // of a line that is not whole yet
  bool told_end_ = false;
  bool over_ = false;
};

// The descriptors stay the caller's.
struct LoadCommand {
  std::string program = "/proc/self/exe";
  std::string cgroup{};
  int manifest = -1;   // of the loads
  int recording = -1;  // a file to record into; -1: nothing is recorded
  int recorder = -1;   // a channel to who does; -1: a recorder of the load's own
  int held = -1;       // kept open by the load and its warden: closed by all, it is gone
  std::optional<Duration> duration{};
  bool preflight = false;          // nothing is put on: it tells what would be, and ends
  std::optional<Bytes> at_most{};  // of memory that it may hold
};
struct SpawnedLoad {
  pid_t pid = -1;
  os::Fd process;  // pidfd
  os::Fd output;
  os::Fd errors;
};
// It gets SIGTERM when the calling thread ends.
[[nodiscard]] Result<SpawnedLoad> spawn_load(const LoadCommand& command);

class LoadProcess final {
 public:
  struct Setting {
    std::string program = "/proc/self/exe";
    std::string cgroup{};
    spec::Stressors loads{};
    std::string name{};  // of the experiment
    std::optional<Duration> duration{};
  };
  [[nodiscard]] static Result<LoadProcess> start(const Setting& setting);
  LoadProcess(LoadProcess&&) noexcept = default;
  LoadProcess& operator=(LoadProcess&&) noexcept = default;
  ~LoadProcess();  // asks it to end, and waits until it has put everything back

  [[nodiscard]] int fd() const { return output_.fd(); }
  [[nodiscard]] std::vector<LoadNews> take() { return output_.take(); }
  [[nodiscard]] bool over() const { return output_.over(); }
  void stop() const;  // SIGTERM: it releases, verifies and ends

 private:
  LoadProcess(pid_t pid, LoadOutput output) : pid_(pid), output_(std::move(output)) {}

  pid_t pid_ = -1;
  LoadOutput output_;
};

}  // namespace duress::agent
