#include "explain/consequences.h"

#include <algorithm>

#include "base/text.h"

namespace duress::explain {

namespace {

constexpr int kLeastBurstable = 3;
constexpr int kMostBurstable = 999;

bool takes_worker(const Forecast& forecast) {
  return std::ranges::any_of(forecast.kills, [](const Kill& kill) {
    return std::ranges::any_of(kill.killed, [](const Contender& dead) { return dead.worker > 0; });
  });
}

bool takes_group(const Forecast& forecast) {
  return std::ranges::any_of(forecast.kills,
                             [](const Kill& kill) { return kill.group.has_value(); });
}

// Burstable: oom_score_adj = 1000 - 1000 x request / capacity, so the request can be told from it.
std::optional<Bytes> request_from(int adj, Bytes capacity) {
  if (adj < kLeastBurstable || adj > kMostBurstable) return std::nullopt;
  return Bytes{capacity.value / 1000 * (1000 - adj)};
}

class Writer {
 public:
  Writer(const Scene& scene, const Load& load, const Forecast& forecast,
         const Surroundings& surroundings)
      : scene_(scene), load_(load), forecast_(forecast), around_(surroundings) {}

  Consequences write() {
    find_request();
    killed();
    resize();
    slowed();
    evict();
    compare_classes();
    advise();
    return std::move(out_);
  }

 private:
  void follows(std::string text) { out_.follows.push_back(std::move(text)); }
  void advice(std::string text) { out_.advice.push_back(std::move(text)); }

  void find_request() {
    out_.request = around_.request;
    if (out_.request || !around_.init_adj || around_.qos != QosClass::kBurstable) return;
    out_.request = request_from(*around_.init_adj, scene_.node_total);
    out_.request_reckoned = out_.request.has_value();
  }

  void killed() {
    if (!forecast_.oom) return;
    if (forecast_.by_duress) {
      return follows("Nothing is restarted: Duress ends its own worker, the kernel kills nobody.");
    }
    if (forecast_.target_ends) {
      follows(around_.restarts
                  ? "The container's first process dies: the container ends with OOMKilled, exit "
                    "code 137, and is restarted by its restart policy."
                  : "The target's first process dies by SIGKILL (137): whoever started it decides "
                    "whether it comes back.");
    } else if (forecast_.answer == Answer::kOomApplication) {
      follows(
          "Processes of the application die, its first process lives: nothing restarts the "
          "container and the kubelet tells nobody; the application has to notice by itself.");
    } else {
      follows("The container is not restarted: only Duress's own workers die.");
    }
    if (around_.restarts && takes_worker(forecast_) && !forecast_.target_ends) {
      follows(
          "containerd and CRI-O mark the container OOMKilled all the same, and keep the mark: a "
          "later end of it reads OOMKilled, even with exit code 0.");
    }
    if (takes_group(forecast_)) {
      follows(
          "memory.oom.group is set: whoever is taken, everything in that cgroup dies with it but "
          "what is at oom_score_adj -1000.");
    }
  }

  void resize() {
    const Room* own = forecast_.way.empty() ? nullptr : &forecast_.way.front();
    if (!around_.restarts || own == nullptr || own->cgroup == "/" || !own->limit) return;
    if (forecast_.usage_after <= forecast_.usage_before) return;
    follows("While the load lasts, an in-place resize to a limit below " +
            format_bytes(forecast_.usage_after) + " is refused or waits; before it, below " +
            format_bytes(forecast_.usage_before) + ".");
  }

  void slowed() {
    for (const Room& room : forecast_.way) {
      if (!room.high || (room.limit && *room.high >= *room.limit)) continue;
      const Bytes left = *room.high - room.usage;
      if (left >= forecast_.attained) continue;
      follows("memory.high of " + short_path(room.cgroup) + " is " + format_bytes(*room.high) +
              ": above it everybody there is slowed and reclaimed, the application too.");
    }
  }

  void evict() {
    Eviction& out = out_.eviction;
    out.available = scene_.node_total - around_.node_working_set;
    out.after = out.available - forecast_.attained;
    out.comes = out.after < kEvictionMark;
    if (!around_.qos) return;
    if (out.comes) {
      follows("The node's memory.available falls to " +
              format_bytes(std::max(Bytes{0}, out.after)) +
              ", below the kubelet's hard default of " + format_bytes(kEvictionMark) +
              ": it evicts Pods, those far above their requests first.");
    } else {
      follows("No eviction: the node's memory.available goes from " + format_bytes(out.available) +
              " to " + format_bytes(out.after) + ", the kubelet's hard default is " +
              format_bytes(kEvictionMark) + ".");
    }
  }

