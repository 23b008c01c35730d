// Small kernel files of very many cgroups, read again and again: as many stay open as the process
// has room for, the rest are opened for each read, so that nothing is raised and nothing fails for
// want of descriptors. It reads only and knows no file's name. Owned by whoever surveys; a file is
// destroyed before its pool; one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "os/fd.h"

namespace duress::cgroup {

class FilePool;

class PooledFile final {
 public:
  // `name` is a constant of the code.
  PooledFile(FilePool& pool, const char* name) : pool_(&pool), name_(name) {}
  PooledFile(const PooledFile&) = delete;
  PooledFile& operator=(const PooledFile&) = delete;
  ~PooledFile() { close(); }

 private:
  friend class FilePool;
  void close();
  FilePool* pool_;
  const char* name_;
  os::Fd fd_;
};

class FilePool final {
 public:
  static constexpr std::size_t kFirstBuffer = 16384;  // grows with what is read
  explicit FilePool(std::size_t most_open) : most_open_(most_open), buffer_(kFirstBuffer, '\0') {}
  FilePool(const FilePool&) = delete;
  FilePool& operator=(const FilePool&) = delete;
  ~FilePool() = default;

  // One pread of a file that the kernel writes in one piece. The text is valid until the next read
  // of this pool; unset: no such file, or the cgroup is gone.
  [[nodiscard]] std::optional<std::string_view> read(PooledFile& file,
                                                     const std::string& directory);
  // A list, which comes in pieces; cut at 1 MiB.
  [[nodiscard]] std::optional<std::string_view> read_list(PooledFile& file,
                                                          const std::string& directory);
  [[nodiscard]] std::size_t open_files() const { return open_; }

 private:
  friend class PooledFile;
  [[nodiscard]] std::optional<std::string_view> read_at_most(PooledFile& file,
                                                             const std::string& directory,
                                                             bool in_pieces);
  std::size_t most_open_;
  std::size_t open_ = 0;
  std::string buffer_;
  std::string path_;
};

// Half of what RLIMIT_NOFILE leaves to this process now.
[[nodiscard]] std::size_t room_for_files();

}  // namespace duress::cgroup
