#include "os/message.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace duress::os {

Result<std::pair<Fd, Fd>> message_pair() {
  int raw[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, raw) < 0) {
    return fail_errno(errno, "make a socketpair");
  }
  return std::pair(Fd(raw[0]), Fd(raw[1]));
}

Result<> send_bytes(const Fd& socket, const void* data, std::size_t size,
                    std::span<const int> fds) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMostPassedFds)]{};
  iovec part{const_cast<void*>(data), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fds.size() > kMostPassedFds)
    return fail(Code::kInternal, "too many descriptors in a message");
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
    return fail(Code::kGone, "the peer has ended");
  if (sent < 0) return fail_errno(errno, "send a message");
  return {};
}

Result<Received> receive_some(const Fd& socket, std::span<char> into, bool wait) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMostPassedFds)]{};
  iovec part{into.data(), into.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
  } while (got < 0 && errno == EINTR);
  if (got == 0 || (got < 0 && errno == ECONNRESET)) return fail(Code::kGone, "the peer has ended");
  if (got < 0) return fail_errno(errno, "receive a message");
  Received out{.size = static_cast<std::size_t>(got)};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int raw = -1;
      std::memcpy(&raw, CMSG_DATA(header) + i * sizeof(int), sizeof raw);
      out.fds.emplace_back(raw);
    }
  }
  return out;
}

Result<std::vector<Fd>> receive_bytes(const Fd& socket, void* data, std::size_t size, bool wait) {
  auto got = receive_some(socket, {static_cast<char*>(data), size}, wait);
  if (!got) return std::unexpected(got.error());
  if (got->size != size) return fail(Code::kInternal, "a message of another size");
  return std::move(got->fds);
}

}  // namespace duress::os
