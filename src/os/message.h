// Whole messages with descriptors beside them, of one fixed type or of any size, over a socketpair
// of SOCK_SEQPACKET. Not a stream and not for foreign peers: both ends are this program. One thread
// an end.
#pragma once

#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "os/fd.h"

namespace duress::os {

inline constexpr std::size_t kMostPassedFds = 12;

[[nodiscard]] Result<std::pair<Fd, Fd>> message_pair();
[[nodiscard]] Result<> send_bytes(const Fd& socket, const void* data, std::size_t size,
                                  std::span<const int> fds);
// kGone: the peer has closed its end. kBusy: nothing there (with `wait` false). Anything of another
// size is kInternal.
[[nodiscard]] Result<std::vector<Fd>> receive_bytes(const Fd& socket, void* data, std::size_t size,
                                                    bool wait);

struct Received {
  std::size_t size = 0;
  std::vector<Fd> fds{};
};
// As receive_bytes(), of any size; what does not fit into `into` is cut off.
[[nodiscard]] Result<Received> receive_some(const Fd& socket, std::span<char> into, bool wait);

template <class Message>
Result<> send(const Fd& socket, const Message& message, std::span<const int> fds = {}) {
  static_assert(std::is_trivially_copyable_v<Message>);
  return send_bytes(socket, &message, sizeof message, fds);
}

template <class Message>
Result<std::vector<Fd>> receive(const Fd& socket, Message& message, bool wait) {
  static_assert(std::is_trivially_copyable_v<Message>);
  return receive_bytes(socket, &message, sizeof message, wait);
}

}  // namespace duress::os
