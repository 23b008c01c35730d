#include "kube/http_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::kube {
namespace {

using ::testing::HasSubstr;

std::string body_of(ResponseReader& reader, std::string_view bytes, std::size_t piece) {
  std::string body;
  while (!bytes.empty()) {
    const auto taken = reader.take(bytes.substr(0, piece));
    EXPECT_TRUE(taken) << taken.error().message;
    if (!taken) return body;
    bytes.remove_prefix(std::min(piece, bytes.size()));
    body += reader.take_body();
  }
  return body;
}

TEST(HttpRequest, IsWrittenWithItsHost) {
  const auto bytes = request_bytes({.method = "PATCH",
                                    .target = "/api?x=1",
                                    .headers = {{"Accept", "application/json"}},
                                    .body = "{}"},
                                   "10.0.0.1:6443");
  EXPECT_EQ(*bytes,
            "PATCH /api?x=1 HTTP/1.1\r\nHost: 10.0.0.1:6443\r\nUser-Agent: duress\r\n"
            "Accept: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(HttpRequest, RefusesALineBreakInAToken) {
  const auto bytes =
      request_bytes({.headers = {{"Authorization", "Bearer a\r\nX-Remote-User: admin"}}}, "h");
  ASSERT_FALSE(bytes);
  EXPECT_THAT(bytes.error().message, HasSubstr("a token is one line"));
  // What the message shows must not be the token.
  EXPECT_THAT(bytes.error().message, ::testing::Not(HasSubstr("admin")));
}

// However the network cuts it.
TEST(ResponseReader, ReadsALengthInPiecesOfAnySize) {
  const std::string_view bytes = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nDate: x\r\n\r\nhello";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    ResponseReader reader;
    EXPECT_EQ(body_of(reader, bytes, piece), "hello");
    EXPECT_TRUE(reader.keeps_alive());
    EXPECT_EQ(reader.head().status, 200);
    EXPECT_EQ(header_of(reader.head().headers, "DATE"), "x");
  }
}

TEST(ResponseReader, ReadsChunksInPiecesOfAnySize) {
  const std::string_view bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;name=value\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    ResponseReader reader;
    EXPECT_EQ(body_of(reader, bytes, piece), "hello!");
    EXPECT_TRUE(reader.is_complete());
    EXPECT_TRUE(reader.keeps_alive());
  }
}

TEST(ResponseReader, ReadsUntilTheEndWhereNothingElseIsSaid) {
  ResponseReader reader;
  EXPECT_EQ(body_of(reader, "HTTP/1.1 200 OK\r\n\r\nall of it", 4), "all of it");
  EXPECT_FALSE(reader.is_complete());
  EXPECT_TRUE(reader.end_of_stream());
  EXPECT_TRUE(reader.is_complete());
  EXPECT_FALSE(reader.keeps_alive());
}

TEST(ResponseReader, KnowsAnAnswerThatWasCutOff) {
  ResponseReader reader;
  ASSERT_TRUE(reader.take("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"));
  const auto end = reader.end_of_stream();
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, HasSubstr("in the midst"));
  EXPECT_THAT(ResponseReader().end_of_stream().error().message, HasSubstr("without an answer"));
}

TEST(ResponseReader, SkipsAnInterimAnswer) {
  ResponseReader reader;
  EXPECT_EQ(body_of(reader,
                    "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 201 Created\r\n"
                    "Content-Length: 2\r\n\r\n{}",
                    7),
            "{}");
  EXPECT_EQ(reader.head().status, 201);
  EXPECT_EQ(header_of(reader.head().headers, "Link"), "");
}

TEST(ResponseReader, NeedsNoBodyWhereThereIsNone) {
  ResponseReader reader;
  ASSERT_TRUE(reader.take("HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_TRUE(reader.is_complete());
}

TEST(ResponseReader, DoesNotKeepWhatTheServerCloses) {
  ResponseReader reader;
  ASSERT_TRUE(reader.take("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(reader.is_complete());
  EXPECT_FALSE(reader.keeps_alive());
}

TEST(ResponseReader, RefusesWhatIsNoHttp) {
  for (const std::string_view bytes :
       {"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 abc\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    ResponseReader reader;
    EXPECT_FALSE(reader.take(bytes)) << bytes;
  }
}

TEST(ResponseReader, BoundsTheHead) {
  ResponseReader reader;
  ASSERT_TRUE(reader.take("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(reader.take(std::string(70'000, 'a')));
}

}  // namespace
}  // namespace duress::kube
