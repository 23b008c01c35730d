// `duress explain`: what a recording shows, told in one sentence with its evidence and a time line.
// It only reads. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace duress::cli {

// Exit code: 0 it could be explained, whatever happened (with --exit-code: 0 all is well, 10
// something to know, 11 the application suffered), 1 the answer could not be written, 2 usage,
// 3 there is no such recording, it cannot be read, or a newer Duress wrote it.
[[nodiscard]] int explain(const std::vector<std::string>& arguments);

struct ExplainArguments {
  std::string file{};
  bool last = false;
  std::string directory{};  // of the recordings
  bool json = false;
  bool exit_code = false;
  bool help = false;
};
// kUsage, one line for each thing that is wrong.
[[nodiscard]] Result<ExplainArguments> parse_explain_arguments(
    const std::vector<std::string>& arguments);

// The newest recording of a directory, by when it was last written to. kNotFound: there is none.
[[nodiscard]] Result<std::string> newest_recording(const std::string& directory);

}  // namespace duress::cli
