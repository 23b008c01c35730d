// One word of a command line that may be a flag with its value: "--for=5m", "--for", "-f". It does
// not know which flags there are. Pure; any thread.
#pragma once

#include <optional>
#include <string>

namespace duress {

struct FlagWord {
  std::string name{};
  std::optional<std::string> value{};  // unset: the next word may be it

  explicit FlagWord(const std::string& word) : name(word) {
    const std::size_t equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string::npos) return;
    value = word.substr(equals + 1);
    name.resize(equals);
  }
};

}  // namespace duress
