#include "spec/pod_resources.h"

#include <algorithm>
#include <cmath>

namespace duress::spec {

namespace {

// CPU is added in thousandths: 0.1 + 0.2 has to equal 0.3.
std::int64_t thousandths(Cores cpu) { return std::llround(cpu.value * 1000); }

struct Sum {
  std::int64_t memory = 0;
  std::int64_t cpu = 0;
  bool all_memory = true;  // nobody was without
  bool all_cpu = true;
  bool any_memory = false;
  bool any_cpu = false;

  void add(const Amounts& amounts) {
    const std::int64_t bytes = amounts.memory ? amounts.memory->value : 0;
    const std::int64_t milli = amounts.cpu ? thousandths(*amounts.cpu) : 0;
    memory += bytes;
    cpu += milli;
    note(bytes, milli);
  }

  void note(std::int64_t bytes, std::int64_t milli) {
    any_memory = any_memory || bytes > 0;
    all_memory = all_memory && bytes > 0;
    any_cpu = any_cpu || milli > 0;
    all_cpu = all_cpu && milli > 0;
  }
};

using Part = Amounts Resources::*;

Sum sum_of(const Pod& pod, Part part) {
  Sum sum;
  for (const Container& container : pod.containers) sum.add(container.resources.*part);
  Sum sidecars;
  std::int64_t most_memory = 0;
  std::int64_t most_cpu = 0;
  for (const Container& container : pod.init_containers) {
    const Amounts& amounts = container.resources.*part;
    if (container.sidecar) {
      sum.add(amounts);
      sidecars.add(amounts);
      continue;
    }
    Sum alone = sidecars;  // what runs while it initialises
    alone.add(amounts);
    sum.note(amounts.memory ? amounts.memory->value : 0,
             amounts.cpu ? thousandths(*amounts.cpu) : 0);
    most_memory = std::max(most_memory, alone.memory);
    most_cpu = std::max(most_cpu, alone.cpu);
  }
  sum.memory = std::max(sum.memory, most_memory);
  sum.cpu = std::max(sum.cpu, most_cpu);
  return sum;
}

Cores cores(std::int64_t milli) { return {static_cast<double>(milli) / 1000}; }

}  // namespace

QosClass qos_of(const Pod& pod) {
  Sum requests;
  Sum limits;
  for (const auto* containers : {&pod.containers, &pod.init_containers}) {
    for (const Container& container : *containers) {
      requests.add(container.resources.requests);
      limits.add(container.resources.limits);
    }
  }
  if (!requests.any_memory && !requests.any_cpu && !limits.any_memory && !limits.any_cpu) {
    return QosClass::kBestEffort;
  }
  const bool limited = limits.all_memory && limits.all_cpu;
  const bool equal = requests.memory == limits.memory && requests.cpu == limits.cpu;
  return limited && equal ? QosClass::kGuaranteed : QosClass::kBurstable;
}

Amounts limits_of(const Pod& pod) {
  const Sum sum = sum_of(pod, &Resources::limits);
  Amounts out;
  if (sum.any_memory && sum.all_memory) out.memory = Bytes{sum.memory};
  if (sum.any_cpu && sum.all_cpu) out.cpu = cores(sum.cpu);
  return out;
}

Amounts requests_of(const Pod& pod) {
  const Sum sum = sum_of(pod, &Resources::requests);
  Amounts out;
  if (sum.any_memory) out.memory = Bytes{sum.memory};
  if (sum.any_cpu) out.cpu = cores(sum.cpu);
  return out;
}

}  // namespace duress::spec
