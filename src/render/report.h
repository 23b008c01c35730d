// One self-contained HTML page made of recordings and their verdicts: no network, no font, no file
// beside it, readable without script, on paper and on a phone. It reads no file and judges nothing.
// Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "explain/verdict.h"
#include "observe/recording.h"

namespace duress::render {

struct ReportPart {
  const observe::Recording* recording = nullptr;
  const explain::Verdict* verdict = nullptr;
  std::string file{};  // of the recording, for the commands to do it again; "" where there is none
};

struct ReportOptions {
  std::string duress_version{};
  std::vector<std::string> missing{};  // what there is no recording of, and why: a sentence each
};

// One part, or an index and a section for each of several.
[[nodiscard]] std::string report_page(std::span<const ReportPart> parts,
                                      const ReportOptions& options);

// What a page of ours begins with: only such a file may be written over unasked.
[[nodiscard]] bool is_report(std::string_view beginning);
inline constexpr std::string_view kIsNoReport =
    "exists and is no report of Duress's: give another name with -o, or --force to write over it";

// "sha256-...", as a Content-Security-Policy names what it allows; `hex` is the digest.
[[nodiscard]] std::string csp_hash(std::string_view hex);

}  // namespace duress::render
