// Probes against servers of this test's own on the loopback: well-behaved ones, hostile ones, none.
#include "rehearse/probe_run.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rehearse/loopback_test.h"

namespace duress::rehearse {
namespace {

using ::testing::HasSubstr;

ProbeDone ask_http(int port, milliseconds timeout = milliseconds(1000)) {
  Plain sockets;
  const auto probe = make_http_run({.port = port}, "127.0.0.1", sockets);
  return run(*probe, timeout);
}

TEST(HttpProbe, SucceedsFrom200To399) {
  for (const auto& [status, outcome] : {std::pair(200, ProbeOutcome::kSuccess),
                                        {399, ProbeOutcome::kSuccess},
                                        {400, ProbeOutcome::kFailure},
                                        {500, ProbeOutcome::kFailure}}) {
    const Server server([status](int peer) {
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

}  // namespace
}  // namespace duress::rehearse
