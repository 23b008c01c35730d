// HTTP/1.1 as bytes: a request written, a response read piece by piece as it comes. It reads no
// socket, decompresses nothing and follows no redirect; informational (1xx) answers are skipped.
// Owned by one connection; one thread. What a server may send without end is bounded: the head.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace duress::kube {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, encoded
  Headers headers{};         // beside Host, Content-Length and User-Agent
  std::string body{};
};

struct HttpResponse {
  int status = 0;
  Headers headers{};
  std::string body{};  // empty where it was handed out piece by piece
};

// "" if there is none; names in any case.
[[nodiscard]] std::string_view header_of(const Headers& headers, std::string_view name);

// The bytes to send. kUsage: a header or the target holds a line break.
[[nodiscard]] Result<std::string> request_bytes(const HttpRequest& request, std::string_view host);

class ResponseReader final {
 public:
  // Takes what came. An error means that the connection is of no use any more.
  [[nodiscard]] Result<> take(std::string_view bytes);
  // The peer closed: right for a body that ends so, an error for any other.
  [[nodiscard]] Result<> end_of_stream();

  [[nodiscard]] bool has_head() const { return state_ > State::kHeaders; }
  [[nodiscard]] bool is_complete() const { return state_ == State::kComplete; }
  // Whether another request may be sent behind this response.
  [[nodiscard]] bool keeps_alive() const { return keeps_alive_ && is_complete(); }
  [[nodiscard]] const HttpResponse& head() const { return head_; }
  // The part of the body that came since the last call.
  [[nodiscard]] std::string take_body() { return std::exchange(body_, {}); }
  [[nodiscard]] std::size_t body_waiting() const { return body_.size(); }

 private:
  enum class State {
    kStatusLine,
    kHeaders,
    kLength,      // `left_` bytes of the body are to come
    kUntilClose,  // all that comes
    kChunkSize,
    kChunk,     // `left_` bytes of the chunk are to come
    kChunkEnd,  // the line break behind it
    kTrailers,
    kComplete,
  };
  [[nodiscard]] Result<> take_line(std::string_view line);
  [[nodiscard]] Result<> take_status_line(std::string_view line);
  [[nodiscard]] Result<> take_header(std::string_view line);
  [[nodiscard]] Result<> take_chunk_size(std::string_view line);
  [[nodiscard]] Result<> begin_body();
  [[nodiscard]] std::size_t take_data(std::string_view bytes);

  State state_ = State::kStatusLine;
  HttpResponse head_;
  std::string line_;  // the part of one that came
  std::string body_;
  std::uint64_t left_ = 0;
  std::size_t head_bytes_ = 0;
  bool keeps_alive_ = true;
};

}  // namespace duress::kube
