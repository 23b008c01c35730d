// An HTTP/1.x answer as it comes in, byte by byte if need be: status, Location, the body's first
// 10 KiB. It keeps no more than that and one line of 8 KiB, and ends at 10 MiB of headers, whatever
// is sent. It opens no socket. Errors are in the words of Go's net/http. Pure; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace duress::rehearse {

class HttpAnswer final {
 public:
  enum class Now { kHeaders, kBody, kDone, kBad };

  // Bytes beyond the answer's end are left unread.
  Now feed(std::string_view bytes);
  Now closed();  // the peer has ended
  [[nodiscard]] Now now() const { return now_; }

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& location() const { return location_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  // Of kBad. in_body(): the headers were all right.
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] bool in_body() const { return in_body_; }

 private:
  enum class Part { kStatus, kHeader, kLength, kClose, kChunkSize, kChunk, kChunkEnd, kTrailer };

  void take_line();
  void take_status();
  void take_header();
  void end_headers();
  void take_chunk_size();
  [[nodiscard]] std::size_t take_body(std::string_view bytes);
  void bad(std::string why);

  Now now_ = Now::kHeaders;
  Part part_ = Part::kStatus;
  std::string line_;
  std::uint64_t header_bytes_ = 0;
  int status_ = 0;
  bool has_length_ = false;
  bool chunked_ = false;
  bool in_body_ = false;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
  std::string location_;
  std::string body_;
  std::string why_;
};

}  // namespace duress::rehearse
