// The six figures under a verdict: peak of usage, load, OOM kills, restarts, CPU, length. They
// judge nothing. Pure; any thread.
#pragma once

#include "explain/verdict.h"
#include "observe/recording.h"
#include "render/course.h"
#include "render/html.h"

namespace duress::render {

void write_tiles(Html& html, const observe::Recording& recording, const explain::Verdict& verdict,
                 const Course& course);

}  // namespace duress::render
