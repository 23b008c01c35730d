// A recording's file: whatever it holds, it is read as far as it is good, or refused. What was
// written whole is read whole, also behind any rubbish.

#include <cstddef>
#include <cstdint>
#include <string>

#include "check.h"
#include "observe/record_values.h"
#include "observe/recording_coding.h"

namespace {

using duress::fuzz::check;
namespace observe = duress::observe;

std::string beginning() {
  observe::RecordingEncoder encoder;
  return encoder.header({});
}

void in_order(const observe::Recording& recording) {
  for (std::size_t i = 1; i < recording.looks.size(); ++i)
    check(recording.looks[i - 1].at <= recording.looks[i].at, "looks are in order");
  for (std::size_t i = 1; i < recording.events.size(); ++i)
    check(recording.events[i - 1].at <= recording.events[i].at, "events are in order");
  check(recording.complete == recording.damage.empty(), "what is not complete says why");
  check(recording.looks_taken >= 0 && recording.looks.size() <= 36'001, "looks are bounded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  if (const auto whole = observe::decode_recording(text)) in_order(*whole);

  // As what stands in records of every kind, with the checksum right.
  std::string bytes = beginning();
  for (int kind = 1; kind <= 8; ++kind)
    bytes += observe::record(static_cast<observe::RecordKind>(kind), text);
  const auto framed = observe::decode_recording(bytes);
  check(framed.has_value(), "good frames make a recording");
  in_order(*framed);

  // Rubbish in between takes nothing of what follows.
  observe::RecordingEncoder encoder;
  const std::string header = encoder.header({});
  const std::string look = encoder.look({.processes = 42});
  const auto behind = observe::decode_recording(header + text + look + encoder.close());
  check(behind.has_value(), "rubbish between good records leaves a recording");
  bool found = false;
  for (const observe::Look& one : behind->looks) found = found || one.processes == 42;
  // Unless the rubbish holds a record that frames what follows, or a later look.
  check(found || text.find('\xD7') != std::string::npos, "a look behind rubbish is found");
  return 0;
}
