// The page's style and script, and their SHA-256 in hexadecimal: files of report/, embedded when
// the program is built. Constants; any thread.
#pragma once

#include <string_view>

namespace duress::render {

extern const std::string_view kReportStyle;
extern const std::string_view kReportStyleSha256;
extern const std::string_view kReportScript;
extern const std::string_view kReportScriptSha256;

}  // namespace duress::render
