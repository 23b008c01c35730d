#include "agent/recordings.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <limits>
#include <memory>

#include "observe/recording_coding.h"
#include "observe/recording_store.h"
#include "os/file.h"

namespace duress::agent {

namespace {

constexpr Bytes kMostBytes = mib(64);  // of all

// An hour at ten looks a second is some megabytes; the agent does not read more into its memory.
constexpr std::size_t kMostRead = std::size_t{32} << 20U;

// Those that were written to last before `second`.
void remove_before(const std::string& directory, std::time_t second) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.c_str()), ::closedir);
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string name = entry->d_name;
    struct stat about{};
    if (!name.ends_with(observe::kRecordingSuffix) ||
        ::fstatat(::dirfd(listing.get()), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) < 0)
      continue;
    if (S_ISREG(about.st_mode) && about.st_mtim.tv_sec < second)
      ::unlinkat(::dirfd(listing.get()), name.c_str(), 0);
  }
}

}  // namespace

void remove_old_recordings(const std::string& directory, WallTime now) {
  remove_before(directory, std::chrono::duration_cast<std::chrono::seconds>(
                               (now - kRecordingsKept).time_since_epoch())
                               .count());
}

void remove_recordings(const std::string& directory) {
  remove_before(directory, std::numeric_limits<std::time_t>::max());
  ::rmdir(directory.c_str());
}

Result<os::Fd> make_recording(const std::string& directory, const Clock& clock) {
  remove_old_recordings(directory, clock.wall());
  auto path = observe::new_recording_path(directory, "load", clock.wall(),
                                          {.files = kMostRecordings, .bytes = kMostBytes});
  if (!path) return std::unexpected(path.error());
  os::Fd file(::open(path->c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail_errno(errno, "make the recording " + *path);
  return file;
}

Result<observe::Recording> read_recording(const os::Fd& file) {
  auto bytes = os::read_fd(file, "the recording", kMostRead);
  if (!bytes) return std::unexpected(bytes.error());
  return observe::decode_recording(*bytes);
}

}  // namespace duress::agent
