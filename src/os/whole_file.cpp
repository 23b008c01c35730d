#include "os/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "os/fd.h"

namespace duress::os {

namespace {

Result<> write_all(const Fd& file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "write " + path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// There is nothing to lose and nothing to rename.
Result<> write_into(const std::string& path, std::string_view text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, "open " + path);
  return write_all(file, text, path);
}

Result<bool> may_replace(const std::string& path, const Replacing& replacing) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, "open " + path);
  std::array<char, 256> beginning{};
  const ssize_t got = ::read(file.get(), beginning.data(), beginning.size());
  if (got < 0) return fail_errno(errno, "read " + path);
  return got == 0 || replacing.may({beginning.data(), static_cast<std::size_t>(got)});
}

}  // namespace

Result<> write_whole(const std::string& path, std::string_view text, const Replacing& replacing) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      return fail(Code::kRefused, path + " is a directory: name a file in it");
    }
    if (!S_ISREG(info.st_mode)) return write_into(path, text);
    auto may = may_replace(path, replacing);
    if (!may) return Failure(may.error());
    if (!*may) return fail(Code::kRefused, path + " " + replacing.refusal);
  }
  std::string temporary = path + ".XXXXXX";
  const Fd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return fail_errno(errno, "make a file beside " + path);
  auto written = write_all(file, text, path);
  // mkostemp's mode is for its owner alone; this is like any file that one writes.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (written && ::fchmod(file.get(), 0666 & ~mask) != 0) {
    written = fail_errno(errno, "chmod " + temporary);
  }
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = fail_errno(errno, "rename the page to " + path);
  }
  if (!written) ::unlink(temporary.c_str());
  return written;
}

}  // namespace duress::os
