#include "observe/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace duress::observe {

namespace {

// A shorter buffer gets EINVAL for a long record (PRINTK_MESSAGE_MAX is 2 KiB, four times that
// escaped).
constexpr std::size_t kMostRecord = 16U << 10U;

int hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' && hex(text[i + 2]) >= 0 &&
        hex(text[i + 3]) >= 0) {
      out += static_cast<char>(hex(text[i + 2]) * 16 + hex(text[i + 3]));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::optional<KernelRecord> parse_kernel_record(std::string_view bytes) {
  const std::size_t semicolon = bytes.find(';');
  const std::size_t comma = bytes.find(',');
  if (semicolon == std::string_view::npos || comma >= semicolon) return std::nullopt;
  KernelRecord out;
  const char* const from = bytes.data() + comma + 1;
  if (std::from_chars(from, bytes.data() + semicolon, out.sequence).ec != std::errc())
    return std::nullopt;
  const std::string_view rest = bytes.substr(semicolon + 1);
  out.text = unescaped(rest.substr(0, rest.find('\n')));
  return out;
}

Result<KernelLog> KernelLog::open(const std::string& path) {
  os::Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "read the kernel's log " + path);
  // Behind the last record; what can only be read once begins where it is.
  (void)::lseek(fd.get(), 0, SEEK_END);
  return KernelLog(std::move(fd));
}

Result<std::optional<KernelRecord>> KernelLog::next() {
  char buffer[kMostRecord];
  // Each overrun moves the reader on; so does each record that is none.
  for (int tries = 0; tries < 64; ++tries) {
    const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
    if (got < 0 && (errno == EPIPE || errno == EINTR)) continue;  // counted by the sequence below
    if (got < 0 && errno == EAGAIN) return std::optional<KernelRecord>();
    if (got < 0) return fail_errno(errno, "read the kernel's log");
    if (got == 0) return std::optional<KernelRecord>();
    auto record = parse_kernel_record({buffer, static_cast<std::size_t>(got)});
    if (!record) continue;
    if (last_ && record->sequence > *last_ + 1)
      missed_ += static_cast<std::int64_t>(record->sequence - *last_ - 1);
    last_ = record->sequence;
    return record;
  }
  return std::optional<KernelRecord>();
}

}  // namespace duress::observe
