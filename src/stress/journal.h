// What a run changed in the world, written down before it is changed: files of the target's cgroup
// and child cgroups. It is not a log and holds nothing of what happened. A journal is one small
// file under the run directory, locked for as long as its supervisor or its warden lives; a journal
// that nobody holds was left behind, and is made good from by the next start or by `duress doctor
// --fix`. One thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "os/fd.h"

namespace duress::stress {

inline constexpr std::string_view kRunDirectory = "/run/duress";

struct Change {
  std::string directory;  // absolute
  std::string file;       // "memory.high"; empty: the directory itself was made by us
  std::string before;
  std::string after;
};

class Journal final {
 public:
  // Makes `<directory>/<name>.journal`, locked. `about` is one line for people: the target.
  [[nodiscard]] static Result<Journal> create(const std::string& directory, const std::string& name,
                                              std::string_view about);
  [[nodiscard]] Result<> add(const Change& change);
  [[nodiscard]] Result<std::vector<Change>> changes() const;
  [[nodiscard]] const std::string& path() const { return path_; }
  void remove() const;  // everything is as it was

 private:
  Journal(std::string path, os::Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  os::Fd fd_;
};

// A journal that nobody holds.
struct Orphan {
  std::string path;
  std::string about;
  std::vector<Change> changes;
};
[[nodiscard]] Result<std::vector<Orphan>> orphans(const std::string& directory);

// What a v1 or v2 control file holds now, as one value to compare and to write back ("1" of
// oom_kill_disable).
[[nodiscard]] Result<std::string> control_value(const std::string& directory,
                                                const std::string& file);

// Puts everything back, the last change first. A file that holds neither what we wrote nor what was
// before belongs to somebody else by now and is left alone. Returns what could not be put back, a
// sentence each; empty: all is well.
[[nodiscard]] std::vector<std::string> put_back(const std::vector<Change>& changes);

}  // namespace duress::stress
