// A recording as bytes, and bytes as a recording: the format that docs/recording.md describes. A
// file begins with kMagic and the version; then come records, each framed with a mark, its kind,
// its length and a checksum, so that one that is cut off or damaged is known and passed over. No
// file is opened here. The writer's state is one recording's; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "observe/look_coding.h"
#include "observe/recording.h"

namespace duress::observe {

inline constexpr std::string_view kMagic = "duressRC";
inline constexpr std::uint8_t kFormatVersion = 1;
inline constexpr std::size_t kMostPayload = 1U << 16U;

enum class RecordKind : std::uint8_t {
  kHeader = 1,
  kPlan = 2,
  kForetold = 3,
  kLookAlone = 4,  // does not need the one before
  kLook = 5,
  kEvent = 6,
  kEnd = 7,
  kClose = 8,
};

class RecordingEncoder final {
 public:
  [[nodiscard]] std::string header(const Header& header);  // with what the file begins with
  [[nodiscard]] std::string plan(const LoadPlan& plan);
  [[nodiscard]] std::string foretold(const Foretold& foretold);
  [[nodiscard]] std::string look(const Look& look);
  [[nodiscard]] std::string event(const Event& event);
  [[nodiscard]] std::string end(const LoadEnd& end);
  [[nodiscard]] std::string close();

 private:
  // After damage the reader goes on with the next look that stands alone.
  static constexpr std::int64_t kAloneEvery = 100;
  LookCoding looks_;
  std::int64_t count_ = 0;
};

// Frames a payload.
[[nodiscard]] std::string record(RecordKind kind, std::string_view payload);

// kUsage: not a recording; kUnsupported: of a newer version; whatever else is wrong with it is said
// in Recording::damage.
[[nodiscard]] Result<Recording> decode_recording(std::string_view bytes);

}  // namespace duress::observe
