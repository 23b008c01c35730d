#include "cgroup/pool.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace duress::cgroup {

namespace {

constexpr std::size_t kLongestList = 1U << 20U;
constexpr std::size_t kMostUseful = 8192;  // beyond it, opening anew is cheaper than remembering

// The kernel gives a list in pieces of a page, less at the most one entry that did not fit in.
constexpr ssize_t kFullPiece = 4096 - 64;

// -1 where it failed; what is not read whole is cut at `most`.
ssize_t pread_pieces(int fd, std::string& buffer, std::size_t most, bool in_pieces) {
  std::size_t got = 0;
  while (true) {
    if (got == buffer.size()) {
      if (got >= most) return static_cast<ssize_t>(got);
      buffer.resize(buffer.size() * 2);
    }
    const ssize_t more =
        ::pread(fd, buffer.data() + got, buffer.size() - got, static_cast<off_t>(got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return -1;
    got += static_cast<std::size_t>(more);
    const bool may_go_on = got == buffer.size() || (in_pieces && more >= kFullPiece);
    if (more == 0 || !may_go_on) return static_cast<ssize_t>(got);
  }
}

}  // namespace

void PooledFile::close() {
  if (!fd_) return;
  fd_.reset();
  --pool_->open_;
}

std::optional<std::string_view> FilePool::read(PooledFile& file, const std::string& directory) {
  return read_at_most(file, directory, false);
}

std::optional<std::string_view> FilePool::read_list(PooledFile& file,
                                                    const std::string& directory) {
  return read_at_most(file, directory, true);
}

std::optional<std::string_view> FilePool::read_at_most(PooledFile& file,
                                                       const std::string& directory,
                                                       bool in_pieces) {
  os::Fd for_now;
  if (!file.fd_) {
    path_.assign(directory).append("/").append(file.name_);
    for_now = os::Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!for_now) return std::nullopt;
    if (open_ < most_open_) {
      std::swap(file.fd_, for_now);
      ++open_;
    }
  }
  const os::Fd& fd = file.fd_ ? file.fd_ : for_now;
  const ssize_t got = pread_pieces(fd.get(), buffer_, kLongestList, in_pieces);
  if (got < 0) {
    file.close();  // ENODEV: the cgroup was removed; its name may come back
    return std::nullopt;
  }
  return std::string_view(buffer_.data(), static_cast<std::size_t>(got));
}

std::size_t room_for_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return 0;
  constexpr rlim_t kForTheRest = 64;
  const rlim_t left = limit.rlim_cur > kForTheRest ? limit.rlim_cur - kForTheRest : 0;
  return std::min(static_cast<std::size_t>(left) / 2, kMostUseful);
}

}  // namespace duress::cgroup
