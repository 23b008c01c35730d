// hello: an application like the article's hello-kubernetes, made to be put under stress. It holds
// memory as a small node application does, and needs some more to serve a request. Like many a
// runtime it knows its container's limit (process.availableMemory() of node, GOMEMLIMIT, a heap's
// maximum), and it waits until there is room for a request rather than be killed for it. It has no
// other features, and is no example of how to write a server.
// usage: hello [--port 8080] [--base-mib 36] [--request-mib 24]
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kMiB = 1U << 20U;
constexpr std::size_t kPage = 4096;

// "npm start" passes the signal on and ends with 1, which is what the article's Pod shows.
[[noreturn]] void on_term(int /*signal*/) {
  constexpr std::string_view text = "hello: SIGTERM, ends\n";
  (void)!::write(1, text.data(), text.size());
  std::_Exit(1);
}

// The directory of this process's memory cgroup, v2 or v1; "" where there is none.
std::string memory_cgroup() {
  std::ifstream lines("/proc/self/cgroup");
  std::string unified;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t path = line.find(':', line.find(':') + 1) + 1;
    if (line.find(":memory:") != std::string::npos)
      return "/sys/fs/cgroup/memory" + line.substr(path);
    if (line.starts_with("0::")) unified = "/sys/fs/cgroup" + line.substr(path);
  }
  return unified;
}

std::optional<std::int64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

std::int64_t inactive_file(const std::string& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  for (std::string name; file >> name >> value;) {
    if (name == "inactive_file" || name == "total_inactive_file") return value;
  }
  return 0;
}

// What the container may still take before its limit; unset: there is no limit to be seen.
std::optional<std::int64_t> room() {
  static const std::string directory = memory_cgroup();
  const bool v2 = ::access((directory + "/memory.current").c_str(), F_OK) == 0;
  const auto limit = number_in(directory + (v2 ? "/memory.max" : "/memory.limit_in_bytes"));
  const auto usage = number_in(directory + (v2 ? "/memory.current" : "/memory.usage_in_bytes"));
  if (!limit || !usage) return std::nullopt;
  return *limit - *usage + inactive_file(directory + "/memory.stat");
}

char* take(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  ::madvise(at, size, MADV_NOHUGEPAGE);
  for (std::size_t i = 0; i < size; i += kPage)
    static_cast<char*>(at)[i] = static_cast<char>(i / kPage | 1U);
  return static_cast<char*>(at);
}

bool has_hung_up(int peer) {
  pollfd poll{.fd = peer, .events = POLLRDHUP, .revents = 0};
  return ::poll(&poll, 1, 0) > 0 && (poll.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void serve(int peer, std::size_t need) {
  char request[4096];
  if (::read(peer, request, sizeof request) <= 0) return;
  bool told = false;
  for (auto free = room(); free && *free < static_cast<std::int64_t>(need); free = room()) {
    if (!told) {
      std::printf("hello: a request waits: %lld MiB are free, %zu are needed\n",
                  static_cast<long long>(*free / static_cast<std::int64_t>(kMiB)), need / kMiB);
    }
    told = true;
    ::usleep(20'000);
    if (has_hung_up(peer)) return;
  }
  char* at = take(need);
  constexpr std::string_view kAnswer =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"
      "Connection: close\r\n\r\nhello world\n";
  (void)!::send(peer, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
  if (at != nullptr) ::munmap(at, need);
}

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  address.sin_port = htons(port);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(listener, 64) < 0) {
    std::printf("hello: cannot listen on port %u: %s\n", port, std::strerror(errno));
    std::exit(1);
  }
  return listener;
}

}  // namespace

int main(int argc, char** argv) {
  long port = 8080;
  long base = 36;
  long need = 24;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    long* const value = name == "--port"          ? &port
                        : name == "--base-mib"    ? &base
                        : name == "--request-mib" ? &need
                                                  : nullptr;
    if (value == nullptr) {
      std::fputs("usage: hello [--port 8080] [--base-mib 36] [--request-mib 24]\n", stderr);
      return 2;
    }
    *value = std::atol(argv[i + 1]);
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::signal(SIGTERM, on_term);
  std::signal(SIGINT, on_term);
  const char* const held = take(static_cast<std::size_t>(base) * kMiB);
  const int listener = listen_on(static_cast<std::uint16_t>(port));
  std::printf("hello: listens on port %ld, holds %ld MiB%s\n", port, base,
              held == nullptr ? " (not to be had)" : "");
  while (true) {
    const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) continue;
    serve(peer, static_cast<std::size_t>(need) * kMiB);
    ::close(peer);
  }
}
