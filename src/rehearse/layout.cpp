#include "rehearse/layout.h"

#include <algorithm>
#include <cmath>

#include "spec/pod_resources.h"

namespace duress::rehearse {

namespace {

std::int64_t thousandths(Cores cpu) { return std::llround(cpu.value * 1000); }

}  // namespace

std::int64_t shares_of(std::optional<Cores> cpu) {
  if (!cpu) return kLeastShares;
  return std::clamp(thousandths(*cpu) * 1024 / 1000, kLeastShares, kMostShares);
}

std::optional<std::int64_t> quota_of(std::optional<Cores> limit) {
  if (!limit || thousandths(*limit) == 0) return std::nullopt;
  constexpr std::int64_t kLeastQuota = 1000;
  return std::max(thousandths(*limit) * kCpuPeriodUs / 1000, kLeastQuota);
}

std::int64_t weight_of(std::int64_t shares) {
  constexpr std::int64_t kMostWeight = 10'000;
  if (shares <= kLeastShares) return 1;
  if (shares >= kMostShares) return kMostWeight;
  const double l = std::log2(static_cast<double>(shares));
  const double exponent = (l * l + 125 * l) / 612.0 - 7.0 / 34.0;
  // A default of 1024 is 100 exactly, whatever the last bit of pow() is.
  constexpr double kRounding = 1e-9;
  return static_cast<std::int64_t>(std::ceil(std::pow(10, exponent) - kRounding));
}

std::string path_of(QosClass qos) {
  switch (qos) {
    case QosClass::kGuaranteed:
      return "/kubepods";
    case QosClass::kBurstable:
      return "/kubepods/burstable";
    case QosClass::kBestEffort:
      return "/kubepods/besteffort";
  }
  return "";
}

std::string path_of(QosClass qos, const std::string& pod_uid) {
  return path_of(qos) + "/pod" + pod_uid;
}

std::vector<Group> groups_of(const std::vector<spec::Pod>& pods, Cores node) {
  Cores burstable{0};
  for (const spec::Pod& pod : pods) {
    if (spec::qos_of(pod) != QosClass::kBurstable) continue;
    burstable = burstable + spec::requests_of(pod).cpu.value_or(Cores{0});
  }
  const auto group = [](QosClass qos, std::int64_t shares) {
    return Group{path_of(qos), {.cpu_shares = shares}};
  };
  return {group(QosClass::kGuaranteed, shares_of(node)),
          group(QosClass::kBurstable, shares_of(burstable)),
          group(QosClass::kBestEffort, kLeastShares)};
}

Setting setting_of(const spec::Pod& pod) {
  const QosClass qos = spec::qos_of(pod);
  if (qos == QosClass::kBestEffort) return {.cpu_shares = kLeastShares};
  const spec::Amounts limits = spec::limits_of(pod);
  return {.memory = limits.memory,
          .cpu_shares = shares_of(spec::requests_of(pod).cpu),
          .cpu_quota_us = quota_of(limits.cpu)};
}

Setting setting_of(const spec::Container& container, bool oom_group) {
  const spec::Resources& resources = container.resources;
  const std::optional<Cores> asked =
      resources.requests.cpu ? resources.requests.cpu : resources.limits.cpu;
  return {.memory = resources.limits.memory,
          .cpu_shares = shares_of(asked),
          .cpu_quota_us = quota_of(resources.limits.cpu),
          .oom_group = oom_group,
          .swap = false,
          .inner = false};
}

int oom_score_adj_of(const spec::Pod& pod, const spec::Container& container, Bytes node_memory) {
  const QosClass qos = spec::qos_of(pod);
  const auto of = [&](const spec::Container& one) {
    return duress::oom_score_adj_of(qos, one.resources.requests.memory.value_or(Bytes{0}),
                                    node_memory);
  };
  int score = of(container);
  if (!container.sidecar || qos != QosClass::kBurstable) return score;
  for (const spec::Container& served : pod.containers) score = std::min(score, of(served));
  return score;
}

int reachable_score(int wanted, int lowest) { return std::max(wanted, lowest); }

}  // namespace duress::rehearse
