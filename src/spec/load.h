// One kind of stress on one target, as a value: what was asked for, with every default filled in.
// It holds no measured figure and no resolved percentage (stress/plan.h does that). Plain values;
// any thread.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/text.h"
#include "base/units.h"

namespace duress::spec {

enum class SizeOf { kTotal, kWorker };
enum class Mode { kAdd, kReach };
enum class Metric { kUsage, kWorkingSet, kAnon };
enum class PercentOf { kLimit, kRequest, kNode, kAvailable };
enum class CpuPercentOf { kCore, kLimit };
enum class OomPolicy { kNatural, kAvoid, kStressorFirst, kAppFirst };
enum class Then { kStop, kRegrow };

inline constexpr int kMostWorkers = 1024;

struct WhenOom {
  OomPolicy policy = OomPolicy::kNatural;
  int max_kills = 1;  // with kRegrow: 0 means without end
  Then then = Then::kStop;
};

struct MemoryLoad {
  std::variant<Bytes, Percent> size = Percent{100};
  int workers = 1;
  SizeOf size_of = SizeOf::kTotal;
  Mode mode = Mode::kAdd;
  Metric metric = Metric::kUsage;       // what reach steers
  std::optional<PercentOf> percent_of;  // unset: of the effective limit, without one of the node
  std::optional<Bytes> request;         // what percent_of = request refers to
  Bytes reserve{0};                     // left free below the limit whatever the size says
  Duration ramp{0};                     // from nothing to the size, linearly
  Bytes rewrite{0};                     // bytes a second rewritten while holding
  bool swappable = false;
  std::optional<int> oom_score_adj;  // unset: the application's own value
  WhenOom when_oom;
  std::vector<std::string> options;  // not empty: run stress-ng with these
  bool size_given = false;           // a flag or manifest said it; validate() wants it said
};

struct CpuLoad {
  Percent load{100};
  int workers = 1;
  Mode mode = Mode::kAdd;  // reach: the target's whole use is brought to workers x load
  CpuPercentOf percent_of = CpuPercentOf::kCore;  // kLimit: of the quota, which workers share
  std::vector<std::string> options;               // not empty: run stress-ng with these
  bool load_given = false;  // a flag or manifest said it; validate() wants it said
};

// Of the whole machine: the share of the last 10 s in which tasks waited ("some avg10" of
// /proc/pressure, Documentation/accounting/psi.rst).
struct NodePressure {
  std::optional<Percent> memory{};
  std::optional<Percent> cpu{};
  std::optional<Percent> io{};

  friend bool operator==(const NodePressure&, const NodePressure&) = default;
};

// What ends the loads, and with them the whole experiment, for good. Unset: it does not.
struct Guards {
  // The least memory that the node keeps available; without it the load of a container alone ends,
  // at the larger of 5 % of the machine and 256 MiB.
  std::optional<std::variant<Bytes, Percent>> node_memory{};
  NodePressure node_pressure{};
  // These take a Pod's life to tell, which only a cluster has.
  std::optional<int> restarts{};            // of one container, while it was stressed
  std::optional<Duration> not_ready_for{};  // of a Pod that has the stress

  friend bool operator==(const Guards&, const Guards&) = default;
};

struct Stressors {
  std::optional<MemoryLoad> memory;
  std::optional<CpuLoad> cpu;
  std::string stressng;  // not empty: wins over both (stressngStressors)
  Guards guards{};
};

}  // namespace duress::spec
