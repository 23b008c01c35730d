// Answers GET requests of whoever looks after a daemon: metrics and health, nothing else. Plain
// HTTP/1.1, one request a connection, few connections, short patience: not a web server, and never
// for secrets. One thread; called from within the reactor's turn; outlived by the reactor.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>

#include "kube/reactor.h"
#include "os/fd.h"

namespace duress::metrics {

struct Page {
  int status = 200;
  std::string text{};
};

class Server final {
 public:
  // `path` without the query: "/metrics". Status 404 for what there is not.
  using Answer = std::function<Page(const std::string& path)>;

  // "10.0.0.7:9091", "[::1]:9091", ":9091" for all addresses; port 0: any that is free.
  [[nodiscard]] static Result<std::unique_ptr<Server>> listen(kube::Reactor& reactor,
                                                              const std::string& address,
                                                              Answer answer);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() = default;

  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Connection {
    os::Fd socket;
    std::string in{};
    std::string out{};
    kube::Handle ready{};
    kube::Handle patience{};
  };
  using Connections = std::list<Connection>;
  Server(kube::Reactor& reactor, os::Fd socket, Answer answer)
      : reactor_(reactor), socket_(std::move(socket)), answer_(std::move(answer)) {}
  void accept();
  void read(Connections::iterator connection);
  void respond(Connections::iterator connection);
  void write(Connections::iterator connection);

  kube::Reactor& reactor_;
  os::Fd socket_;
  Answer answer_;
  kube::Handle ready_;
  Connections connections_;
};

}  // namespace duress::metrics
