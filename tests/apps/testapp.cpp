// duress-testapp: an application to put under stress. It holds memory, grows, takes memory in
// bursts, spins, serves HTTP, has children that are killed. Small and static, so that a container's
// or a cgroup's figures are its own. Prints "ready" when it is.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kPage = 4096;

constexpr const char* kUsage = R"(usage: duress-testapp [OPTION VALUE]...
  --hold SIZE             touched anonymous memory, held
  --grow-to SIZE          grows to this, then holds      --rate SIZE/s (default 200M)
  --bursts N              takes and frees memory N times --burst SIZE[-SIZE] --rate SIZE/s --pause MS
  --after MS              waits so long before it grows or bursts
  --at-signal 1           waits for SIGUSR1 before it grows or bursts
  --shm SIZE              touched shared memory, held
  --cache SIZE --file F   reads so much of the file, so that its page cache is its own
  --twin 1                a second process that shares its address space
  --spin N                N threads spin
  --load PERCENT          one thread uses this part of a CPU
  --http PORT             answers any request with 200 after touching 1 MiB
  --oom-score-adj N       sets its own
  --ignore-term 1         does not end at SIGTERM
  --victims N             one after the other N children "victim-I" at 1000 touch --victim SIZE
                          until they are killed          --every MS (0: at once)
)";

std::size_t size_of(const char* text) {
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  switch (*end) {
    case 'k':
    case 'K':
      return static_cast<std::size_t>(value * 1024);
    case 'm':
    case 'M':
      return static_cast<std::size_t>(value * 1024 * 1024);
    case 'g':
    case 'G':
      return static_cast<std::size_t>(value * 1024 * 1024 * 1024);
    default:
      return static_cast<std::size_t>(value);
  }
}

// Touches page by page at the rate; returns the longest stall of one page's touch.
Seconds touch(char* at, std::size_t size, double bytes_per_second) {
  Seconds longest{0};
  const Clock::time_point start = Clock::now();
  for (std::size_t done = 0; done < size; done += kPage) {
    const Clock::time_point before = Clock::now();
    at[done] = static_cast<char>(done >> 12U | 1U);
    const Clock::time_point after = Clock::now();
    longest = std::max(longest, Seconds(after - before));
    const Seconds due(static_cast<double>(done) / bytes_per_second);
    if (Seconds ahead = due - (after - start); ahead > Seconds(0.001))
      std::this_thread::sleep_for(ahead);
  }
  return longest;
}

char* reserve(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) {
    std::perror("mmap");
    std::exit(1);
  }
  ::madvise(at, size, MADV_NOHUGEPAGE);
  return static_cast<char*>(at);
}

void burst(int times, const std::string& range, double rate, int pause_ms) {
  const std::size_t dash = range.find('-');
  const std::size_t least = size_of(range.c_str());
  const std::size_t most = dash == std::string::npos ? least : size_of(range.c_str() + dash + 1);
  std::uint64_t random = 88172645463325252U;
  for (int i = 1; i <= times; ++i) {
    random ^= random << 13U;
    random ^= random >> 7U;
    random ^= random << 17U;
    const std::size_t size = least + (most > least ? random % (most - least) : 0);
    char* at = reserve(size);
    const Seconds stall = touch(at, size, rate);
    ::munmap(at, size);
    std::printf("burst %d %zu %.6f\n", i, size, stall.count());
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
  }
  std::puts("bursts done");
  std::fflush(stdout);
}

void hold_shared(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) std::exit(1);
  touch(static_cast<char*>(at), size, 1e12);
}

