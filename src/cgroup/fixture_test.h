// A machine in a temporary directory for tests: files and directories written in one nested
// expression, and removed with the object. It is no kernel: what cgroupfs refuses, a plain
// directory takes. One thread.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace duress::cgroup {

class FakeMachine final {
 public:
  using Files =
      std::map<std::string, std::string>;  // path below the root -> content; "x/" is a directory

  explicit FakeMachine(const Files& files) {
    char pattern[] = "/tmp/duress-cgroup-XXXXXX";
    root_ = ::mkdtemp(pattern);
    for (const auto& [path, text] : files) put(path, text);
  }
  FakeMachine(const FakeMachine&) = delete;
  FakeMachine& operator=(const FakeMachine&) = delete;
  ~FakeMachine() { std::filesystem::remove_all(root_); }

  // "@" in a content stands for the root's path.
  void put(const std::string& path, std::string text) const {
    for (std::size_t at = 0; (at = text.find('@', at)) != std::string::npos;)
      text.replace(at, 1, root_);
    const std::filesystem::path full = root_ + "/" + path;
    std::filesystem::create_directories(path.ends_with('/') ? full : full.parent_path());
    if (!path.ends_with('/')) std::ofstream(full) << text;
  }
  [[nodiscard]] const std::string& root() const { return root_; }

 private:
  std::string root_;
};

// A process's stat line with a start time; flags as of the kernel.
inline std::string stat_of(int start_time, unsigned flags = 4194560) {
  return "1 (app) S 1 1 1 0 -1 " + std::to_string(flags) + " 1 0 0 0 0 0 0 0 20 0 1 0 " +
         std::to_string(start_time) + " 1 1\n";
}

}  // namespace duress::cgroup
