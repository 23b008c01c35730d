#include "rehearse/http_answer.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.h"

namespace duress::rehearse {

namespace {

constexpr std::size_t kMostBody = 10UL * 1024;  // pkg/probe/http/http.go, maxRespBodyLength
constexpr std::size_t kMostLine = 8UL * 1024;   // kept of a line; the rest is passed over
constexpr std::uint64_t kMostHeaders = 10UL * 1024 * 1024;  // net/http, DefaultMaxHeaderBytes x 10

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string in_marks(std::string_view text) {
  return "\"" + (text.empty() ? std::string() : quoted(text)) + "\"";
}

}  // namespace

void HttpAnswer::bad(std::string why) {
  now_ = Now::kBad;
  why_ = std::move(why);
}

HttpAnswer::Now HttpAnswer::feed(std::string_view bytes) {
  while (!bytes.empty() && (now_ == Now::kHeaders || now_ == Now::kBody)) {
    if (part_ == Part::kLength || part_ == Part::kClose || part_ == Part::kChunk) {
      bytes.remove_prefix(take_body(bytes));
      continue;
    }
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    line_.append(piece.substr(0, kMostLine - std::min(kMostLine, line_.size())));
    header_bytes_ += piece.size() + 1;
    if (header_bytes_ > kMostHeaders) {
      bad("net/http: server response headers exceeded " + std::to_string(kMostHeaders) +
          " bytes; aborted");
      break;
    }
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    take_line();
    line_.clear();
  }
  return now_;
}

HttpAnswer::Now HttpAnswer::closed() {
  if (now_ == Now::kHeaders) {
    const bool nothing = part_ == Part::kStatus && line_.empty();
    bad(nothing ? "EOF" : "net/http: HTTP/1.x transport connection broken: unexpected EOF");
  } else if (now_ == Now::kBody && part_ == Part::kClose) {
    now_ = Now::kDone;
  } else if (now_ == Now::kBody) {
    bad("unexpected EOF");
  }
  return now_;
}

void HttpAnswer::take_line() {
  switch (part_) {
    case Part::kStatus:
      return take_status();
    case Part::kHeader:
      return line_.empty() ? end_headers() : take_header();
    case Part::kChunkSize:
      return take_chunk_size();
    case Part::kChunkEnd:
      part_ = Part::kChunkSize;
      if (!line_.empty()) bad("malformed chunked encoding");
      return;
    case Part::kTrailer:
      if (line_.empty()) now_ = Now::kDone;
      return;
    case Part::kLength:
    case Part::kClose:
    case Part::kChunk:
      return;
  }
}

// "HTTP/1.1 200 OK"
void HttpAnswer::take_status() {
  const std::string broken = "net/http: HTTP/1.x transport connection broken: ";
  const std::size_t space = line_.find(' ');
  if (space == std::string::npos) {
    return bad(broken + "malformed HTTP response " + in_marks(line_));
  }
  const std::string_view version = std::string_view(line_).substr(0, space);
  if (!version.starts_with("HTTP/") || version.size() != 8) {
    return bad(broken + "malformed HTTP version " + in_marks(version));
  }
  const std::string_view rest = trim(std::string_view(line_).substr(space + 1));
  const std::string_view code = rest.substr(0, rest.find(' '));
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), status_);
  const bool number = error == std::errc() && end == code.data() + code.size();
  if (!number || code.size() != 3 || status_ < 100) {
    return bad(broken + "malformed HTTP status code " + in_marks(code));
  }
  part_ = Part::kHeader;
}

void HttpAnswer::take_header() {
  const std::size_t colon = line_.find(':');
  if (line_[0] == ' ' || line_[0] == '\t') return;  // goes on the line before
  if (colon == std::string::npos) {
    return bad(
        "net/http: HTTP/1.x transport connection broken: malformed MIME header: missing "
        "colon: " +
        in_marks(line_));
  }
  const std::string_view name = std::string_view(line_).substr(0, colon);
  const std::string_view value = trim(std::string_view(line_).substr(colon + 1));
  if (same(name, "location")) location_ = value;
  if (same(name, "transfer-encoding")) chunked_ = same(value, "chunked");
  if (!same(name, "content-length")) return;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), left_);
  has_length_ = error == std::errc() && end == value.data() + value.size();
  if (!has_length_) {
    bad("net/http: HTTP/1.x transport connection broken: bad Content-Length " + in_marks(value));
  }
}

void HttpAnswer::end_headers() {
  constexpr int kSwitching = 101;
  if (status_ < 200 && status_ != kSwitching) {  // "100 Continue": the answer is still to come
    part_ = Part::kStatus;
    return;
  }
  in_body_ = true;
  now_ = Now::kBody;
  part_ = chunked_ ? Part::kChunkSize : has_length_ ? Part::kLength : Part::kClose;
  const bool none = status_ < 200 || status_ == 204 || status_ == 304;
  if (none || (part_ == Part::kLength && left_ == 0)) now_ = Now::kDone;
}

void HttpAnswer::take_chunk_size() {
  const std::string_view size = trim(std::string_view(line_).substr(0, line_.find(';')));
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
  if (error != std::errc() || end != size.data() + size.size()) {
    return bad("invalid byte in chunk length");
  }
  part_ = left_ == 0 ? Part::kTrailer : Part::kChunk;
}

std::size_t HttpAnswer::take_body(std::string_view bytes) {
  const bool counted = part_ != Part::kClose;
  const auto size = counted ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
                            : bytes.size();
  body_.append(bytes.substr(0, std::min(size, kMostBody - body_.size())));
  if (counted) left_ -= size;
  if (part_ == Part::kChunk && left_ == 0) part_ = Part::kChunkEnd;
  // A kubelet reads no further, and has seen enough.
  const bool enough = body_.size() == kMostBody || (part_ == Part::kLength && left_ == 0);
  if (enough) now_ = Now::kDone;
  return size;
}

}  // namespace duress::rehearse
