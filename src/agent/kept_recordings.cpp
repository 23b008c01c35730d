#include "agent/kept_recordings.h"

#include <sys/stat.h>

#include <algorithm>

#include "agent/recordings.h"

namespace duress::agent {

void KeptRecordings::keep(const Slot& slot, const std::string& container_id, const File& file,
                          Instant now) {
  if (file == nullptr) return;
  all_[slot] = {container_id, file, now};
  if (all_.size() <= kMost) return;
  all_.erase(std::ranges::min_element(all_, {}, [](const auto& one) { return one.second.since; }));
}

void KeptRecordings::time_was_over(const File& file) {
  for (auto& [slot, kept] : all_)
    if (kept.file == file) kept.over_time = true;
}

void KeptRecordings::forget(const std::function<bool(const Slot&)>& which) {
  std::erase_if(all_, [&](const auto& one) { return which(one.first); });
}

void KeptRecordings::let_removed_go() {
  std::erase_if(all_, [](const auto& one) {
    struct stat about{};
    return ::fstat(one.second.file->get(), &about) < 0 || about.st_nlink == 0;
  });
}

Result<observe::Recording> KeptRecordings::read(const Slot& slot) const {
  const auto found = all_.find(slot);
  if (found == all_.end()) return fail(Code::kNotFound, "there is no recording");
  auto recording = read_recording(*found->second.file);
  if (recording && found->second.over_time) tell_deadline(*recording);
  return recording;
}

std::string KeptRecordings::container_id(const Slot& slot) const {
  const auto found = all_.find(slot);
  return found != all_.end() ? found->second.container_id : std::string();
}

void tell_deadline(observe::Recording& recording) {
  if (recording.end && recording.end->reason == "signal") recording.end->reason = "deadline";
}

}  // namespace duress::agent
