// The command line of `duress top` as a value, and its help. It checks what the words mean, not
// whether there is anything to see. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cgroup/target.h"
#include "cli/top_select.h"

namespace duress::cli {

enum class TopFormat { kText, kJson, kJsonLines };

struct TopArguments {
  Selection selection;
  std::vector<cgroup::Wanted>
      named;  // --cgroup, --pid: shown beside, or instead of, the containers
  Order order;
  std::vector<std::string> columns;
  std::vector<std::string> name_roots;  // --names
  Duration interval = std::chrono::seconds(1);
  std::optional<Duration> duration;
  std::optional<std::int64_t> count;
  TopFormat format = TopFormat::kText;
  bool once = false;
  bool plain = false;
  bool explain = false;
  bool help = false;
};

// kUsage, one line for each thing that is wrong.
[[nodiscard]] Result<TopArguments> parse_top_arguments(const std::vector<std::string>& words);

[[nodiscard]] std::string top_help();

}  // namespace duress::cli
