// duress-answerer: an application that is asked whether it is well. It answers HTTP on every
// address of its network, well for so many requests and then in another way. Static and tiny.
// usage: duress-answerer PORT [WELL [silent|500|exit]]
//        duress-answerer eat MIB     takes that much memory in one system call, whatever limit
//        there is
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

// Touched page by page, an application near its limit may thrash for minutes on its own evicted
// code before anybody is killed; the kernel touching for it does not need that code.
int eat(const char* mib) {
  const std::size_t size = std::strtoul(mib, nullptr, 10) << 20U;
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  constexpr int kPopulateWrite = 23;
  return at == MAP_FAILED || ::madvise(at, size, kPopulateWrite) < 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (argc == 3 && std::string_view(argv[1]) == "eat") return eat(argv[2]);
  const long well = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 1'000'000'000;
  const std::string_view then = argc > 3 ? argv[3] : "silent";
  ::signal(SIGTERM, [](int) { std::_Exit(3); });
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::strtol(argv[1], nullptr, 10)));
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(listener, 64) < 0) {
    std::perror("listen");
    return 1;
  }
  std::puts("serving");
  std::fflush(stdout);
  for (long asked = 0;; ++asked) {
    const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) continue;
    if (asked >= well && then == "exit") return 7;
    if (asked >= well && then == "silent") continue;  // held open
    char request[2048];
    (void)!::read(peer, request, sizeof request);
    const std::string_view answer = asked < well ? "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
                                                 : "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno";
    (void)!::write(peer, answer.data(), answer.size());
    ::close(peer);
  }
}
