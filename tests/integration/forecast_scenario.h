// One random scene of applications, limits and a load for the forecast's test, and what the kernel
// made of it. It judges nothing (forecast_test.cpp does). One thread.
#pragma once

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "world.h"

namespace duress::testing {

// The kernel's own word on who was killed from now on. The log is the whole machine's: who else was
// killed meanwhile is left out.
class KillLog final {
 public:
  KillLog();
  KillLog(const KillLog&) = delete;
  KillLog& operator=(const KillLog&) = delete;
  ~KillLog();
  [[nodiscard]] bool readable() const { return fd_ >= 0; }
  // Those below this cgroup only: the applications, and the workers of a run.
  void look_at(const std::string& cgroup, const std::vector<pid_t>& applications);
  void workers_after(pid_t run) { run_ = run; }
  // PIDs in the order of their deaths, group members among them.
  [[nodiscard]] const std::vector<pid_t>& killed();
  [[nodiscard]] bool group() const { return group_; }

 private:
  void take(const std::string& line);

  int fd_;
  std::string cgroup_;
  std::vector<pid_t> applications_;
  pid_t run_ = 0;  // workers are its children's: their PIDs come after it
  std::vector<pid_t> killed_;
  bool group_ = false;
};

struct AppAsked {
  bool beside = false;  // in the second container
  int hold = 0;         // MiB
  int shm = 0;
  int cache = 0;
  int grows_by = 0;
  int adj = 0;
};

struct Asked {
  int container_limit = 0;  // MiB; 0: none
  int pod_limit = 0;
  bool container_group = false;
  bool beside_group = false;
  bool pod_group = false;
  std::vector<AppAsked> apps;
  int load = 0;
  int workers = 1;
  int adj = -2000;  // of the workers; -2000: the application's own
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] Asked random_asked(std::mt19937& random);

// A scene as asked for, standing: the applications hold what they hold.
class Scene final {
 public:
  explicit Scene(const Asked& asked);
  [[nodiscard]] nlohmann::json preflight();
  // Until somebody was killed, or everything is held and grown.
  void play(KillLog& log);
  [[nodiscard]] std::vector<pid_t> applications() const;
  [[nodiscard]] const std::string& path() const { return pod_.path(); }
  [[nodiscard]] bool alive(pid_t pid);

 private:
  [[nodiscard]] std::vector<std::string> load_flags() const;
  [[nodiscard]] bool grown();

  Asked asked_;
  Cgroup pod_;
  std::unique_ptr<Cgroup> container_;
  std::unique_ptr<Cgroup> beside_;
  std::vector<std::unique_ptr<App>> apps_;
};

}  // namespace duress::testing
