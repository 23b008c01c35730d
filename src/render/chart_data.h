// The figures behind a chart, for the script that reads them out at the cursor: real looks, thinned
// out so that the one with the highest use of each column of pixels stays. JSON that may stand
// inside of a page. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "observe/recording.h"
#include "render/course.h"
#include "render/lanes.h"

namespace duress::render {

// Indices of the looks that stay, in order; at most `most`, and the first and the last among them.
[[nodiscard]] std::vector<std::size_t> looks_kept(const Course& course, std::size_t most);

// {"length": seconds, "shown": [index of a look, its name], "columns": {"at": [ms], "usage": [KiB],
// "cpu": [1/1000], ...}, "events":
// [[seconds, text]]}. Numbers of a column are differences to the one before; null where there is no
// figure. No "<" stands in it.
[[nodiscard]] std::string chart_data(const Course& course, const Lanes& lanes,
                                     const std::vector<std::size_t>& looks, const Shown& shown);

}  // namespace duress::render