// What was in the page cache before is somebody else's: it is thrown out first.
void fill_cache(const std::string& path, std::size_t size) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  char part[65536];
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::pread(file, part, sizeof part, static_cast<off_t>(done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  ::close(file);
}

void make_twin() {
  alignas(16) static char stack[16384];
  const auto wait = [](void*) -> int {
    while (true) ::pause();
  };
  if (::clone(wait, stack + sizeof stack, CLONE_VM | SIGCHLD, nullptr) < 0) std::exit(1);
}

// Each lives until the OOM killer comes for it; then, at the earliest after `every`, the next.
void sacrifice(int count, std::size_t size, std::chrono::milliseconds every) {
  ::mlockall(MCL_CURRENT);  // below a small limit the program's own pages would come and go
  Clock::time_point next = Clock::now();
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_NAME, ("victim-" + std::to_string(i)).c_str());
      std::ofstream("/proc/self/oom_score_adj") << 1000 << std::flush;
      char* at = reserve(size);
      ::madvise(at, size, MADV_NOHUGEPAGE);
      touch(at, size, 1e12);
      ::_exit(3);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    next += every;
    std::this_thread::sleep_until(next);
  }
  std::puts("sacrificed");
  std::fflush(stdout);
}

[[noreturn]] void spin() {
  while (true) asm volatile("" ::: "memory");
}

[[noreturn]] void load(double percent) {
  while (true) {
    const Clock::time_point start = Clock::now();
    const auto busy = std::chrono::duration_cast<Clock::duration>(Seconds(0.01 * percent / 100));
    while (Clock::now() - start < busy) {
    }
    std::this_thread::sleep_until(start + std::chrono::milliseconds(10));
  }
}

[[noreturn]] void serve(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(listener, 64) < 0) {
    std::perror("listen");
    std::_Exit(1);
  }
  while (true) {
    const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) continue;
    char request[2048];
    (void)!::read(peer, request, sizeof request);
    constexpr std::size_t kNeeded = 1U << 20U;
    char* at = reserve(kNeeded);
    touch(at, kNeeded, 1e12);
    ::munmap(at, kNeeded);
    constexpr std::string_view kAnswer =
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n";
    (void)!::write(peer, kAnswer.data(), kAnswer.size());
    ::close(peer);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || std::strncmp(argv[i], "--", 2) != 0) {
      std::fputs(kUsage, stderr);
      return 2;
    }
    options[argv[i] + 2] = argv[i + 1];
  }
  const auto has = [&](const char* name) { return options.contains(name); };
  ::signal(SIGTERM, has("ignore-term") ? SIG_IGN : [](int) { std::_Exit(0); });
  if (has("oom-score-adj"))
    std::ofstream("/proc/self/oom_score_adj") << options["oom-score-adj"] << std::flush;
  const double rate = has("rate") ? static_cast<double>(size_of(options["rate"].c_str())) : 200e6;
  if (has("hold")) {
    const std::size_t size = size_of(options["hold"].c_str());
    touch(reserve(size), size, 1e12);
  }
  if (has("shm")) hold_shared(size_of(options["shm"].c_str()));
  if (has("cache")) fill_cache(options["file"], size_of(options["cache"].c_str()));
  if (has("twin")) make_twin();
  sigset_t started;
  ::sigemptyset(&started);
  ::sigaddset(&started, SIGUSR1);
  if (has("at-signal")) ::sigprocmask(SIG_BLOCK, &started, nullptr);
  for (int i = 0; has("spin") && i < std::atoi(options["spin"].c_str()); ++i)
    std::thread(spin).detach();
  if (has("load")) std::thread(load, std::atof(options["load"].c_str())).detach();
  if (has("http")) std::thread(serve, std::atoi(options["http"].c_str())).detach();
  std::puts("ready");
  std::fflush(stdout);
  if (has("after"))
    std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(options["after"].c_str())));
  if (int signal = 0; has("at-signal")) (void)::sigwait(&started, &signal);
  if (has("grow-to")) {
    const std::size_t size = size_of(options["grow-to"].c_str());
    touch(reserve(size), size, rate);
    std::puts("grown");
    std::fflush(stdout);
  }
  if (has("bursts")) {
    burst(std::atoi(options["bursts"].c_str()), has("burst") ? options["burst"] : "10M-50M", rate,
          has("pause") ? std::atoi(options["pause"].c_str()) : 50);
  }
  if (has("victims")) {
    sacrifice(std::atoi(options["victims"].c_str()),
              size_of(has("victim") ? options["victim"].c_str() : "40M"),
              std::chrono::milliseconds(has("every") ? std::atoi(options["every"].c_str()) : 0));
  }
  while (true) ::pause();
}
