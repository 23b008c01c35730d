// The recorder's own process: see run_recorder.h. It outlives its supervisor by no more than it
// takes to see the target's usage come back, two seconds at most. One thread.
#pragma once

#include "observe/recorder.h"
#include "os/fd.h"

namespace duress::cli {

// `supervisor`: a pidfd. Never returns; exit code 0: the recording is whole.
[[noreturn]] void record_run(observe::Recorder recorder, const os::Fd& inbox,
                             const os::Fd& supervisor, pid_t target_init);

}  // namespace duress::cli
