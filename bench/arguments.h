// The few options that the benchmark's helper programs take: `--name value ... -- command`.
// It is not a user's command line: the harness alone calls these, and a wrong call ends the
// program. A value made once in main(); one thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace bench {

[[noreturn]] inline void die(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(2);
}

class Arguments {
 public:
  Arguments(int count, char** words, int from) {
    for (int i = from; i < count; ++i) {
      const std::string word = words[i];
      if (word == "--") {
        command_.assign(words + i + 1, words + count);
        return;
      }
      if (!word.starts_with("--") || i + 1 == count) die("expected --name value, got " + word);
      options_.emplace_back(word.substr(2), words[++i]);
    }
  }

  [[nodiscard]] std::string text(const std::string& name, std::string otherwise = "") const {
    for (const auto& [key, value] : options_)
      if (key == name) return value;
    return otherwise;
  }
  [[nodiscard]] double number(const std::string& name, double otherwise) const {
    const auto value = text(name);
    return value.empty() ? otherwise : std::strtod(value.c_str(), nullptr);
  }
  [[nodiscard]] std::int64_t integer(const std::string& name, std::int64_t otherwise) const {
    return static_cast<std::int64_t>(number(name, static_cast<double>(otherwise)));
  }
  [[nodiscard]] std::vector<std::string> all(const std::string& name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : options_)
      if (key == name) values.push_back(value);
    return values;
  }
  [[nodiscard]] const std::vector<std::string>& command() const { return command_; }

 private:
  std::vector<std::pair<std::string, std::string>> options_;
  std::vector<std::string> command_;
};

}  // namespace bench