  // Who inherited oom_score_adj from the container's first process would inherit another.
  Forecast as(int adj) const {
    Scene scene = scene_;
    Load load = load_;
    const std::string target = scene.kernel.levels.empty() ? "/" : forecast_.way.front().cgroup;
    for (cgroup::OomProcess& process : scene.kernel.processes) {
      if (is_within(process.cgroup, target) && process.inputs.oom_score_adj == around_.init_adj) {
        process.inputs.oom_score_adj = adj;
      }
    }
    if (around_.adj_follows) load.oom_score_adj = std::max(adj, around_.lowest_adj);
    return explain::forecast(scene, load);
  }

  void compare_classes() {
    if (!around_.init_adj) return;
    for (const QosClass qos :
         {QosClass::kGuaranteed, QosClass::kBurstable, QosClass::kBestEffort}) {
      const bool now = around_.qos == qos;
      if (qos == QosClass::kBurstable && !out_.request && !now) continue;
      const int adj =
          now ? *around_.init_adj
              : oom_score_adj_of(qos, out_.request.value_or(Bytes{0}), scene_.node_total);
      out_.classes.push_back({.qos = qos, .now = now, .oom_score_adj = adj, .forecast = as(adj)});
    }
  }

  Forecast with(spec::OomPolicy policy, Bytes keep_free) const {
    Load load = load_;
    load.policy = policy;
    load.keep_free = std::max(load.keep_free, keep_free);
    return explain::forecast(scene_, load);
  }

  void advise() {
    if (out_.eviction.comes && around_.qos) {
      advice("Ask for at most " +
             format_bytes(std::max(Bytes{0}, out_.eviction.available - kEvictionMark)) +
             ", so that the kubelet evicts nobody.");
    }
    if (forecast_.answer == Answer::kSafe) return;
    if (forecast_.answer == Answer::kCannotReach && forecast_.domain.empty()) {
      return advice("Size: " + format_bytes(forecast_.attained) + " more can be held.");
    }
    if (forecast_.oom_at && *forecast_.oom_at < forecast_.asked && forecast_.oom_at->value > 0) {
      advice("Size: up to " + format_bytes(*forecast_.oom_at) + " more fit without a kill.");
    }
    if (forecast_.answer == Answer::kCannotReach) return;
    if (forecast_.by_growth) {
      advice("The application's growth brings the kill: give it a higher limit, or keep " +
             format_bytes(forecast_.attained) + " of load for when it is small.");
    }
    advise_policy();
    advise_class();
  }

  void advise_policy() {
    const Bytes keep = std::max(mib(16), forecast_.oom_at ? *forecast_.oom_at / 33 : Bytes{0});
    const bool avoiding = load_.policy == spec::OomPolicy::kAvoid;
    if (!avoiding && with(spec::OomPolicy::kAvoid, keep).kills.empty()) {
      advice("--when-oom avoid: the load gives way before the limit and nobody is killed.");
    }
    if (forecast_.answer != Answer::kOomApplication || forecast_.by_growth) return;
    if (load_.policy == spec::OomPolicy::kNatural) {
      advice("--when-oom stressorFirst: the stressor dies, the application and its group do not.");
    }
    if (load_.shares.size() > 1 && load_.policy == spec::OomPolicy::kNatural &&
        !takes_group(forecast_)) {
      Load one = load_;
      one.shares = {1.0};
      if (explain::forecast(scene_, one).answer == Answer::kOom) {
        advice("--workers 1: one large worker outweighs the application, " +
               std::to_string(load_.shares.size()) + " small ones do not.");
      }
    }
  }

  // A worker that cannot be given the application's own value is no ordinary process.
  bool is_artefact(const ClassRow& row) const {
    return around_.adj_follows && row.oom_score_adj < around_.lowest_adj;
  }

  // The class decides nothing where workers have the application's own oom_score_adj: then the
  // larger one dies in each.
  void advise_class() {
    for (const ClassRow& row : out_.classes) {
      if (row.now || forecast_.answer != Answer::kOomApplication) continue;
      if (row.forecast.answer != Answer::kOom || is_artefact(row)) continue;
      const char* const how = row.qos == QosClass::kGuaranteed
                                  ? "requests equal to limits for CPU and memory in every container"
                              : row.qos == QosClass::kBurstable ? "a memory request below the limit"
                                                                : "no requests and no limits";
      advice("QoS class " + std::string(name_of(row.qos)) + " (" + how + "): oom_score_adj " +
             std::to_string(row.oom_score_adj) + ", and the worker is taken.");
      return;
    }
    if (forecast_.domain != "/" && forecast_.answer == Answer::kOomApplication &&
        !out_.classes.empty()) {
      advice(
          "Another QoS class changes nothing here: at a container's own limit its processes "
          "compete "
          "among themselves, and workers have the application's oom_score_adj.");
    }
  }

  const Scene& scene_;
  const Load& load_;
  const Forecast& forecast_;
  const Surroundings& around_;
  Consequences out_;
};

}  // namespace

Consequences consequences_of(const Scene& scene, const Load& load, const Forecast& forecast,
                             const Surroundings& surroundings) {
  return Writer(scene, load, forecast, surroundings).write();
}

}  // namespace duress::explain
