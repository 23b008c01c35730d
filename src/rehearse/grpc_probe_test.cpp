// gRPC probes against a server that speaks HTTP/2 by the same library from the other side.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rehearse/loopback_test.h"
#include "rehearse/probe_run.h"

namespace duress::rehearse {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A gRPC server of one answer, spoken by the same library from the other side.
struct GrpcAnswer {
  std::string body;
  std::string status = "0";
  bool silent = false;
};

struct GrpcTalk {
  const GrpcAnswer* answer;
  std::string path;
  std::string body;
};

ssize_t send_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* to, std::size_t most,
                  std::uint32_t* flags, nghttp2_data_source* source, void*) {
  const auto* talk = static_cast<const GrpcTalk*>(source->ptr);
  const std::string& body = talk->answer->body;
  const std::size_t size = std::min(body.size(), most);
  std::memcpy(to, body.data(), size);
  *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  const std::string name = "grpc-status";
  const nghttp2_nv trailer{
      reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
      reinterpret_cast<std::uint8_t*>(const_cast<char*>(talk->answer->status.data())), name.size(),
      talk->answer->status.size(), NGHTTP2_NV_FLAG_NONE};
  nghttp2_submit_trailer(session, stream, &trailer, 1);
  return static_cast<ssize_t>(size);
}

int answer_request(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  auto* talk = static_cast<GrpcTalk*>(user);
  const bool whole = frame->hd.type == NGHTTP2_DATA && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
  if (!whole || talk->answer->silent) return 0;
  std::string name = ":status";
  std::string value = "200";
  const nghttp2_nv header{reinterpret_cast<std::uint8_t*>(name.data()),
                          reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                          NGHTTP2_NV_FLAG_NONE};
  nghttp2_data_provider provider{};
  provider.source.ptr = talk;
  provider.read_callback = send_body;
  return nghttp2_submit_response(session, frame->hd.stream_id, &header, 1, &provider);
}

void serve_grpc(int peer, const GrpcAnswer& answer) {
  GrpcTalk talk{&answer, "", ""};
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, answer_request);
  nghttp2_session* session = nullptr;
  nghttp2_session_server_new(&session, callbacks, &talk);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0);
  while (true) {
    const std::uint8_t* bytes = nullptr;
    ssize_t size = 0;
    while ((size = nghttp2_session_mem_send(session, &bytes)) > 0) {
      say(peer, {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    }
    char part[4096];
    const ssize_t got = ::recv(peer, part, sizeof part, 0);
    if (got <= 0) break;
    if (nghttp2_session_mem_recv(session, reinterpret_cast<std::uint8_t*>(part),
                                 static_cast<std::size_t>(got)) < 0) {
      break;
    }
  }
  nghttp2_session_del(session);
}

ProbeDone ask_grpc(int port, milliseconds timeout = milliseconds(1000)) {
  Plain sockets;
  const auto probe = make_grpc_run({.port = port, .service = "hello"}, "127.0.0.1",
                                   std::chrono::seconds(1), sockets);
  return run(*probe, timeout);
}

TEST(GrpcProbe, SucceedsWhereTheServiceServes) {
  const GrpcAnswer serving{.body = std::string("\0\0\0\0\2\x08\1", 7)};
  const Server server([&](int peer) { serve_grpc(peer, serving); });
  const ProbeDone done = ask_grpc(server.port());
  EXPECT_EQ(done.outcome, ProbeOutcome::kSuccess) << done.message;
}

TEST(GrpcProbe, FailsWhereItDoesNot) {
  const GrpcAnswer not_serving{.body = std::string("\0\0\0\0\2\x08\2", 7)};
  const Server server([&](int peer) { serve_grpc(peer, not_serving); });
  EXPECT_EQ(ask_grpc(server.port()).message, "service unhealthy (responded with \"NOT_SERVING\")");
  const GrpcAnswer unknown{.body = "", .status = "12"};
  const Server other([&](int peer) { serve_grpc(peer, unknown); });
  EXPECT_THAT(ask_grpc(other.port()).message, HasSubstr("does not implement the grpc health"));
}

TEST(GrpcProbe, TellsASilentServiceFromNobody) {
  const GrpcAnswer silent{.body = "", .silent = true};
  const Server server([&](int peer) { serve_grpc(peer, silent); });
  EXPECT_EQ(ask_grpc(server.port(), milliseconds(200)).message,
            "timeout: health rpc did not complete within 1s");
  int port = 0;
  {
    port = Server([](int) {}).port();
  }
  EXPECT_EQ(ask_grpc(port, milliseconds(50)).message,
            "timeout: failed to connect service \"" + where(port) +
                "\" within 1s: context deadline exceeded");
  const Server http([](int peer) {
    read_request(peer);
    say(peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  EXPECT_THAT(ask_grpc(http.port(), milliseconds(50)).message,
              StartsWith("timeout: failed to connect"));
}

}  // namespace
}  // namespace duress::rehearse
