// Probes against servers of this test's own on the loopback: well-behaved ones, hostile ones, none.
#include "rehearse/probe_run.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rehearse/connection.h"

namespace duress::rehearse {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Plain final : public Sockets {
 public:
  Result<os::Fd> socket(bool ipv6) override {
    return os::Fd(
        ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  }
};

// Each connection is given to `serve` on a thread of the server's own.
class Server final {
 public:
  explicit Server(std::function<void(int)> serve) : serve_(std::move(serve)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_ = os::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), raw, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 64), 0);
    EXPECT_EQ(::getsockname(listener_.get(), raw, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      while (true) {
        const os::Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!peer || over_) return;
        serve_(peer.get());
      }
    });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    over_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  std::function<void(int)> serve_;
  os::Fd listener_;
  int port_ = 0;
  std::atomic<bool> over_ = false;
  std::jthread thread_;
};

void read_request(int peer) {
  char part[4096];
  (void)!::recv(peer, part, sizeof part, 0);
}

// False: the peer has gone.
bool say(int peer, std::string_view text) {
  return ::send(peer, text.data(), text.size(), MSG_NOSIGNAL) >= 0;
}

ProbeDone run(ProbeRun& probe, milliseconds timeout = milliseconds(1000)) {
  const auto end = steady_clock::now() + timeout;
  auto done = probe.go_on();
  while (!done) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) return probe.timed_out();
    pollfd ready{probe.fd(), static_cast<short>(probe.events()), 0};
    ::poll(&ready, 1, static_cast<int>(left.count()));
    if (ready.revents != 0) done = probe.go_on();
  }
  return *done;
}

ProbeDone ask_http(int port, milliseconds timeout = milliseconds(1000)) {
  Plain sockets;
  const auto probe = make_http_run({.port = port}, "127.0.0.1", sockets);
  return run(*probe, timeout);
}

std::string where(int port) { return "127.0.0.1:" + std::to_string(port); }

TEST(HttpProbe, SucceedsFrom200To399) {
  for (const auto& [status, outcome] : {std::pair(200, ProbeOutcome::kSuccess),
                                        {399, ProbeOutcome::kSuccess},
                                        {400, ProbeOutcome::kFailure},
                                        {500, ProbeOutcome::kFailure}}) {
    const Server server([status = status](int peer) {
      read_request(peer);
      say(peer, "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n");
    });
    const ProbeDone done = ask_http(server.port());
    EXPECT_EQ(done.outcome, outcome);
    if (status == 500) {
      EXPECT_EQ(done.message, "HTTP probe failed with statuscode: 500");
    }
  }
}

TEST(HttpProbe, SaysInAKubeletsWordsThatNobodyServes) {
  int port = 0;
  {
    port = Server([](int) {}).port();
  }
  EXPECT_EQ(ask_http(port).message, "Get \"http://" + where(port) + "/\": dial tcp " + where(port) +
                                        ": connect: connection refused");
}

