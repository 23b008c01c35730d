// The last recording of each place for a load, running or over, by its open file: what a verdict's
// sentence is made of, and what is handed out when it is asked for. Files are removed by the
// launcher (recordings.h); one that was removed is let go here, or it would fill the node's memory.
// Bounded. Owned by the node; one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/reconcile.h"
#include "base/error.h"
#include "observe/recording.h"
#include "os/fd.h"

namespace duress::agent {

class KeptRecordings final {
 public:
  using File = std::shared_ptr<os::Fd>;
  static constexpr std::size_t kMost = 256;

  // In place of the one before of that slot. Null: its load is not recorded.
  void keep(const Slot& slot, const std::string& container_id, const File& file, Instant now);
  // The load of that file was ended by us, because its time was over.
  void time_was_over(const File& file);
  void forget(const std::function<bool(const Slot&)>& which);
  void let_removed_go();

  [[nodiscard]] bool is_empty() const { return all_.empty(); }
  // kNotFound: there is none. As far as it was written by now.
  [[nodiscard]] Result<observe::Recording> read(const Slot& slot) const;
  [[nodiscard]] std::string container_id(const Slot& slot) const;

 private:
  struct Kept {
    std::string container_id;
    File file;
    Instant since;
    bool over_time = false;
  };
  std::map<Slot, Kept> all_;
};

// Of one that was ended by us at the deadline, its end says "signal".
void tell_deadline(observe::Recording& recording);

}  // namespace duress::agent
