// An httpGet probe under way: see probe_run.h. pkg/probe/http/http.go.
#include <sys/epoll.h>

#include "base/text.h"
#include "rehearse/connection.h"
#include "rehearse/http_answer.h"
#include "rehearse/http_request.h"
#include "rehearse/probe_run.h"

namespace duress::rehearse {

namespace {

constexpr int kMostRedirects = 10;
constexpr int kPartsATime = 8;  // of 16 KiB: an endless answer does not hold up the other probes

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

class HttpRun final : public ProbeRun {
 public:
  HttpRun(spec::HttpGet get, const std::string& host, Sockets& sockets)
      : get_(std::move(get)), sockets_(sockets), url_(url_of(get_, host)), first_host_(url_.host) {}

  [[nodiscard]] int fd() const override { return connection_ ? connection_->fd() : -1; }
  [[nodiscard]] std::uint32_t events() const override {
    const bool writes = !connection_ || connection_->waits_to_write();
    return writes || sending_ ? EPOLLOUT : EPOLLIN;
  }

  [[nodiscard]] std::optional<ProbeDone> go_on() override {
    if (!connection_) begin();
    if (!connection_->connected()) return failed_or_waiting();
    const Flow flow = connection_->send(to_send_);
    if (flow == Flow::kGone) return failed_or_waiting();
    sending_ = flow == Flow::kWait;
    return receive();
  }

  [[nodiscard]] ProbeDone timed_out() const override {
    // A body that does not end is an error of the prober's to a kubelet, and changes nothing.
    if (answer_.in_body()) {
      return {ProbeOutcome::kError,
              "context deadline exceeded (Client.Timeout or context cancellation while reading "
              "body)"};
    }
    return failure("context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
  }

 private:
  void begin() {
    answer_ = HttpAnswer();
    sending_ = false;
    to_send_ = request_of(get_, url_);
    connection_.emplace(Peer{url_.host, url_.port, url_.https}, sockets_);
  }

  [[nodiscard]] ProbeDone failure(const std::string& why) const {
    return {ProbeOutcome::kFailure, "Get \"" + url_.text() + "\": " + why};
  }

  [[nodiscard]] std::optional<ProbeDone> failed_or_waiting() const {
    if (connection_->error().empty()) return std::nullopt;
    return failure(connection_->error());
  }

  [[nodiscard]] std::optional<ProbeDone> receive() {
    for (int i = 0; i < kPartsATime; ++i) {
      std::string part;
      const Flow flow = connection_->receive(part);
      if (flow == Flow::kWait) return std::nullopt;
      if (flow == Flow::kGone && !connection_->error().empty()) {
        return failed_or_waiting();
      }
      const auto now = flow == Flow::kGone ? answer_.closed() : answer_.feed(part);
      if (now == HttpAnswer::Now::kBad && answer_.in_body()) {
        return ProbeDone{ProbeOutcome::kError, answer_.why()};
      }
      if (now == HttpAnswer::Now::kBad) return failure(answer_.why());
      if (now == HttpAnswer::Now::kDone) return answered();
    }
    return std::nullopt;  // there is more, and fd() says so at once
  }

  [[nodiscard]] std::optional<ProbeDone> answered() {
    const int status = answer_.status();
    if (is_redirect(status) && !answer_.location().empty()) {
      const auto next = resolved(url_, answer_.location());
      if (!next) {
        return failure("failed to parse Location header \"" + quoted(answer_.location()) + "\"");
      }
      if (next->host == first_host_) return follow(*next);
    }
    if (status >= 200 && status < 300) return ProbeDone{};
    if (status >= 300 && status < 400) {
      return ProbeDone{ProbeOutcome::kSuccess,
                       "Probe terminated redirects, Response body: " +
                           (answer_.body().empty() ? "" : quoted(answer_.body(), 1000))};
    }
    return ProbeDone{ProbeOutcome::kFailure,
                     "HTTP probe failed with statuscode: " + std::to_string(status)};
  }

  [[nodiscard]] std::optional<ProbeDone> follow(const Url& next) {
    url_ = next;
    if (++redirects_ >= kMostRedirects) return failure("stopped after 10 redirects");
    begin();
    // Not go_on(): a server that sends us round and round would have us recurse.
    return connection_->error().empty() ? std::nullopt : failed_or_waiting();
  }

  spec::HttpGet get_;
  Sockets& sockets_;
  Url url_;
  std::string first_host_;
  std::optional<Connection> connection_;
  std::string to_send_;
  bool sending_ = false;  // a part of it is still to be sent
  HttpAnswer answer_;
  int redirects_ = 0;
};

class TcpRun final : public ProbeRun {
 public:
  TcpRun(std::string host, int port, Sockets& sockets)
      : host_(std::move(host)), port_(port), sockets_(sockets) {}

  [[nodiscard]] int fd() const override { return connection_ ? connection_->fd() : -1; }
  [[nodiscard]] std::uint32_t events() const override { return EPOLLOUT; }

  [[nodiscard]] std::optional<ProbeDone> go_on() override {
    if (!connection_) connection_.emplace(Peer{host_, port_, false}, sockets_);
    if (connection_->connected()) return ProbeDone{};
    if (connection_->error().empty()) return std::nullopt;
    return ProbeDone{ProbeOutcome::kFailure, connection_->error()};
  }

  [[nodiscard]] ProbeDone timed_out() const override {
    return {ProbeOutcome::kFailure, "dial tcp " + join_host_port(host_, port_) + ": i/o timeout"};
  }

 private:
  std::string host_;
  int port_;
  Sockets& sockets_;
  std::optional<Connection> connection_;
};

}  // namespace

std::unique_ptr<ProbeRun> make_http_run(const spec::HttpGet& get, const std::string& host,
                                        Sockets& sockets) {
  return std::make_unique<HttpRun>(get, host, sockets);
}

std::unique_ptr<ProbeRun> make_tcp_run(const std::string& host, int port, Sockets& sockets) {
  return std::make_unique<TcpRun>(host, port, sockets);
}

std::unique_ptr<ProbeRun> make_probe_run(const spec::Probe& probe, const std::string& host,
                                         Sockets& sockets) {
  if (const auto* get = std::get_if<spec::HttpGet>(&probe.how)) {
    return make_http_run(*get, host, sockets);
  }
  if (const auto* tcp = std::get_if<spec::TcpSocket>(&probe.how)) {
    return make_tcp_run(tcp->host.empty() ? host : tcp->host, tcp->port, sockets);
  }
  if (const auto* grpc = std::get_if<spec::Grpc>(&probe.how)) {
    return make_grpc_run(*grpc, host, probe.timeout, sockets);
  }
  return nullptr;
}

}  // namespace duress::rehearse
