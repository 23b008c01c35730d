// What a memory load will do to a target, decided before it is started: whether it can be reached,
// at which size the OOM killer comes and within which cgroup, whom it takes, and who goes with it.
// It reads nothing (cgroup/oom_scene.h does) and does not say what a cluster makes of it
// (consequences.h does). Pure; any thread.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cgroup/controllers.h"
#include "cgroup/oom_scene.h"
#include "observe/recording.h"
#include "spec/load.h"

namespace duress::explain {

enum class Answer {
  kSafe,            // nobody is killed
  kOom,             // the OOM killer comes, for Duress's own workers only
  kOomApplication,  // somebody else is killed: by choice, or with the group
  kCannotReach,     // nobody is killed, and less is held than was asked for
};
[[nodiscard]] std::string_view name_of(Answer answer);  // "oomApplication": as in JSON

struct Scene {
  cgroup::OomScene kernel{};
  cgroup::MemoryUse use{};            // of the target
  pid_t init = 0;                     // of the target: the load ends with it
  std::map<pid_t, Bytes> grows_to{};  // resident size that a process is known to grow to
  Bytes node_total{};
  Bytes node_swap{};
  Bytes node_available{};
};

struct Load {
  Bytes size{};  // of all workers to add, or the level to reach
  spec::Mode mode = spec::Mode::kAdd;
  spec::Metric metric = spec::Metric::kUsage;
  std::vector<double> shares{1.0};  // of the workers; they add up to 1
  int oom_score_adj = 0;
  spec::OomPolicy policy = spec::OomPolicy::kNatural;
  int most_kills = 1;            // of workers, then the load ends; 0: never
  Bytes keep_free{};             // below the nearest limit
  std::string workers_cgroup{};  // "": the target's own
  bool tables_apart = false;     // their page tables are charged elsewhere
  // What a worker weighs beyond its share of the charge; below zero where more of the charge is the
  // kernel's own memory for it.
  Bytes worker_base{};
};

// One level on the way up.
struct Room {
  std::string cgroup{};  // "/": the machine
  Bytes usage{};
  std::optional<Bytes> limit{};
  std::optional<Bytes> high{};
  Bytes reclaimable{};  // page cache, and what there is swap for: it goes before anybody is killed
  std::optional<Bytes> room{};  // what can still be charged; unset: no limit
};

struct Contender {
  int worker = 0;  // from 1 on; 0: a process that is there already
  pid_t pid = 0;   // 0: a worker, which is still to come
  std::string name{};
  std::string cgroup{};
  Bytes memory{};  // resident, swapped and page tables at that moment
  int oom_score_adj = 0;
  std::optional<std::int64_t> badness{};  // pages; unset: exempt
  pid_t same_memory_as = 0;
};

struct Kill {
  Contender victim{};
  std::optional<std::string> group{};  // memory.oom.group: the cgroup that is killed whole
  std::vector<Contender> killed{};     // the victim among them
};

struct Forecast {
  Answer answer = Answer::kSafe;
  Bytes usage_before{};
  Bytes usage_after{};            // or at the moment when somebody is killed
  Bytes asked{};                  // on top of what is there
  Bytes attained{};               // of it
  std::vector<Room> way{};        // the target first, the machine last
  std::optional<Bytes> oom_at{};  // on top of what is there; unset: no limit but the machine
  bool oom = false;               // the OOM killer comes
  bool by_growth = false;         // the load fits: the application's own growth brings it
  bool by_duress = false;         // stressorFirst: Duress ends the worker before the kernel does
  std::string domain{};           // cgroup whose processes compete; "/": all; "" without an OOM
  std::int64_t total_pages = 0;   // that oom_score_adj is a thousandth of
  std::vector<Contender> contenders{};   // at that moment, the heaviest first
  std::vector<Kill> kills{};             // in order, until the load ends or all fits
  std::optional<Contender> next{};       // after the first kill, if the load went on
  std::optional<std::int64_t> margin{};  // pages between the victim and the next of another kind
  bool close = false;        // they are within 1 % of the domain's memory: it may be the other
  bool target_ends = false;  // its first process is killed
  std::string sentence{};    // the answer in words
};

[[nodiscard]] Forecast forecast(const Scene& scene, const Load& load);

// The answer in one sentence, with its figures.
[[nodiscard]] std::string sentence_of(const Forecast& forecast);
[[nodiscard]] observe::Foretold foretold_of(const Forecast& forecast);

// "worker 1" or "node (4711)".
[[nodiscard]] std::string called(const Contender& contender);
// A path as a person can read it: a long one by its end, a container's ID cut to 12.
[[nodiscard]] std::string short_path(const std::string& path);
[[nodiscard]] Bytes weight_of(const Contender& contender);  // badness in bytes; 0: exempt

// Whether `path` is the cgroup `above` or lies below it.
[[nodiscard]] bool is_within(std::string_view path, std::string_view above);

}  // namespace duress::explain
