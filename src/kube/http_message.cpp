#include "kube/http_message.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace duress::kube {

namespace {

constexpr std::size_t kMostHead = 64U << 10U;
constexpr std::string_view kProduct = "duress";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool breaks_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (same_name(trim(list.substr(0, end)), word)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

template <class Number>
bool read_whole(std::string_view text, Number& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

Failure malformed(std::string_view what, std::string_view text) {
  return fail(Code::kIo, "the answer is no HTTP: " + std::string(what) + " " + quoted(text));
}

}  // namespace

std::string_view header_of(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(
      headers, [name](const auto& header) { return same_name(header.first, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::string> request_bytes(const HttpRequest& request, std::string_view host) {
  std::string bytes = request.method + " " + request.target +
                      " HTTP/1.1\r\nHost: " + std::string(host) +
                      "\r\nUser-Agent: " + std::string(kProduct) + "\r\n";
  if (breaks_line(request.target) || request.target.contains(' '))
    return fail(Code::kUsage, "the address of a request holds a space or a line break: " +
                                  quoted(request.target));
  for (const auto& [name, value] : request.headers) {
    if (breaks_line(name) || breaks_line(value))
      return fail(Code::kUsage, "the value of the HTTP header " + quoted(name) +
                                    " holds a line break; a token is one line");
    bytes += name + ": " + value + "\r\n";
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "DELETE"))
    bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  bytes += "\r\n";
  bytes += request.body;
  return bytes;
}

Result<> ResponseReader::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (state_ == State::kComplete) return fail(Code::kIo, "the server sent more than its answer");
    if (state_ == State::kLength || state_ == State::kUntilClose || state_ == State::kChunk) {
      bytes.remove_prefix(take_data(bytes));
      continue;
    }
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, std::min(end, bytes.size()));
    head_bytes_ += piece.size() + 1;
    if (head_bytes_ > kMostHead) return fail(Code::kIo, "the answer's head is larger than 64 KiB");
    line_ += piece;
    if (end == std::string_view::npos) return {};
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    const std::string line = std::exchange(line_, {});
    if (auto done = take_line(line); !done) return done;
  }
  return {};
}

std::size_t ResponseReader::take_data(std::string_view bytes) {
  std::size_t size = bytes.size();
  if (state_ != State::kUntilClose) {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
    left_ -= size;
  }
  body_ += bytes.substr(0, size);
  if (left_ == 0 && state_ == State::kLength) state_ = State::kComplete;
  if (left_ == 0 && state_ == State::kChunk) state_ = State::kChunkEnd;
  return size;
}

Result<> ResponseReader::take_line(std::string_view line) {
  switch (state_) {
    case State::kStatusLine:
      return take_status_line(line);
    case State::kHeaders:
      return line.empty() ? begin_body() : take_header(line);
    case State::kChunkSize:
      return take_chunk_size(line);
    case State::kChunkEnd:
      if (!line.empty()) return malformed("behind a chunk stands", line);
      state_ = State::kChunkSize;
      head_bytes_ = 0;  // a watch has chunks without end
      return {};
    case State::kTrailers:
      if (line.empty()) state_ = State::kComplete;
      return {};
    default:
      return {};
  }
}

Result<> ResponseReader::take_status_line(std::string_view line) {
  if (line.empty()) return {};  // some servers end a body with one too many
  const bool known = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  if (!known || !read_whole(line.substr(9, 3), head_.status, 10) || head_.status < 100)
    return malformed("it begins with", line);
  keeps_alive_ = line.starts_with("HTTP/1.1 ");
  state_ = State::kHeaders;
  return {};
}

Result<> ResponseReader::take_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return malformed("a header says", line);
  head_.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  return {};
}

Result<> ResponseReader::begin_body() {
  if (head_.status < 200) {  // Continue, Early Hints: the answer proper follows
    if (head_.status == 101) return malformed("it switches the protocol to", "another");
    head_ = {};
    state_ = State::kStatusLine;
    return {};
  }
  const std::string_view connection = header_of(head_.headers, "Connection");
  if (has_word(connection, "close")) keeps_alive_ = false;
  if (has_word(connection, "keep-alive")) keeps_alive_ = true;
  head_bytes_ = 0;
  if (head_.status == 204 || head_.status == 304) {
    state_ = State::kComplete;
    return {};
  }
  if (const auto coding = header_of(head_.headers, "Transfer-Encoding"); !coding.empty()) {
    if (!same_name(coding, "chunked")) return malformed("its coding is", coding);
    state_ = State::kChunkSize;
    return {};
  }
  const auto length = header_of(head_.headers, "Content-Length");
  if (length.empty()) {
    keeps_alive_ = false;
    state_ = State::kUntilClose;
    return {};
  }
  if (!read_whole(length, left_, 10)) return malformed("its length is", length);
  state_ = left_ == 0 ? State::kComplete : State::kLength;
  return {};
}

Result<> ResponseReader::take_chunk_size(std::string_view line) {
  const std::string_view size = trim(line.substr(0, std::min(line.find(';'), line.size())));
  if (!read_whole(size, left_, 16)) return malformed("a chunk's size is", line);
  state_ = left_ == 0 ? State::kTrailers : State::kChunk;
  return {};
}

Result<> ResponseReader::end_of_stream() {
  if (state_ == State::kUntilClose) state_ = State::kComplete;
  if (state_ == State::kComplete) return {};
  return fail(Code::kIo, state_ == State::kStatusLine && head_bytes_ == 0
                             ? "the server closed the connection without an answer"
                             : "the server closed the connection in the midst of its answer");
}

}  // namespace duress::kube
