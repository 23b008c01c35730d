// Recordings of an agent's loads: a file each in one directory, so many and for so long. It is
// written by the load and read by the agent, both by descriptor, so that neither needs a right on
// the directory. Functions; one thread.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "observe/recording.h"
#include "os/fd.h"

namespace duress::agent {

inline constexpr std::size_t kMostRecordings = 200;
inline constexpr auto kRecordingsKept = std::chrono::hours(1);

// A new file, open for reading and writing; what is old or too much is removed first.
[[nodiscard]] Result<os::Fd> make_recording(const std::string& directory, const Clock& clock);
// Those that nobody has written to for so long.
void remove_old_recordings(const std::string& directory, WallTime now);
// All of them, and the directory: nobody would know whose they are.
void remove_recordings(const std::string& directory);

// As far as it was written by now.
[[nodiscard]] Result<observe::Recording> read_recording(const os::Fd& file);

}  // namespace duress::agent
