// The payloads of a recording's records but for looks: each value field after field. Decoding never
// fails by itself: the reader's ok() tells whether everything was there. Pure; any thread.
#pragma once

#include "observe/byte_coding.h"
#include "observe/recording.h"

namespace duress::observe {

void encode(const Header& header, ByteWriter& out);
void encode(const LoadPlan& plan, ByteWriter& out);
void encode(const Foretold& foretold, ByteWriter& out);
void encode(const Event& event, ByteWriter& out);
void encode(const LoadEnd& end, ByteWriter& out);

[[nodiscard]] Header decode_header(ByteReader& in);
[[nodiscard]] LoadPlan decode_plan(ByteReader& in);
[[nodiscard]] Foretold decode_foretold(ByteReader& in);
[[nodiscard]] Event decode_event(ByteReader& in);
[[nodiscard]] LoadEnd decode_end(ByteReader& in);

}  // namespace duress::observe
