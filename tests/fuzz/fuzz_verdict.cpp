// Verdicts: whatever a recording holds, it is judged in whole, printable sentences within bounded
// time, and nothing good is said of one in which somebody was killed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "check.h"
#include "explain/any_recording_test.h"
#include "explain/verdict.h"
#include "explain/verdict_timeline.h"
#include "render/table.h"
#include "render/verdict.h"

namespace {

using duress::fuzz::check;

void plain(const std::string& line) {
  check(line.size() > 1 && line.ends_with('.'), "a line is a sentence");
  check(duress::is_utf8(line), "a line is UTF-8");
  for (const char c : line) {
    check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "a line is plain");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto recording = duress::explain::testing::any_recording(std::span(data, size));
  const auto verdict = duress::explain::judge(recording);
  plain(verdict.sentence);
  for (const auto* lines : {&verdict.evidence, &verdict.also, &verdict.advice}) {
    std::ranges::for_each(*lines, plain);
  }
  for (const auto& entry : verdict.timeline) plain(entry.text);
  check(verdict.timeline.size() <= duress::explain::judging::kMostEntries + 1,
        "the time line is bounded");
  check(std::ranges::is_sorted(verdict.timeline, {}, &duress::explain::TimelineEntry::at),
        "the time line is in order");
  check(verdict.stressor_kills >= 0 && verdict.application_kills >= 0, "counts are counts");
  const bool killed = verdict.stressor_kills + verdict.application_kills > 0;
  check(!killed || verdict.severity != duress::explain::Severity::kGood, "a kill is not good");
  check(!duress::render::verdict_text(verdict, 80).empty(), "there is a text");
  return 0;
}
