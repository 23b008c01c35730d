// A server of this program's own, on the loopback: what an API server in order never does.
#include "kube/http_client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace duress::kube {
namespace {

using ::testing::HasSubstr;

class FakeClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return {}; }
  void tick(Duration time) { now_ += time; }

 private:
  Instant now_{std::chrono::seconds(1000)};
};

class Server final {
 public:
  explicit Server(Reactor& reactor)
      : reactor_(reactor),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    url_ = {.tls = false, .host = "127.0.0.1", .port = ntohs(address.sin_port), .path = ""};
    accepting_ =
        reactor.when_ready(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); }).value();
  }

  [[nodiscard]] const Url& url() const { return url_; }
  // What it answers to a whole request; empty: nothing. Then closes if `closes`.
  std::function<std::string(int request)> answer = [](int) { return ""; };
  bool closes = false;
  int requests = 0;
  int accepted = 0;

  void say(const std::string& bytes) {
    static_cast<void>(::send(peers_.back().fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  void close_all() { peers_.clear(); }

 private:
  struct Peer {
    os::Fd fd;
    Handle reading;
  };
  void accept() {
    os::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    accepted += 1;
    const int raw = fd.get();
    peers_.push_back({std::move(fd), {}});
    peers_.back().reading =
        reactor_.when_ready(raw, EPOLLIN, [this, raw](std::uint32_t) { read(raw); }).value();
  }
  void read(int raw) {
    char piece[4096];
    const auto got = ::recv(raw, piece, sizeof piece, 0);
    if (got > 0) {
      const std::string reply = answer(requests++);
      static_cast<void>(::send(raw, reply.data(), reply.size(), MSG_NOSIGNAL));
    }
    if (got == 0 || closes)
      peers_.remove_if([raw](const Peer& peer) { return peer.fd.get() == raw; });
  }

  Reactor& reactor_;
  Url url_;
  os::Fd listener_;
  Handle accepting_;
  std::list<Peer> peers_;
};

class HttpClientTest : public ::testing::Test {
 protected:
  bool until(const std::function<bool()>& predicate) {
    for (int i = 0; i < 2000 && !predicate(); ++i)
      EXPECT_TRUE(reactor_->turn(std::chrono::milliseconds(1)));
    return predicate();
  }
  Call get(bool may_repeat = true) {
    answer_.reset();
    return client_->send(
        {.what = "get a", .may_repeat = may_repeat, .on_end = [this](Answer<HttpResponse> got) {
           answer_ = std::move(got);
         }});
  }
  Call stream(Duration quiet) {
    answer_.reset();
    return client_->send(
        {.what = "watch a",
         .quiet = quiet,
         .on_body = [this](std::string_view piece) { body_ += piece; },
         .on_end = [this](Answer<HttpResponse> got) { answer_ = std::move(got); }});
  }

  FakeClock clock_;
  std::unique_ptr<Reactor> reactor_ = Reactor::make(clock_).value();
  Server server_{*reactor_};
  std::unique_ptr<HttpClient> client_ = HttpClient::make(*reactor_, server_.url(), {}).value();
  std::optional<Answer<HttpResponse>> answer_;
  std::string body_;
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

TEST_F(HttpClientTest, KeepsTheConnectionForTheNextRequest) {
  server_.answer = [](int) { return std::string(kOk); };
  for (int i = 0; i < 3; ++i) {
    const Call call = get();
    ASSERT_TRUE(until([&] { return answer_.has_value(); }));
    EXPECT_EQ((*answer_)->body, "{}");
  }
  EXPECT_EQ(server_.accepted, 1);
}

TEST_F(HttpClientTest, SeesThatAKeptConnectionWasClosedAndTakesANewOne) {
  server_.answer = [](int) { return std::string(kOk); };
  Call call = get();
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  server_.close_all();
  call = get(false);
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  EXPECT_TRUE(*answer_) << answer_->error().message;
  EXPECT_EQ(server_.accepted, 2);
  EXPECT_EQ(server_.requests, 2);
}

TEST_F(HttpClientTest, RepeatsWhatDiedOnAKeptConnectionButNothingThatMayHaveBeenDone) {
  server_.answer = [](int request) { return request == 1 ? "" : std::string(kOk); };
  Call call = get();
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  server_.closes = true;  // after it has read the request, without an answer
  call = get(true);
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  EXPECT_TRUE(*answer_) << answer_->error().message;
  EXPECT_EQ(server_.requests, 3);

  server_.closes = false;
  call = get();
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  server_.closes = true;
  server_.answer = [](int) { return ""; };
  const int before = server_.requests;
  call = get(false);
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  ASSERT_FALSE(*answer_);
  EXPECT_THAT(answer_->error().message, HasSubstr("it is not known whether it was done"));
  EXPECT_EQ(server_.requests, before + 1);
}

TEST_F(HttpClientTest, GivesUpOnASilentServerInTime) {
  const Call call = get();
  ASSERT_TRUE(until([&] { return server_.requests == 1; }));
  EXPECT_FALSE(answer_);
  clock_.tick(std::chrono::seconds(31));
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  EXPECT_EQ(answer_->error().reason, Reason::kTimeout);
  EXPECT_THAT(answer_->error().message, HasSubstr("get a: waiting for the answer of 127.0.0.1:"));
}

TEST_F(HttpClientTest, TakesASilentStreamForBroken) {
  server_.answer = [](int) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n";
  };
  const Call call = stream(std::chrono::seconds(60));
  ASSERT_TRUE(until([&] { return body_ == "ab"; }));
  clock_.tick(std::chrono::seconds(59));
  server_.say("2\r\ncd\r\n");
  ASSERT_TRUE(until([&] { return body_ == "abcd"; }));
  clock_.tick(std::chrono::seconds(59));
  ASSERT_TRUE(reactor_->turn(Duration{0}));
  EXPECT_FALSE(answer_);
  clock_.tick(std::chrono::seconds(2));
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  EXPECT_EQ(answer_->error().reason, Reason::kNoContact);
}

TEST_F(HttpClientTest, LetsAStreamBeSilentOnceItsHeadIsThere) {
  server_.answer = [](int) { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"; };
  const Call call = stream(std::chrono::minutes(10));
  ASSERT_TRUE(until([&] { return server_.requests == 1; }));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(reactor_->turn(std::chrono::milliseconds(1)));
  clock_.tick(std::chrono::minutes(5));
  ASSERT_TRUE(reactor_->turn(Duration{0}));
  EXPECT_FALSE(answer_);
}

TEST_F(HttpClientTest, NeverCallsForARequestThatWasDropped) {
  server_.answer = [](int) { return std::string(kOk); };
  Call call = get();
  ASSERT_TRUE(until([&] { return server_.requests == 1; }));
  call.drop();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(reactor_->turn(std::chrono::milliseconds(1)));
  EXPECT_FALSE(answer_);
  EXPECT_EQ(client_->connections(), 0U);
}

TEST_F(HttpClientTest, MayBeDroppedFromWithinItsOwnPiece) {
  server_.answer = [](int) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n";
  };
  Call call;
  call = client_->send({.what = "watch a",
                        .on_body =
                            [&](std::string_view piece) {
                              body_ += piece;
                              call.drop();
                            },
                        .on_end = [&](Answer<HttpResponse> got) { answer_ = std::move(got); }});
  ASSERT_TRUE(until([&] { return !body_.empty(); }));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(reactor_->turn(std::chrono::milliseconds(1)));
  EXPECT_FALSE(answer_);
}

TEST_F(HttpClientTest, HandsOutTheBodyOfARefusalWhole) {
  server_.answer = [](int) { return "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nwhy?"; };
  const Call call = stream(Duration{0});
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  EXPECT_EQ((*answer_)->status, 403);
  EXPECT_EQ((*answer_)->body, "why?");
  EXPECT_EQ(body_, "");
}

TEST_F(HttpClientTest, SaysThatANameHasNoAddress) {
  Url nowhere = server_.url();
  nowhere.host = "no host";
  const auto client = HttpClient::make(*reactor_, nowhere, {}).value();
  const Call call = client->send(
      {.what = "get a", .on_end = [this](Answer<HttpResponse> got) { answer_ = std::move(got); }});
  for (int i = 0; i < 400 && !answer_; ++i)
    ASSERT_TRUE(reactor_->turn(std::chrono::milliseconds(100)));
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->error().reason, Reason::kNoContact);
  EXPECT_THAT(answer_->error().message, HasSubstr("the name no host has no address"));
}

TEST_F(HttpClientTest, RefusesAHeaderThatWouldSplitTheRequest) {
  const Call call =
      client_->send({.request = {.headers = {{"Authorization", "a\nb"}}},
                     .on_end = [this](Answer<HttpResponse> got) { answer_ = std::move(got); }});
  ASSERT_TRUE(until([&] { return answer_.has_value(); }));
  EXPECT_EQ(answer_->error().reason, Reason::kInvalid);
}

TEST(Reactor, RunsTimersInOrderAndForgetsWhatIsDropped) {
  FakeClock clock;
  const auto reactor = Reactor::make(clock).value();
  std::string order;
  const Handle late = reactor->after(std::chrono::seconds(2), [&] { order += "b"; });
  const Handle soon = reactor->after(std::chrono::seconds(1), [&] { order += "a"; });
  Handle never = reactor->after(std::chrono::seconds(1), [&] { order += "x"; });
  never.reset();
  EXPECT_EQ(reactor->until_due(std::chrono::minutes(1)), std::chrono::seconds(1));
  clock.tick(std::chrono::seconds(3));
  ASSERT_TRUE(reactor->turn(Duration{0}));
  EXPECT_EQ(order, "ab");
}

TEST(Reactor, DoesNotStarveWhenATimerSetsItselfAnew) {
  FakeClock clock;
  const auto reactor = Reactor::make(clock).value();
  int runs = 0;
  Handle handle;
  std::function<void()> again = [&] {
    runs += 1;
    handle = reactor->after(Duration{0}, again);
  };
  again();
  ASSERT_TRUE(reactor->turn(Duration{0}));
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace duress::kube
