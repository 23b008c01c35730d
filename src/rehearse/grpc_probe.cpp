// A grpc probe under way: see probe_run.h. HTTP/2 is nghttp2's, fed and emptied from memory, so
// that it touches no socket and blocks nowhere.
#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>

#include <charconv>

#include "base/text.h"
#include "rehearse/connection.h"
#include "rehearse/grpc_health.h"
#include "rehearse/http_request.h"
#include "rehearse/probe_run.h"

namespace duress::rehearse {

namespace {

constexpr std::size_t kMostBody = 4UL * 1024;
constexpr std::size_t kMostMessage = 1024;
constexpr int kPartsATime = 8;

struct EndSession {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

class GrpcRun final : public ProbeRun {
 public:
  GrpcRun(const spec::Grpc& grpc, std::string host, std::chrono::seconds timeout, Sockets& sockets)
      : host_(std::move(host)),
        port_(grpc.port),
        timeout_(timeout),
        sockets_(sockets),
        request_(health_request(grpc.service)) {}

  [[nodiscard]] int fd() const override { return connection_ && !lost_ ? connection_->fd() : -1; }
  [[nodiscard]] std::uint32_t events() const override {
    const bool writes = !session_ || !to_send_.empty();
    return writes ? EPOLLIN | EPOLLOUT : EPOLLIN;
  }

  [[nodiscard]] std::optional<ProbeDone> go_on() override {
    if (!connection_) connection_.emplace(Peer{host_, port_, false}, sockets_);
    const bool connected = !lost_ && connection_->connected();
    // Nobody there is waited out, as the client library that a kubelet uses does.
    lost_ = lost_ || !connection_->error().empty();
    if (!connected) return std::nullopt;
    if (!session_ && !begin()) return broken("no session");
    for (int i = 0; i < kPartsATime; ++i) {
      if (auto done = send()) return done;
      std::string part;
      const Flow flow = connection_->receive(part);
      if (flow == Flow::kWait) return std::nullopt;
      if (flow == Flow::kGone) return closed();
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(part.data());
      const auto taken = nghttp2_session_mem_recv(session_.get(), bytes, part.size());
      if (taken < 0) return greeted_ ? broken(nghttp2_strerror(static_cast<int>(taken))) : closed();
      if (over_) return meaning_of(end_);
    }
    return std::nullopt;
  }

  [[nodiscard]] ProbeDone timed_out() const override {
    const std::string time = format_duration(timeout_);
    if (greeted_) {
      return {ProbeOutcome::kFailure, "timeout: health rpc did not complete within " + time};
    }
    return {ProbeOutcome::kFailure, "timeout: failed to connect service \"" +
                                        join_host_port(host_, port_) + "\" within " + time +
                                        ": context deadline exceeded"};
  }

 private:
  [[nodiscard]] static ProbeDone broken(const std::string& why) {
    return {ProbeOutcome::kFailure,
            "error: health rpc probe failed: rpc error: code = Unavailable desc = " + why};
  }

  // Before the server has said what it is, the client library would try again until the time is up.
  [[nodiscard]] std::optional<ProbeDone> closed() {
    if (over_) return meaning_of(end_);
    if (greeted_) {
      return broken(connection_->error().empty() ? "error reading from server: EOF"
                                                 : connection_->error());
    }
    lost_ = true;
    return std::nullopt;
  }

  [[nodiscard]] std::optional<ProbeDone> send() {
    const std::uint8_t* bytes = nullptr;
    constexpr std::size_t kMostKept = 64UL * 1024;
    while (to_send_.size() < kMostKept) {
      const auto size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size < 0) return broken(nghttp2_strerror(static_cast<int>(size)));
      if (size == 0) break;
      to_send_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    if (connection_->send(to_send_) == Flow::kGone) return closed();
    return std::nullopt;
  }

  [[nodiscard]] bool begin() {
    nghttp2_session_callbacks* callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return false;
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session* raw = nullptr;
    const int made = nghttp2_session_client_new(&raw, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0) return false;
    session_.reset(raw);
    nghttp2_submit_settings(raw, NGHTTP2_FLAG_NONE, nullptr, 0);
    return submit();
  }

  [[nodiscard]] bool submit() {
    const std::string authority = join_host_port(host_, port_);
    const std::string agent = std::string(kUserAgent) + " grpc-go";
    const auto header = [](std::string_view name, std::string_view value) {
      // The library copies both; its interface takes what may be written to.
      return nghttp2_nv{reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
                        name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
    };
    const nghttp2_nv headers[] = {header(":method", "POST"),
                                  header(":scheme", "http"),
                                  header(":path", "/grpc.health.v1.Health/Check"),
                                  header(":authority", authority),
                                  header("content-type", "application/grpc"),
                                  header("user-agent", agent),
                                  header("te", "trailers")};
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = read_request;
    stream_ = nghttp2_submit_request(session_.get(), nullptr, headers, std::size(headers),
                                     &provider, nullptr);
    return stream_ >= 0;
  }

  static ssize_t read_request(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t most,
                              std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto* self = static_cast<GrpcRun*>(source->ptr);
    const std::size_t size = std::min(most, self->request_.size());
    self->request_.copy(reinterpret_cast<char*>(to), size);
    self->request_.erase(0, size);
    if (self->request_.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto* self = static_cast<GrpcRun*>(user);
    if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
      self->greeted_ = true;
    }
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    auto* self = static_cast<GrpcRun*>(user);
    if (frame->hd.stream_id != self->stream_) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    self->take_header(key, text);
    return 0;
  }

  void take_header(std::string_view key, std::string_view text) {
    int number = -1;
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (key == "grpc-status") end_.code = number;
    if (key == "grpc-message") end_.message = text.substr(0, kMostMessage);
    constexpr int kOk = 200;
    constexpr int kUnimplemented = 12;
    constexpr int kUnavailable = 14;
    // Not a gRPC server: what its HTTP status means (doc/http-grpc-status-mapping.md).
    if (key == ":status" && number != kOk) {
      end_.code = number == 404 ? kUnimplemented : kUnavailable;
      end_.message = "unexpected HTTP status code received from server: " + std::string(text);
    }
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                     std::size_t size, void* user) {
    auto* self = static_cast<GrpcRun*>(user);
    if (stream != self->stream_) return 0;
    std::string& body = self->end_.body;
    body.append(reinterpret_cast<const char*>(bytes), std::min(size, kMostBody - body.size()));
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
    auto* self = static_cast<GrpcRun*>(user);
    self->over_ = self->over_ || stream == self->stream_;
    return 0;
  }

  std::string host_;
  int port_;
  std::chrono::seconds timeout_;
  Sockets& sockets_;
  std::string request_;
  std::optional<Connection> connection_;
  std::unique_ptr<nghttp2_session, EndSession> session_;
  std::string to_send_;
  std::int32_t stream_ = -1;
  bool lost_ = false;     // nobody is there: the time runs out
  bool greeted_ = false;  // the server has sent its settings
  bool over_ = false;
  GrpcEnd end_;
};

}  // namespace

std::unique_ptr<ProbeRun> make_grpc_run(const spec::Grpc& grpc, const std::string& host,
                                        std::chrono::seconds timeout, Sockets& sockets) {
  return std::make_unique<GrpcRun>(grpc, host, timeout, sockets);
}

}  // namespace duress::rehearse
