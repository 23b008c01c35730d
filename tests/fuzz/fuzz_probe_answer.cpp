// What an application may answer a probe: HTTP in pieces of any size, gRPC messages. Nothing makes
// the reader grow, run on or print what is not text, and how the answer is cut into pieces changes
// nothing.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "check.h"
#include "rehearse/grpc_health.h"
#include "rehearse/http_answer.h"
#include "rehearse/http_request.h"

namespace {

using duress::fuzz::check;
using duress::rehearse::HttpAnswer;

HttpAnswer read(std::string_view text, std::size_t piece) {
  HttpAnswer out;
  for (std::size_t at = 0; at < text.size(); at += piece) (void)out.feed(text.substr(at, piece));
  (void)out.closed();
  return out;
}

void plain(const std::string& message) {
  check(duress::is_utf8(message), "a message is UTF-8");
  check(message.size() < 4000, "a message is short");
  for (const char c : message) {
    check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "a message is one plain line");
  }
}

void http(std::string_view text) {
  const HttpAnswer whole = read(text, std::max<std::size_t>(text.size(), 1));
  const HttpAnswer pieces = read(text, 1 + text.size() % 7);
  check(whole.now() == HttpAnswer::Now::kDone || whole.now() == HttpAnswer::Now::kBad,
        "an answer that was closed is over");
  check(whole.now() == pieces.now() && whole.status() == pieces.status() &&
            whole.body() == pieces.body() && whole.why() == pieces.why() &&
            whole.location() == pieces.location(),
        "how it is cut changes nothing");
  check(whole.body().size() <= 10U * 1024, "a body is 10 KiB at most");
  check(whole.location().size() <= 8U * 1024, "a line is 8 KiB at most");
  plain(whole.why());
  const duress::rehearse::Url from{.host = "10.88.0.2", .port = 80};
  const auto next = duress::rehearse::resolved(from, whole.location());
  if (!next) return;
  const std::string request = duress::rehearse::request_of({}, *next);
  check(request.ends_with("\r\n\r\n"), "a request ends");
  check(request.find("\r\n\r\n") == request.size() - 4, "a redirect cannot add to a request");
}

void grpc(std::string_view text) {
  duress::rehearse::GrpcEnd end;
  const std::size_t half = text.size() / 2;
  end.message = text.substr(0, half);
  end.body = text.substr(half);
  for (const int code : {0, 5, 12, 99}) {
    end.code = code;
    plain(duress::rehearse::meaning_of(end).message);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  http(text);
  grpc(text);
  return 0;
}