TEST(HttpProbe, TimesOutWhereNothingIsSaid) {
  const Server server([](int peer) {
    read_request(peer);
    read_request(peer);  // until the peer goes
  });
  EXPECT_EQ(ask_http(server.port(), milliseconds(50)).message,
            "Get \"http://" + where(server.port()) +
                "/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
}

TEST(HttpProbe, IsNotHeldUpByASlowBodyNorCountsIt) {
  const Server server([](int peer) {
    read_request(peer);
    say(peer, "HTTP/1.1 200 OK\r\n\r\nx");
    read_request(peer);
  });
  const ProbeDone done = ask_http(server.port(), milliseconds(50));
  EXPECT_EQ(done.outcome, ProbeOutcome::kError);
  EXPECT_THAT(done.message, HasSubstr("while reading body"));
}

TEST(HttpProbe, EndsAtOnceWithAHugeBody) {
  const Server server([](int peer) {
    read_request(peer);
    bool there = say(peer, "HTTP/1.1 200 OK\r\n\r\n");
    const std::string part(64 * 1024, 'x');
    while (there) there = say(peer, part);
  });
  EXPECT_EQ(ask_http(server.port()).outcome, ProbeOutcome::kSuccess);
}

TEST(HttpProbe, EndsWithEndlessHeaders) {
  const Server server([](int peer) {
    read_request(peer);
    bool there = say(peer, "HTTP/1.1 200 OK\r\n");
    const std::string part(64 * 1024, 'x');
    while (there) there = say(peer, part);
  });
  EXPECT_THAT(ask_http(server.port(), milliseconds(10'000)).message,
              HasSubstr("headers exceeded 10485760 bytes"));
}

TEST(HttpProbe, TellsGarbageAndAnEarlyEnd) {
  const Server garbage([](int peer) {
    read_request(peer);
    say(peer, "\x16\x03\x01garbage\n");
  });
  EXPECT_THAT(ask_http(garbage.port()).message, HasSubstr("malformed HTTP response"));
  const Server closing([](int peer) { read_request(peer); });
  EXPECT_EQ(ask_http(closing.port()).message, "Get \"http://" + where(closing.port()) + "/\": EOF");
}

TEST(HttpProbe, FollowsRedirectsToTheSameHostOnly) {
  int asked = 0;
  const Server server([&asked](int peer) {
    read_request(peer);
    say(peer, ++asked < 3 ? "HTTP/1.1 302 X\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"
                          : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(ask_http(server.port()).outcome, ProbeOutcome::kSuccess);
  EXPECT_EQ(asked, 3);
  const Server away([](int peer) {
    read_request(peer);
    say(peer, "HTTP/1.1 302 X\r\nLocation: http://example.com/\r\nContent-Length: 2\r\n\r\nhi");
  });
  const ProbeDone done = ask_http(away.port());
  EXPECT_EQ(done.outcome, ProbeOutcome::kSuccess);
  EXPECT_EQ(done.message, "Probe terminated redirects, Response body: hi");
  const Server round([](int peer) {
    read_request(peer);
    say(peer, "HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_THAT(ask_http(round.port()).message, HasSubstr("stopped after 10 redirects"));
}

TEST(HttpProbe, TellsAHostThatIsNoAddress) {
  Plain sockets;
  const auto probe = make_http_run({.host = "no.such.example", .port = 80}, "127.0.0.1", sockets);
  EXPECT_THAT(run(*probe).message, HasSubstr("dial tcp: lookup no.such.example: no such host"));
}

// A key and a certificate that nobody has signed, made here.
class Certificate final {
 public:
  Certificate()
      : key_(EVP_RSA_gen(2048)),
        certificate_(X509_new()),
        context_(SSL_CTX_new(TLS_server_method())) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), -3600);  // and over, too
    X509_set_pubkey(certificate_, key_);
    X509_sign(certificate_, key_, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate_);
    SSL_CTX_use_PrivateKey(context_, key_);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  ~Certificate() {
    SSL_CTX_free(context_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  void serve(int peer, const std::string& answer) const {
    SSL* session = SSL_new(context_);
    SSL_set_fd(session, peer);
    char request[2048];
    if (SSL_accept(session) == 1 && SSL_read(session, request, sizeof request) > 0) {
      SSL_write(session, answer.data(), static_cast<int>(answer.size()));
      SSL_shutdown(session);
    }
    SSL_free(session);
  }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  SSL_CTX* context_;
};

ProbeDone ask_https(int port, milliseconds timeout = milliseconds(2000)) {
  Plain sockets;
  const auto probe = make_http_run({.port = port, .https = true}, "127.0.0.1", sockets);
  return run(*probe, timeout);
}

TEST(HttpsProbe, LooksAtNoCertificate) {
  const Certificate identity;
  const Server server(
      [&](int peer) { identity.serve(peer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"); });
  const ProbeDone done = ask_https(server.port());
  EXPECT_EQ(done.outcome, ProbeOutcome::kSuccess) << done.message;
}

TEST(HttpsProbe, TellsAServerThatSpeaksNoTls) {
  const Server server([](int peer) {
    read_request(peer);
    say(peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  EXPECT_EQ(ask_https(server.port()).message,
            "Get \"https://" + where(server.port()) +
                "/\": http: server gave HTTP response to HTTPS client");
  const Server closing([](int peer) { read_request(peer); });
  EXPECT_EQ(ask_https(closing.port()).message,
            "Get \"https://" + where(closing.port()) + "/\": EOF");
  const Server silent([](int peer) {
    read_request(peer);
    read_request(peer);
  });
  EXPECT_THAT(ask_https(silent.port(), milliseconds(50)).message,
              HasSubstr("context deadline exceeded"));
}

TEST(TcpProbe, NeedsNoMoreThanAConnection) {
  Plain sockets;
  int port = 0;
  {
    const Server server([](int) {});
    port = server.port();
    EXPECT_EQ(run(*make_tcp_run("127.0.0.1", port, sockets)).outcome, ProbeOutcome::kSuccess);
  }
  EXPECT_EQ(run(*make_tcp_run("127.0.0.1", port, sockets)).message,
            "dial tcp " + where(port) + ": connect: connection refused");
  EXPECT_EQ(make_tcp_run("10.0.0.1", 5, sockets)->timed_out().message,
            "dial tcp 10.0.0.1:5: i/o timeout");
}

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
