#include "os/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace duress::os {

Result<Fd> open_directory(const std::string& path) {
  Fd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + path);
  return fd;
}

Result<Fd> open_at(const Fd& directory, const std::string& name, int flags) {
  Fd fd(::openat(directory.get(), name.c_str(), flags | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + name);
  return fd;
}

namespace {

// From offset 0 where there are offsets; a pipe is read to its end.
Result<std::string> read_all(int fd, std::string_view name, std::size_t most) {
  std::string out;
  char part[16 * 1024];
  while (true) {
    ssize_t got = ::pread(fd, part, sizeof part, static_cast<off_t>(out.size()));
    if (got < 0 && errno == ESPIPE) got = ::read(fd, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + std::string(name));
    if (got == 0) return out;
    out.append(part, static_cast<std::size_t>(got));
    if (out.size() > most) {
      return fail(Code::kRefused, "read " + std::string(name) + ": more than " +
                                      std::to_string(most) +
                                      " bytes, which is the most that is taken");
    }
  }
}

}  // namespace

Result<std::string> read_fd(const Fd& file, std::string_view name, std::size_t most) {
  return read_all(file.get(), name, most);
}

Result<std::string> read_at(const Fd& directory, const std::string& name) {
  auto file = open_at(directory, name, O_RDONLY);
  if (!file) return std::unexpected(file.error());
  return read_fd(*file, name);
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + path);
  return read_fd(fd, path, most);
}

Result<> write_at(const Fd& directory, const std::string& name, std::string_view text) {
  auto file = open_at(directory, name, O_WRONLY);
  if (!file) return std::unexpected(file.error());
  if (::write(file->get(), text.data(), text.size()) < 0) return fail_errno(errno, "write " + name);
  return {};
}

Result<std::vector<std::string>> subdirectories(const std::string& path) {
  // A directory's link count is 2 and one for each below it (1: not counted): most need no listing.
  struct stat about{};
  if (::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode) && about.st_nlink == 2)
    return std::vector<std::string>();
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(path.c_str()), ::closedir);
  if (!listing) return fail_errno(errno, "list " + path);
  std::vector<std::string> out;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") out.push_back(name);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace duress::os
