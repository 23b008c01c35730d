// What integration tests need of the real kernel: cgroups of their own, applications in them, and
// the program under test. What is made (duress-it-*) is removed when the object goes. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace duress::testing {

inline constexpr std::int64_t kMiB = 1024 * 1024;

// A reading is high by what the CPUs keep in stock: 64 pages each (MEMCG_CHARGE_BATCH).
[[nodiscard]] std::int64_t counter_batch();

[[nodiscard]] bool is_v2();
[[nodiscard]] bool is_emulated();          // its CPUs: DURESS_TIME_FACTOR says by how much slower
[[nodiscard]] bool can_lower_oom_score();  // CAP_SYS_RESOURCE
// Longer by DURESS_TIME_FACTOR.
[[nodiscard]] std::chrono::milliseconds patience(std::chrono::milliseconds time);
[[nodiscard]] bool wait_until(const std::function<bool()>& predicate,
                              std::chrono::milliseconds time = std::chrono::seconds(10));

class Cgroup final {
 public:
  Cgroup();  // below the root
  Cgroup(const Cgroup& parent, const std::string& name);
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  ~Cgroup();

  [[nodiscard]] const std::string& path() const { return path_; }  // "/duress-it-1-1"
  [[nodiscard]] std::string directory(const std::string& controller = "memory") const;
  [[nodiscard]] std::int64_t usage() const;
  [[nodiscard]] std::int64_t anon() const;
  [[nodiscard]] std::int64_t oom_kills() const;
  [[nodiscard]] double cpu_seconds() const;
  [[nodiscard]] std::vector<pid_t> processes() const;  // of the memory tree
  void limit_memory(std::int64_t bytes);               // swap included, where there is swap
  void limit_cpu(double cores);
  void set_shares(int percent_of_default);
  void freeze(bool on);
  void join(pid_t pid) const;  // every tree
  [[nodiscard]] std::string read(const std::string& file) const;
  [[nodiscard]] bool write(const std::string& file, const std::string& text) const;
  void pass_controllers_on();   // v2: cgroup.subtree_control
  [[nodiscard]] bool remove();  // now; false: it is busy

 private:
  void make();
  std::string path_;
  bool made_ = false;
};

// A process that is started stopped at nothing: it joins the cgroup before it executes.
class Process {
 public:
  Process() = default;
  Process(const std::vector<std::string>& words, const Cgroup* cgroup);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  [[nodiscard]] bool alive();
  // Exit code; 128 + the signal; unset: it did not end in time.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds time = std::chrono::seconds(20));
  [[nodiscard]] std::string output();  // what standard output gave so far
  [[nodiscard]] std::string errors();

 private:
  void take(int fd, std::string& to) const;
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string output_;
  std::string errors_;
  std::optional<int> code_;
};

class App final {
 public:
  App(const Cgroup& cgroup, std::vector<std::string> options);
  [[nodiscard]] Process& process() { return process_; }
  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] bool alive() { return process_.alive(); }
  [[nodiscard]] bool said(const std::string& word);

 private:
  Process process_;
};

class Duress final {
 public:
  explicit Duress(std::vector<std::string> arguments, const Cgroup* cgroup = nullptr);
  [[nodiscard]] static std::string program();
  [[nodiscard]] Process& process() { return process_; }
  [[nodiscard]] std::vector<nlohmann::json> lines();  // of -o jsonl
  [[nodiscard]] std::optional<nlohmann::json> last(const std::string& type);
  [[nodiscard]] bool reached(std::chrono::milliseconds time = std::chrono::seconds(20));

 private:
  Process process_;
};

[[nodiscard]] std::string recordings();  // where those go that no test has named
[[nodiscard]] std::vector<std::string> run_on(const Cgroup& cgroup, std::vector<std::string> more);
// Workers of any run in the cgroup's memory tree: a v1 worker for the CPU is in the CPU trees only.
[[nodiscard]] std::vector<pid_t> workers_in(const Cgroup& cgroup);
[[nodiscard]] std::vector<pid_t> processes_named(const std::string& name);
[[nodiscard]] std::string slurp(const std::string& path);

}  // namespace duress::testing
