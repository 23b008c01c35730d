#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <stdexcept>

#include "metrics/exposition.h"
#include "metrics/server.h"

namespace duress::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Exposition, IsPrometheusText) {
  EXPECT_EQ(exposition({{"duress_held_bytes",
                         "what is held",
                         Type::kGauge,
                         {{{{"pod", "a"}, {"container", "b"}}, 52428800}}},
                        {"duress_kills_total", "kills", Type::kCounter, {{{}, 3}}},
                        {"duress_nothing", "left out", Type::kGauge, {}}}),
            "# HELP duress_held_bytes what is held\n"
            "# TYPE duress_held_bytes gauge\n"
            "duress_held_bytes{pod=\"a\",container=\"b\"} 52428800\n"
            "# HELP duress_kills_total kills\n"
            "# TYPE duress_kills_total counter\n"
            "duress_kills_total 3\n");
}

TEST(Exposition, EscapesWhatUsersName) {
  EXPECT_THAT(exposition({{"a", "b\\\nc", Type::kGauge, {{{{"l", "x\"y\\z\n"}}, 0.5}}}}),
              AllOf(HasSubstr("# HELP a b\\\\\\nc\n"), HasSubstr("a{l=\"x\\\"y\\\\z\\n\"} 0.5\n")));
  EXPECT_THAT(exposition({{"a", "b", Type::kGauge, {{{}, std::nan("")}}}}), HasSubstr("a NaN\n"));
}

class Service : public ::testing::Test {
 protected:
  Service() {
    reactor = std::move(kube::Reactor::make(clock)).value();
    server = Server::listen(*reactor, "127.0.0.1:0", [](const std::string& path) {
               return path == "/metrics" ? Page{200, std::string(300'000, 'm')} : Page{404, "no\n"};
             }).value();
  }

  int connected() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw std::runtime_error("no socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  // Until the server closes; turns the reactor meanwhile.
  std::string rest_of(int fd) {
    std::string out;
    char part[65536];
    for (int i = 0; i < 2000; ++i) {
      (void)reactor->turn(std::chrono::milliseconds(1));
      const ssize_t got = ::recv(fd, part, sizeof part, MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) break;
      if (got > 0) out.append(part, static_cast<std::size_t>(got));
    }
    ::close(fd);
    return out;
  }

  std::string asked(const std::string& request) {
    const int fd = connected();
    EXPECT_EQ(::send(fd, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    return rest_of(fd);
  }

  SystemClock clock;
  std::unique_ptr<kube::Reactor> reactor;
  std::unique_ptr<Server> server;
};

TEST_F(Service, AnswersWithTheWholePage) {
  const std::string answer = asked("GET /metrics?a=b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 300000\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + std::string(300'000, 'm')));
}

TEST_F(Service, RefusesWhatItDoesNotHave) {
  EXPECT_THAT(asked("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(asked("POST /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(asked("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(Service, ClosesOnARequestWithoutEnd) {
  EXPECT_THAT(asked(std::string(20'000, 'x')), IsEmpty());
}

TEST_F(Service, TakesOnlySoManyAtOnce) {
  std::vector<int> open;
  for (int i = 0; i < 40; ++i) open.push_back(connected());
  for (int i = 0; i < 50; ++i) (void)reactor->turn(std::chrono::milliseconds(1));
  int closed = 0;
  char one = 0;
  for (const int fd : open) closed += ::recv(fd, &one, 1, MSG_DONTWAIT) == 0 ? 1 : 0;
  EXPECT_EQ(closed, 8);
  for (const int fd : open) ::close(fd);
  for (int i = 0; i < 50; ++i) (void)reactor->turn(std::chrono::milliseconds(1));
  EXPECT_THAT(asked("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(Service, RefusesAnAddressThatIsNone) {
  for (const char* address : {"", "9091", "host:9091", "127.0.0.1:x", "127.0.0.1:70000"})
    EXPECT_FALSE(Server::listen(*reactor, address, {})) << address;
  EXPECT_FALSE(Server::listen(*reactor, "127.0.0.1:" + std::to_string(server->port()), {}));
}

}  // namespace
}  // namespace duress::metrics
