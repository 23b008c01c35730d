// `duress report`: recordings as one HTML page that stands by itself. What the page looks like is
// render/report.h's; this reads the files and writes the page, and never over a file that it did
// not make. One thread.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace duress::cli {

struct ReportArguments {
  std::vector<std::string> files{};
  std::string output{};  // "" is beside the one recording; "-" is standard output
  bool last = false;     // of the recordings that were made by default, the latest
  bool force = false;
  bool help = false;
};
[[nodiscard]] Result<ReportArguments> parse_report_arguments(const std::vector<std::string>& words);

// Where the page goes when nothing is said: "a/web.duress" gives "a/web.html".
[[nodiscard]] std::string page_beside(const std::string& recording);

// Whole or not at all, and with no other file in its place meanwhile. kRefused where there is a
// file that is no report of ours and `force` is not set.
[[nodiscard]] Result<> write_page(const std::string& path, const std::string& page, bool force);

// Exit code: 0, 1 where a file cannot be read or written, 2 usage.
[[nodiscard]] int report(const std::vector<std::string>& arguments);

}  // namespace duress::cli
