// What every container of the machine uses at one moment, beside what the machine itself would say:
// the values behind `duress top`. It keeps no course (recording.h) and judges nothing. Plain
// values, and one Surveyor that keeps files open between looks; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cgroup/names.h"
#include "cgroup/pod_path.h"
#include "cgroup/readings.h"
#include "observe/workers.h"

namespace duress::observe {

// Where on the way up the tightest limit stands.
enum class LimitAt { kContainer, kPod, kAbove, kNode };
[[nodiscard]] std::string_view name_of(LimitAt at);

// What happened between two looks; unset in the first of a container.
struct Rates {
  std::optional<Cores> cpu;
  std::optional<Cores> workers_cpu;        // Duress's part of it; unset while no load is on
  std::optional<Percent> throttled;        // of the periods in which it ran; unset without a quota
  std::optional<Percent> memory_pressure;  // of the time; unset: not available
  std::optional<Percent> cpu_pressure;
};

struct Row {
  std::string id{};    // "" for a cgroup that was named and is no container
  std::string path{};  // below the mount
  cgroup::ContainerName name{};
  std::optional<cgroup::PodPath> pod{};
  cgroup::MemoryUse memory{};
  std::int64_t oom_kills = 0;  // since the cgroup was made
  int processes = 0;
  Bytes limit{};  // the effective one; the machine's memory where nothing is tighter
  LimitAt limit_at = LimitAt::kNode;
  std::string limit_path{};      // of the cgroup that has it; "" for the machine
  std::optional<Cores> quota{};  // the smallest on the way up
  WorkerUse workers{};
  Rates rates{};

  [[nodiscard]] Percent percent() const;
  [[nodiscard]] Bytes cache() const { return memory.active_file + memory.inactive_file; }
  // What is neither Duress's nor file cache: the application's own, with what the kernel holds for
  // it.
  [[nodiscard]] Bytes application() const;
  [[nodiscard]] std::optional<Percent> percent_of_quota() const;
  // What to call it: the name, else the short ID, else the path.
  [[nodiscard]] std::string title() const;
};

struct Overview {
  Duration since_last{0};  // 0: the first look
  std::vector<Row> rows;   // by path
  Bytes node_total{};
  Bytes node_available{};
  std::vector<std::string> notes;  // what could not be had, a sentence each, told once

  // As `free` and `top` of procps 4 compute it.
  [[nodiscard]] Bytes node_used() const { return node_total - node_available; }
  [[nodiscard]] bool has_load() const;
};

// `before`, `after`: what the counters said. Pure.
[[nodiscard]] Rates rates_between(const cgroup::Figures& before, const cgroup::Figures& after,
                                  Duration passed);

struct SurveySetting {
  cgroup::Roots roots;
  cgroup::Hierarchy hierarchy;
  cgroup::NameRoots names;
  std::vector<std::string> cgroups;  // paths below the mount, besides the containers
  bool containers = true;            // whether the machine's containers are looked for
  std::size_t most_open_files = 0;   // cgroup::room_for_files()
};

class Surveyor final {
 public:
  Surveyor(SurveySetting setting, const Clock& clock);
  Surveyor(const Surveyor&) = delete;
  Surveyor& operator=(const Surveyor&) = delete;
  ~Surveyor();

  // A container that comes or goes between two looks, or while looking, is no error.
  [[nodiscard]] Result<Overview> look();

 private:
  struct Subject;
  struct Ancestor;
  [[nodiscard]] Result<> discover();
  void adopt(const std::string& id, const std::string& path);
  [[nodiscard]] std::optional<Row> look_at(Subject& subject);
  [[nodiscard]] cgroup::OwnLimits limits_of(const std::string& path);
  void find_limits(Subject& subject, Row& row);

  SurveySetting setting_;
  const Clock& clock_;
  cgroup::FilePool pool_;
  cgroup::Names names_;
  std::map<std::string, std::unique_ptr<Subject>> subjects_;    // by path
  std::map<std::string, std::unique_ptr<Ancestor>> ancestors_;  // by path
  std::uint64_t looks_ = 0;
  Instant last_{};
  Bytes node_total_{};
};

}  // namespace duress::observe
