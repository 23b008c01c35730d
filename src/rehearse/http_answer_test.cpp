#include "rehearse/http_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rehearse/grpc_health.h"
#include "rehearse/http_request.h"

namespace duress::rehearse {
namespace {

using ::testing::HasSubstr;
using Now = HttpAnswer::Now;

HttpAnswer answer_of(std::string_view text) {
  HttpAnswer out;
  for (const char& byte : text) (void)out.feed({&byte, 1});  // the worst way to get it
  return out;
}

TEST(HttpAnswer, IsDoneWithItsLength) {
  const HttpAnswer answer = answer_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes");
  EXPECT_EQ(answer.now(), Now::kDone);
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body(), "yes");
}

TEST(HttpAnswer, TakesChunksAndNoLength) {
  EXPECT_EQ(answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nyes\r\n2\r\n!!"
                      "\r\n0\r\nTrailer: 1\r\n\r\n")
                .body(),
            "yes!!");
  HttpAnswer open = answer_of("HTTP/1.0 503 No\n\nsorry");
  EXPECT_EQ(open.now(), Now::kBody);
  EXPECT_EQ(open.closed(), Now::kDone);
  EXPECT_EQ(open.status(), 503);
}

TEST(HttpAnswer, PassesOverContinue) {
  EXPECT_EQ(answer_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n").status(), 204);
}

TEST(HttpAnswer, EndsAtTheBodyThatAKubeletReads) {
  HttpAnswer answer = answer_of("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(answer.feed(std::string(1U << 20U, 'x')), Now::kDone);
  EXPECT_EQ(answer.body().size(), 10U * 1024);
}

TEST(HttpAnswer, EndsAtHeadersWithoutAnEnd) {
  HttpAnswer answer = answer_of("HTTP/1.1 200 OK\r\n");
  const std::string line = "X: " + std::string(100'000, 'x') + "\r\n";
  int lines = 0;
  while (answer.feed(line) == Now::kHeaders) ++lines;
  EXPECT_LT(lines, 110);
  EXPECT_EQ(answer.why(), "net/http: server response headers exceeded 10485760 bytes; aborted");
}

TEST(HttpAnswer, SaysInGosWordsWhatIsWrong) {
  EXPECT_EQ(answer_of("SSH-2.0-OpenSSH\r\n").why(),
            "net/http: HTTP/1.x transport connection broken: malformed HTTP response "
            "\"SSH-2.0-OpenSSH\"");
  EXPECT_EQ(answer_of("HTTP/1.1 abc OK\r\n").why(),
            "net/http: HTTP/1.x transport connection broken: malformed HTTP status code \"abc\"");
  EXPECT_EQ(answer_of("HTTP 200 OK\r\n").why(),
            "net/http: HTTP/1.x transport connection broken: malformed HTTP version \"HTTP\"");
  EXPECT_THAT(answer_of("HTTP/1.1 200 OK\r\nnonsense\r\n").why(), HasSubstr("missing colon"));
  HttpAnswer nothing;
  (void)nothing.closed();
  EXPECT_EQ(nothing.why(), "EOF");
  HttpAnswer cut = answer_of("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nyes");
  (void)cut.closed();
  EXPECT_EQ(cut.why(), "unexpected EOF");
  EXPECT_TRUE(cut.in_body());
}

TEST(HttpRequest, IsWhatAKubeletSends) {
  spec::HttpGet get{.port = 8080, .path = "healthz?full=a b#x"};
  const Url url = url_of(get, "10.88.0.2");
  EXPECT_EQ(url.text(), "http://10.88.0.2:8080/healthz?full=a%20b");
  EXPECT_EQ(request_of(get, url),
            "GET /healthz?full=a%20b HTTP/1.1\r\nHost: 10.88.0.2:8080\r\nUser-Agent: "
            "kube-probe/1.35\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

TEST(HttpRequest, LetsHeadersBeOverriddenButNotBeSplit) {
  spec::HttpGet get{.port = 80};
  get.headers = {
      {"Host", "hello.example"}, {"user-agent", "me"}, {"X-A", "1\r\nX-B: 2"}, {"Accept", ""}};
  EXPECT_EQ(
      request_of(get, url_of(get, "::1")),
      "GET / HTTP/1.1\r\nHost: hello.example\r\nUser-Agent: me\r\nX-A: 1X-B: 2\r\nConnection: "
      "close\r\n\r\n");
  EXPECT_EQ(url_of(get, "::1").text(), "http://[::1]:80/");
}

TEST(Redirect, LeadsWhereTheLocationSays) {
  const Url from{.host = "10.88.0.2", .port = 8080, .path = "/a/b?c"};
  EXPECT_EQ(resolved(from, "/x")->text(), "http://10.88.0.2:8080/x");
  EXPECT_EQ(resolved(from, "x?y")->text(), "http://10.88.0.2:8080/a/x?y");
  EXPECT_EQ(resolved(from, "http://10.88.0.2:9090/x")->port, 9090);
  EXPECT_EQ(resolved(from, "//other.example/x")->text(), "http://other.example/x");
  EXPECT_TRUE(resolved(from, "https://10.88.0.2/")->https);
  EXPECT_EQ(resolved(from, "http://[::1]:81?q")->text(), "http://[::1]:81/?q");
  EXPECT_FALSE(resolved(from, "http://:80/"));
  EXPECT_FALSE(resolved(from, "http://a:99999/"));
}

TEST(GrpcHealth, AsksForAService) {
  EXPECT_EQ(health_request(""), std::string(5, '\0'));
  EXPECT_EQ(health_request("ab"), std::string("\0\0\0\0\4\x0A\2ab", 9));
  EXPECT_EQ(health_request(std::string(200, 'x')).size(), 5U + 3 + 200);
}

TEST(GrpcHealth, SaysInAKubeletsWordsWhatAnAnswerMeans) {
  const std::string serving("\0\0\0\0\2\x08\1", 7);
  const std::string not_serving("\0\0\0\0\2\x08\2", 7);
  EXPECT_EQ(meaning_of({.code = 0, .message = "", .body = serving}).outcome,
            ProbeOutcome::kSuccess);
  EXPECT_EQ(meaning_of({.code = 0, .message = "", .body = not_serving}).message,
            "service unhealthy (responded with \"NOT_SERVING\")");
  EXPECT_EQ(meaning_of({.code = 0, .message = "", .body = std::string(5, '\0')}).message,
            "service unhealthy (responded with \"UNKNOWN\")");
  EXPECT_EQ(meaning_of({.code = 5, .message = "unknown%20service", .body = ""}).message,
            "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service");
  EXPECT_THAT(meaning_of({.code = 12, .message = "no", .body = ""}).message,
              HasSubstr("does not implement the grpc health protocol"));
  EXPECT_EQ(meaning_of({.code = {}, .message = "", .body = ""}).outcome, ProbeOutcome::kFailure);
  EXPECT_FALSE(health_status("\1\0\0\0\0"));
  EXPECT_EQ(health_status(std::string("\0\0\0\0\6\x12\2xy\x08\1", 11)), 1);
}

}  // namespace
}  // namespace duress::rehearse
