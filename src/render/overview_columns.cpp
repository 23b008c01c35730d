#include "render/overview_columns.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace duress::render {

namespace {

using observe::Row;

constexpr double kWarn = 75;
constexpr double kAlarm = 90;
constexpr std::size_t kLongestText = 253;

std::string decimals(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

template <class Value, class Write>
std::string or_dash(const std::optional<Value>& value, Write write) {
  return value ? write(*value) : std::string("-");
}

Paint by_percent(double percent) {
  if (percent >= kAlarm) return Paint::kRed;
  return percent >= kWarn ? Paint::kYellow : Paint::kPlain;
}

double value_of(const std::optional<Percent>& percent) { return percent ? percent->value : -1; }
double as_double(Bytes bytes) { return static_cast<double>(bytes.value); }

std::string pressure_cell(const std::optional<Percent>& pressure, const Row& row) {
  if (pressure) return short_percent(*pressure);
  // Nothing to compare with yet, or no such file: which of the two, tells the CPU's rate.
  return row.rates.cpu ? "n/a" : "-";
}

std::string text_cell(const std::string& text) {
  return text.empty() ? "-" : quoted(text, kLongestText);
}

std::string name_cell(const Row& row) { return text_cell(row.title()); }
std::string pod_cell(const Row& row) {
  return text_cell(row.name.pod.empty() && row.pod ? row.pod->uid : row.name.pod);
}
std::string qos_cell(const Row& row) {
  return row.pod ? std::string(name_of(row.pod->qos)) : std::string("-");
}
std::string cpu_cell(const Row& row) {
  return or_dash(row.rates.cpu, [](Cores c) { return short_cores(c); });
}

constexpr std::array kColumns =
    {
        OverviewColumn{
            "name", "CONTAINER", 12, 16, 0, Shown::kAlways, false, name_cell, nullptr, nullptr,
            "the name that the runtime keeps on disk; else the first 12 digits of the ID; a "
            "cgroup's path"},
        OverviewColumn{"pod", "POD", 10, 19, 8, Shown::kWithPods, false, pod_cell, nullptr, nullptr,
                       "the Pod's name; its UID by the cgroup's path where no name is found"},
        OverviewColumn{"namespace", "NAMESPACE", 9, 12, 16, Shown::kWithPods, false,
                       [](const Row& row) { return text_cell(row.name.name_space); }, nullptr,
                       nullptr, "the Pod's namespace"},
        OverviewColumn{"qos", "QOS", 10, 10, 18, Shown::kWithPods, false, qos_cell, nullptr,
                       nullptr, "the QoS class, by the path of the cgroup"},
        OverviewColumn{"usage", "USAGE", 6, 6, 1, Shown::kAlways, true,
                       [](const Row& row) { return short_bytes(row.memory.usage); },
                       [](const Row& row) { return as_double(row.memory.usage); }, nullptr,
                       "all that is charged to the cgroup and those below it, file cache and the "
                       "kernel's share too; what the limit is held against"},
        OverviewColumn{"limit", "LIMIT", 6, 6, 2, Shown::kAlways, true,
                       [](const Row& row) { return short_bytes(row.limit); },
                       [](const Row& row) { return as_double(row.limit); }, nullptr,
                       "the smallest limit on the way from the cgroup to the root; the machine's "
                       "memory where none is smaller"},
        OverviewColumn{"at", "AT", 9, 9, 10, Shown::kAlways, false,
                       [](const Row& row) { return std::string(name_of(row.limit_at)); }, nullptr,
                       nullptr,
                       "where that limit stands: container (its own), pod, above (a cgroup further "
                       "up), node (no limit)"},
        OverviewColumn{"percent", "%", 5, 5, 3, Shown::kAlways, true,
                       [](const Row& row) { return short_percent(row.percent()); },
                       [](const Row& row) { return row.percent().value; },
                       [](const Row& row) { return by_percent(row.percent().value); },
                       "usage / limit"},
        OverviewColumn{"gauge", "OF THE LIMIT", 12, 12, 4, Shown::kAlways, false, nullptr,
                       [](const Row& row) { return row.percent().value; }, nullptr,
                       "usage to the limit as a bar: the application, Duress's part, file cache"},
        OverviewColumn{
            "application", "APP", 6, 6, 7, Shown::kWithLoad, true,
            [](const Row& row) { return short_bytes(row.application()); },
            [](const Row& row) { return as_double(row.application()); }, nullptr,
            "usage - Duress's - cache: the application's own memory, and what the kernel "
            "holds for the container"},
        OverviewColumn{
            "duress", "DURESS", 6, 6, 6, Shown::kWithLoad, true,
            [](const Row& row) { return short_bytes(row.workers.resident); },
            [](const Row& row) { return as_double(row.workers.resident); },
            [](const Row& row) { return row.workers.any() ? Paint::kMagenta : Paint::kDim; },
            "resident memory of the processes named duress-memory and duress-cpu in the "
            "container"},
        OverviewColumn{"cache", "CACHE", 6, 6, 9, Shown::kWithLoad, true,
                       [](const Row& row) { return short_bytes(row.cache()); },
                       [](const Row& row) { return as_double(row.cache()); }, nullptr,
                       "active + inactive file cache"},
        OverviewColumn{
            "workingset", "WORKSET", 7, 7, 11, Shown::kAlways, true,
            [](const Row& row) { return short_bytes(row.memory.working_set()); },
            [](const Row& row) { return as_double(row.memory.working_set()); }, nullptr,
            "usage - inactive file cache: what `kubectl top` shows and the kubelet evicts "
            "by"},
        OverviewColumn{"anon", "ANON", 6, 6, 19, Shown::kAlways, true,
                       [](const Row& row) { return short_bytes(row.memory.anon); },
                       [](const Row& row) { return as_double(row.memory.anon); }, nullptr,
                       "memory without a file behind it: heaps and stacks"},
        OverviewColumn{"active", "ACTIVE", 6, 6, 23, Shown::kWithoutLoad, true,
                       [](const Row& row) { return short_bytes(row.memory.active_file); },
                       [](const Row& row) { return as_double(row.memory.active_file); }, nullptr,
                       "file cache that was used more than once; part of the working set"},
        OverviewColumn{"inactive", "INACTIVE", 8, 8, 22, Shown::kWithoutLoad, true,
                       [](const Row& row) { return short_bytes(row.memory.inactive_file); },
                       [](const Row& row) { return as_double(row.memory.inactive_file); }, nullptr,
                       "file cache that the kernel takes back first"},
        OverviewColumn{"shmem", "SHMEM", 6, 6, 25, Shown::kAlways, true,
                       [](const Row& row) { return short_bytes(row.memory.shmem); },
                       [](const Row& row) { return as_double(row.memory.shmem); }, nullptr,
                       "shared memory and tmpfs, emptyDir of medium Memory too; it cannot be taken "
                       "back"},
        OverviewColumn{
            "kernel", "KERNEL", 6, 6, 24, Shown::kAlways, true,
            [](const Row& row) {
              return or_dash(row.memory.kernel, [](Bytes b) { return short_bytes(b); });
            },
            [](const Row& row) { return as_double(row.memory.kernel.value_or(Bytes{-1})); },
            nullptr,
            "what the kernel holds for the container: page tables, stacks, sockets, names "
            "of files"},
        OverviewColumn{"cpu", "CPU", 5, 5, 5, Shown::kAlways, true, cpu_cell,
                       [](const Row& row) { return row.rates.cpu ? row.rates.cpu->value : -1; },
                       nullptr, "CPU time / time, since the last look: 0.5 is half of one CPU"},
        OverviewColumn{
            "duresscpu", "DCPU", 5, 5, 15, Shown::kWithLoad, true,
            [](const Row& row) {
              return or_dash(row.rates.workers_cpu, [](Cores c) { return short_cores(c); });
            },
            [](const Row& row) {
              return row.rates.workers_cpu ? row.rates.workers_cpu->value : -1;
            },
            [](const Row& row) { return row.workers.any() ? Paint::kMagenta : Paint::kDim; },
            "Duress's part of CPU: what its processes in the container used"},
        OverviewColumn{"quota", "%QUOTA", 6, 6, 12, Shown::kAlways, true,
                       [](const Row& row) {
                         return or_dash(row.percent_of_quota(),
                                        [](Percent p) { return short_percent(p); });
                       },
                       [](const Row& row) { return value_of(row.percent_of_quota()); },
                       [](const Row& row) { return by_percent(value_of(row.percent_of_quota())); },
                       "CPU / the smallest quota on the way up; - where there is no quota"},
        OverviewColumn{
            "throttled", "THROT", 5, 5, 13, Shown::kAlways, true,
            [](const Row& row) {
              return or_dash(row.rates.throttled, [](Percent p) { return short_percent(p); });
            },
            [](const Row& row) { return value_of(row.rates.throttled); },
            [](const Row& row) {
              return value_of(row.rates.throttled) > 0 ? Paint::kYellow : Paint::kPlain;
            },
            "periods in which the quota ran out / periods in which it ran, since the last "
            "look"},
        OverviewColumn{
            "mempressure", "MPSI", 5, 5, 20, Shown::kAlways, true,
            [](const Row& row) { return pressure_cell(row.rates.memory_pressure, row); },
            [](const Row& row) { return value_of(row.rates.memory_pressure); },
            [](const Row& row) { return by_percent(value_of(row.rates.memory_pressure)); },
            "time in which a task waited for memory / time; n/a: not available (PSI is off, "
            "or cgroup v1)"},
        OverviewColumn{"cpupressure", "CPSI", 5, 5, 21, Shown::kAlways, true,
                       [](const Row& row) { return pressure_cell(row.rates.cpu_pressure, row); },
                       [](const Row& row) { return value_of(row.rates.cpu_pressure); },
                       [](const Row& row) { return by_percent(value_of(row.rates.cpu_pressure)); },
                       "time in which a task waited for a CPU / time; n/a: not available"},
        OverviewColumn{"oom", "OOM", 3, 3, 6, Shown::kAlways, true,
                       [](const Row& row) { return std::to_string(row.oom_kills); },
                       [](const Row& row) { return static_cast<double>(row.oom_kills); },
                       [](const Row& row) {
                         return row.oom_kills > 0 ? Paint::kRed : Paint::kPlain;
                       },
                       "processes that the OOM killer ended, since the container's start"},
        OverviewColumn{
            "processes", "PROCS", 5, 5, 17, Shown::kAlways, true,
            [](const Row& row) { return std::to_string(row.processes); },
            [](const Row& row) { return static_cast<double>(row.processes); }, nullptr,
            "processes in the cgroup and below it, Duress's too; threads are not counted"},
        OverviewColumn{"limitpath", "LIMIT OF", 10, 20, 30, Shown::kAlways, false,
                       [](const Row& row) {
                         return row.limit_path.empty() ? "the machine"
                                                       : quoted(row.limit_path, 253);
                       },
                       nullptr, nullptr, "the cgroup that has the limit"},
};

}  // namespace

std::span<const OverviewColumn> overview_columns() { return kColumns; }

const OverviewColumn* overview_column(std::string_view key) {
  const auto* found = std::ranges::find(kColumns, key, &OverviewColumn::key);
  return found == kColumns.end() ? nullptr : &*found;
}

std::string short_bytes(Bytes bytes) {
  static constexpr std::array<std::string_view, 5> units = {"Ki", "Mi", "Gi", "Ti", "Pi"};
  if (bytes.value < 1024) return std::to_string(bytes.value);
  auto value = static_cast<double>(bytes.value);
  std::size_t unit = 0;
  for (value /= 1024; value >= 1023.5 && unit + 1 < units.size(); ++unit) value /= 1024;
  const bool is_whole = std::abs(value - std::round(value)) < 0.05;
  return decimals(value, value < 99.95 && !is_whole ? 1 : 0) + std::string(units.at(unit));
}

std::string short_percent(Percent percent) {
  const bool small = percent.value > 0 && percent.value < 9.95;
  return decimals(percent.value, small ? 1 : 0) + "%";
}

std::string short_cores(Cores cores) { return decimals(cores.value, cores.value < 9.995 ? 2 : 1); }

}  // namespace duress::render
