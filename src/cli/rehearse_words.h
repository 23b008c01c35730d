// The words of `duress rehearse` sorted by flag, and its help. It knows which flags there are and
// not what they mean together (rehearse_arguments.h does). Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/fields.h"

namespace duress::cli {

struct RehearseWords {
  std::vector<std::string> files{};                                  // -f
  std::vector<std::string> commands{};                               // --command
  std::map<std::string, std::string, std::less<>> values{};          // all others, once each
  std::vector<std::pair<const spec::Field*, std::string>> fields{};  // flags of a load
  std::vector<std::string> command{};                                // behind --
  bool command_given = false;                                        // there was a --
  std::vector<std::string> wrong{};
};

[[nodiscard]] RehearseWords sort_rehearse_words(const std::vector<std::string>& words);

// Those that make a Pod without a manifest.
[[nodiscard]] std::vector<std::string_view> pod_flags();

}  // namespace duress::cli
