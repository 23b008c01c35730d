#include "os/machine.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>

#include "os/file.h"

namespace duress::os {

namespace {

// In kB, as meminfo has everything that is a size.
std::optional<Bytes> field(const std::string& text, std::string_view name) {
  const std::size_t at = ("\n" + text).find("\n" + std::string(name) + ":");
  if (at == std::string::npos) return std::nullopt;
  const char* from = text.data() + at + name.size() + 1;
  const char* end = text.data() + text.size();
  while (from != end && *from == ' ') ++from;
  std::int64_t value = 0;
  const bool read = std::from_chars(from, end, value).ec == std::errc();
  constexpr std::int64_t kMost = std::int64_t{1} << 52;
  if (!read || value < 0 || value > kMost) return std::nullopt;
  return kib(value);
}

std::optional<Percent> some_avg10(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  constexpr std::string_view kBefore = "some avg10=";
  if (!text->starts_with(kBefore)) return std::nullopt;
  double value = 0;
  const char* from = text->data() + kBefore.size();
  if (std::from_chars(from, text->data() + text->size(), value).ec != std::errc())
    return std::nullopt;
  return Percent{value};
}

}  // namespace

PressureState pressure_state(const std::string& proc) {
  return {.memory = some_avg10(proc + "/pressure/memory"),
          .cpu = some_avg10(proc + "/pressure/cpu"),
          .io = some_avg10(proc + "/pressure/io")};
}

Result<MemoryInfo> MemoryInfo::open(const std::string& proc) {
  const std::string path = proc + "/meminfo";
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, "open " + path);
  MemoryInfo out(std::move(file));
  auto text = read_fd(out.file_, path);
  if (!text) return std::unexpected(text.error());
  const auto total = field(*text, "MemTotal");
  if (!total) return fail(Code::kUnsupported, path + " has no MemTotal");
  out.total_ = *total;
  out.swap_total_ = field(*text, "SwapTotal").value_or(Bytes{0});
  return out;
}

Result<Bytes> MemoryInfo::available() const {
  auto text = read_fd(file_, "meminfo");
  if (!text) return std::unexpected(text.error());
  const auto available = field(*text, "MemAvailable");
  if (!available)
    return fail(Code::kUnsupported, "/proc/meminfo has no MemAvailable (a kernel before 3.14)");
  return *available;
}

Result<MemoryState> MemoryInfo::state() const {
  auto text = read_fd(file_, "meminfo");
  if (!text) return std::unexpected(text.error());
  const auto part = [&text](std::string_view name) {
    return field(*text, name).value_or(Bytes{0});
  };
  return MemoryState{.available = part("MemAvailable"),
                     .anon = part("AnonPages"),
                     .file = part("Cached") + part("Buffers") + part("SwapCached"),
                     .inactive_file = part("Inactive(file)"),
                     .swap_free = part("SwapFree")};
}

std::optional<std::string> chosen(const std::string& path) {
  auto text = read_file(path);
  if (!text) return std::nullopt;
  const std::size_t from = text->find('[');
  const std::size_t to = text->find(']');
  if (from == std::string::npos || to == std::string::npos || to < from) return std::nullopt;
  return text->substr(from + 1, to - from - 1);
}

}  // namespace duress::os
