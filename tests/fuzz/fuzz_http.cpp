// The reader of a server's answer: it neither crashes nor hangs, and reads the same however the
// network cuts the bytes.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "kube/http_message.h"

namespace {

struct Read {
  bool good = true;
  bool complete = false;
  int status = 0;
  std::string body;

  bool operator==(const Read&) const = default;
};

Read read(std::string_view bytes, std::size_t piece) {
  duress::kube::ResponseReader reader;
  Read result;
  while (!bytes.empty() && result.good) {
    result.good = reader.take(bytes.substr(0, piece)).has_value();
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (!result.good) {
    Read failed;
    failed.good = false;
    return failed;
  }
  result.good = reader.end_of_stream().has_value();
  result.complete = reader.is_complete();
  result.status = reader.has_head() ? reader.head().status : 0;
  result.body = reader.take_body();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Read whole = read(bytes, bytes.size() + 1);
  duress::fuzz::check(read(bytes, 1) == whole, "the cuts do not matter");
  duress::fuzz::check(read(bytes, 7) == whole, "the cuts do not matter");
  return 0;
}
