// Manifests: whatever the file holds, it is taken with every figure in range, or refused in lines
// that a terminal can show.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "check.h"
#include "spec/manifest.h"

namespace {

using duress::fuzz::check;

void showable(const duress::spec::Problem& problem) {
  const std::string line = duress::spec::format_problem(problem);
  check(!problem.field.empty() && !problem.message.empty(), "a problem names field and remedy");
  check(line.size() < 10'000, "a problem is one line");
  check(duress::is_utf8(line), "a problem is UTF-8");
  for (const char c : line) {
    check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "a problem is one plain line");
  }
}

void in_range(const duress::spec::Manifest& manifest) {
  using duress::spec::kMostWorkers;
  check(!manifest.duration || manifest.duration->count() > 0, "a duration is above 0");
  const duress::spec::Stressors& loads = manifest.stressors;
  check(loads.memory || loads.cpu || !loads.stressng.empty(), "there is something to do");
  if (loads.memory) {
    check(loads.memory->workers >= 1 && loads.memory->workers <= kMostWorkers, "memory workers");
    check(loads.memory->size_given, "the size is said");
    const auto* bytes = std::get_if<duress::Bytes>(&loads.memory->size);
    check(bytes == nullptr || bytes->value > 0, "a size is above 0");
  }
  if (loads.cpu) {
    check(loads.cpu->workers >= 1 && loads.cpu->workers <= kMostWorkers, "CPU workers");
    check(loads.cpu->load.value >= 1 && loads.cpu->load.value <= 100, "a load is a percentage");
  }
  for (const auto names : {duress::spec::Names::kManifest, duress::spec::Names::kFlags}) {
    for (const auto& problem : duress::spec::validate(loads, names)) showable(problem);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = duress::spec::parse_manifest(std::string(data, data + size));
  if (manifest) {
    in_range(*manifest);
  } else {
    check(!manifest.error().empty(), "a refusal says why");
    for (const auto& problem : manifest.error()) showable(problem);
  }
  return 0;
}
