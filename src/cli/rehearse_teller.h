// Who is told of a rehearsal while it lasts: a live screen, lines for people, or JSON for programs.
// It measures and decides nothing. Owned by `duress rehearse`; one thread.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/rehearse_sight.h"
#include "cli/rehearse_summary.h"
#include "cli/run_output.h"

namespace duress::cli {

class RehearseTeller {
 public:
  virtual ~RehearseTeller() = default;
  // Before anything starts: what has no effect, what differs from a cluster.
  virtual void noted(const std::vector<std::string>& notes) = 0;
  virtual void happened(const EventSight& event) = 0;
  virtual void looked(const RehearsalSight& sight) = 0;  // four times a second
  virtual void ended(const RehearsalResult& result) = 0;
  // Readable: a key was typed; -1: nobody types.
  [[nodiscard]] virtual int keys() const { return -1; }
  // After keys() became readable. True: the user wants the end.
  [[nodiscard]] virtual bool wants_end() { return false; }
};

struct TellerOptions {
  Format format = Format::kText;
  bool live = true;  // a screen, where `out` is a terminal
  bool quiet = false;
};
[[nodiscard]] std::unique_ptr<RehearseTeller> make_teller(std::FILE* out,
                                                          const TellerOptions& options);

}  // namespace duress::cli
