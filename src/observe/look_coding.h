// A look as its difference to the one before: what has not changed costs nothing, and sizes count
// in pages. Encoder and decoder hold the same state and walk it alike; a look that stands alone
// starts both anew. Pure but for that state; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "observe/byte_coding.h"
#include "observe/recording.h"

namespace duress::observe {

class LookCoding final {
 public:
  // `alone`: as if it were the first; the reader can begin here.
  void encode(const Look& look, bool alone, ByteWriter& out);
  // Unset: not a look.
  [[nodiscard]] std::optional<Look> decode(bool alone, ByteReader& in);

  static constexpr std::size_t kFields = 25;
  using Fields = std::array<std::int64_t, kFields>;

 private:
  void restart();

  Fields before_{};
  std::int64_t at_ = 0;    // microseconds
  std::int64_t step_ = 0;  // between the last two
};

}  // namespace duress::observe
