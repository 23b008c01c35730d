// One load on one container of a rehearsal: a child process `duress run`, which supervises it as on
// any other target, and whose JSON lines are read here as values. It does not choose targets and
// keeps no record. Owned by the rehearsal's loop; one thread, which has to live as long as the load
// does (its end ends the load).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "observe/recording.h"
#include "os/fd.h"
#include "spec/load.h"

namespace duress::cli {

// What `duress run -o jsonl` tells, a line each (docs/json.md).
struct LoadPlanned {
  observe::LoadPlan plan{};
  std::optional<observe::Foretold> foretold{};
};
struct LoadSampled {
  std::optional<Bytes> asked{};
  std::optional<Bytes> held{};
};
struct LoadReached {};
struct LoadTold {
  std::string what{};
};
struct LoadOver {
  observe::LoadEnd end{};
  int exit_code = 0;
};
using LoadNews = std::variant<LoadPlanned, LoadSampled, LoadReached, LoadTold, LoadOver>;

// Unset: a line of another kind, or no JSON at all.
[[nodiscard]] std::optional<LoadNews> parse_load_line(std::string_view line);

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

  [[nodiscard]] int fd() const { return output_.get(); }  // readable: take()
  // What it has told since. Empty and over() once it has ended; a load that could not be started
  // tells so as a LoadOver with the reason.
  [[nodiscard]] std::vector<LoadNews> take();
  [[nodiscard]] bool over() const { return over_; }
  void stop() const;  // SIGTERM: it releases, verifies and ends

 private:
  LoadProcess(pid_t pid, os::Fd process, os::Fd output, os::Fd errors)
      : pid_(pid),
        process_(std::move(process)),
        output_(std::move(output)),
        errors_(std::move(errors)) {}
  [[nodiscard]] LoadNews refused();

  pid_t pid_ = -1;
  os::Fd process_;  // pidfd
  os::Fd output_;
  os::Fd errors_;
  std::string rest_;  // of a line that is not whole yet
  bool told_end_ = false;
  bool over_ = false;
};

}  // namespace duress::cli
