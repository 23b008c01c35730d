// Small files of the kernel, read and written whole through a directory fd. Not for large or
// growing files, and not for anything that blocks. Functions without state; any thread. Errors name
// the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "os/fd.h"

namespace duress::os {

[[nodiscard]] Result<Fd> open_directory(const std::string& path);  // O_PATH|O_DIRECTORY|O_CLOEXEC
[[nodiscard]] Result<Fd> open_at(const Fd& directory, const std::string& name, int flags);
// Reads from offset 0 with pread, at most `most` bytes (kRefused beyond it).
[[nodiscard]] Result<std::string> read_fd(const Fd& file, std::string_view name,
                                          std::size_t most = 1U << 20U);
[[nodiscard]] Result<std::string> read_at(const Fd& directory, const std::string& name);
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most = 1U << 20U);
[[nodiscard]] Result<> write_at(const Fd& directory, const std::string& name,
                                std::string_view text);
// Names of the subdirectories, sorted; an unreadable directory is an error.
[[nodiscard]] Result<std::vector<std::string>> subdirectories(const std::string& path);

}  // namespace duress::os
