// What the helper programs ask of the kernel: the time, a number in a control file, joining a
// cgroup. It is not src/os: the yardstick shares no code with what it measures. Functions without
// state; any thread. A failure ends the program, and with it the measurement.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string>

#include "arguments.h"

namespace bench {

inline constexpr std::int64_t kHuge = std::int64_t{2} << 20;

inline double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

inline void sleep_for(double seconds) {
  const auto whole = static_cast<time_t>(seconds);
  const timespec time{whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
  nanosleep(&time, nullptr);
}

inline void join(const std::string& directory) {
  const auto path = directory + "/cgroup.procs";
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, "0", 1) != 1) die("join " + path + ": " + std::strerror(errno));
  close(fd);
}

// A control file held open, because opening costs more than reading.
class ControlFile {
 public:
  explicit ControlFile(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) die("open " + path + ": " + std::strerror(errno));
  }
  ControlFile(const ControlFile&) = delete;
  ControlFile& operator=(const ControlFile&) = delete;
  ~ControlFile() { close(fd_); }

  [[nodiscard]] std::string text() const {
    std::array<char, 16384> buffer{};
    const auto count = pread(fd_, buffer.data(), buffer.size(), 0);
    return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }
  [[nodiscard]] std::int64_t number() const { return std::strtoll(text().c_str(), nullptr, 10); }
  // The number after `key` at the start of a line; the first number where the file has no keys.
  [[nodiscard]] std::int64_t number(const std::string& key) const {
    const auto all = "\n" + text();
    const auto at = all.find("\n" + key + " ");
    return at == std::string::npos ? 0
                                   : std::strtoll(all.c_str() + at + key.size() + 2, nullptr, 10);
  }

 private:
  int fd_;
};

// Address space that begins on a huge page; 4 KiB pages are forced where they are asked for.
inline char* map(std::int64_t bytes, bool huge) {
  const auto size = static_cast<std::size_t>(bytes + kHuge);
  void* raw = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) die(std::string("mmap: ") + std::strerror(errno));
  const auto address =
      (reinterpret_cast<std::uintptr_t>(raw) + kHuge - 1) & ~(std::uintptr_t{kHuge} - 1);
  auto* start = reinterpret_cast<char*>(address);
  madvise(start, static_cast<std::size_t>(bytes), huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return start;
}

}  // namespace bench
