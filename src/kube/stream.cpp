#include "kube/stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace duress::kube {

namespace {

class PlainStream final : public Stream {
 public:
  explicit PlainStream(os::Fd socket) : socket_(std::move(socket)) {}

  Answer<Wants> shake_hands() override { return Wants::kNothing; }

  Answer<Moved> read(char* to, std::size_t most) override {
    return moved(::recv(socket_.get(), to, most, 0), Wants::kRead);
  }

  Answer<Moved> write(std::string_view bytes) override {
    return moved(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), Wants::kWrite);
  }

  [[nodiscard]] int fd() const override { return socket_.get(); }

 private:
  static Answer<Moved> moved(ssize_t bytes, Wants otherwise) {
    if (bytes >= 0) return Moved{Wants::kNothing, static_cast<std::size_t>(bytes)};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return Moved{otherwise, 0};
    return refuse(Reason::kNoContact, std::string("the connection broke: ") + std::strerror(errno));
  }

  os::Fd socket_;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(os::Fd socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace duress::kube
