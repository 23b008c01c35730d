#include "observe/overview.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "cgroup/parse.h"
#include "os/machine.h"

namespace duress::observe {

namespace {

constexpr std::size_t kShortId = 12;

std::optional<Percent> part(std::chrono::nanoseconds some, Duration passed) {
  if (passed.count() <= 0 || some.count() < 0) return std::nullopt;
  const double value =
      100.0 * static_cast<double>(some.count()) / static_cast<double>(passed.count());
  return Percent{std::min(value, 100.0)};
}

std::optional<Percent> pressure_between(const std::optional<cgroup::Pressure>& before,
                                        const std::optional<cgroup::Pressure>& after,
                                        Duration passed) {
  if (!before || !after) return std::nullopt;
  return part(after->some - before->some, passed);
}

std::string above(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

std::string_view name_of(LimitAt at) {
  switch (at) {
    case LimitAt::kContainer:
      return "container";
    case LimitAt::kPod:
      return "pod";
    case LimitAt::kAbove:
      return "above";
    case LimitAt::kNode:
      return "node";
  }
  return "";
}

Percent Row::percent() const {
  if (limit.value <= 0) return {};
  return {100.0 * static_cast<double>(memory.usage.value) / static_cast<double>(limit.value)};
}

Bytes Row::application() const {
  const Bytes rest = memory.usage - cache() - workers.resident;
  return std::max(rest, Bytes{0});
}

std::optional<Percent> Row::percent_of_quota() const {
  if (!rates.cpu || !quota || quota->value <= 0) return std::nullopt;
  return Percent{100.0 * rates.cpu->value / quota->value};
}

std::string Row::title() const {
  if (!name.container.empty()) return name.container;
  return id.empty() ? path : id.substr(0, kShortId);
}

bool Overview::has_load() const {
  return std::ranges::any_of(rows, [](const Row& row) { return row.workers.any(); });
}

Rates rates_between(const cgroup::Figures& before, const cgroup::Figures& after, Duration passed) {
  Rates out;
  if (passed.count() <= 0) return out;
  if (before.cpu && after.cpu && after.cpu->usage >= before.cpu->usage) {
    out.cpu = Cores{static_cast<double>((after.cpu->usage - before.cpu->usage).count()) /
                    static_cast<double>(passed.count())};
    const std::int64_t periods = after.cpu->periods - before.cpu->periods;
    const std::int64_t throttled = after.cpu->throttled_periods - before.cpu->throttled_periods;
    if (periods > 0)
      out.throttled =
          Percent{100.0 * static_cast<double>(throttled) / static_cast<double>(periods)};
  }
  out.memory_pressure = pressure_between(before.memory_pressure, after.memory_pressure, passed);
  out.cpu_pressure = pressure_between(before.cpu_pressure, after.cpu_pressure, passed);
  return out;
}

struct Surveyor::Subject {
  Row about;  // what does not change
  std::unique_ptr<cgroup::Readings> readings;
  Workers workers;
  cgroup::Members members{};
  std::optional<cgroup::Figures> before{};
  std::chrono::nanoseconds workers_before{0};
  int workers_alive_before = 0;
  Instant at{};
  std::uint64_t seen = 0;
};

struct Surveyor::Ancestor {
  std::unique_ptr<cgroup::Readings> readings;
  cgroup::OwnLimits limits;
  std::uint64_t read = 0;
};

Surveyor::Surveyor(SurveySetting setting, const Clock& clock)
    : setting_(std::move(setting)),
      clock_(clock),
      pool_(setting_.most_open_files),
      names_(setting_.names) {}

Surveyor::~Surveyor() = default;

void Surveyor::adopt(const std::string& id, const std::string& path) {
  std::unique_ptr<Subject>& subject = subjects_[path];
  if (!subject) {
    subject = std::make_unique<Subject>(Subject{
        .about = Row{.id = id, .path = path, .pod = cgroup::pod_of(path)},
        .readings =
            cgroup::make_readings(setting_.hierarchy.version, pool_,
                                  cgroup::places_of(setting_.roots, setting_.hierarchy, path)),
        .workers = Workers(setting_.roots.proc, Bytes{::sysconf(_SC_PAGESIZE)})});
  }
  subject->seen = looks_;
}

Result<> Surveyor::discover() {
  if (setting_.containers) {
    auto found = cgroup::containers(setting_.roots, setting_.hierarchy);
    if (!found) return std::unexpected(found.error());
    for (const cgroup::Container& container : *found) adopt(container.id, container.path);
  }
  for (const std::string& path : setting_.cgroups)
    adopt(cgroup::container_id(path.substr(path.rfind('/') + 1)).value_or(""), path);
  std::erase_if(subjects_, [this](const auto& entry) { return entry.second->seen != looks_; });
  std::erase_if(ancestors_, [this](const auto& entry) { return entry.second->read + 1 < looks_; });
  return {};
}

cgroup::OwnLimits Surveyor::limits_of(const std::string& path) {
  std::unique_ptr<Ancestor>& ancestor = ancestors_[path];
  if (!ancestor) {
    ancestor = std::make_unique<Ancestor>();
    ancestor->readings =
        cgroup::make_readings(setting_.hierarchy.version, pool_,
                              cgroup::places_of(setting_.roots, setting_.hierarchy, path));
  }
  // Many containers share what is above them: read once a look.
  if (ancestor->read != looks_) {
    ancestor->limits = ancestor->readings->limits();
    ancestor->read = looks_;
  }
  return ancestor->limits;
}

void Surveyor::find_limits(Subject& subject, Row& row) {
  row.limit = node_total_;
  for (std::string path = row.path; path.size() > 1; path = above(path)) {
    const bool own = path == row.path;
    const cgroup::OwnLimits here = own ? subject.readings->limits() : limits_of(path);
    if (here.memory && *here.memory < row.limit) {
      row.limit = *here.memory;
      row.limit_path = path;
      const bool of_pod = row.pod && cgroup::pod_of(path) && !cgroup::pod_of(above(path));
      row.limit_at = own ? LimitAt::kContainer : of_pod ? LimitAt::kPod : LimitAt::kAbove;
    }
    if (here.cpu) row.quota = row.quota ? std::min(*row.quota, *here.cpu) : *here.cpu;
  }
}

std::optional<Row> Surveyor::look_at(Subject& subject) {
  const Instant now = clock_.now();
  auto figures = subject.readings->figures();
  if (!figures) {
    // It went while we looked; under the same name another may come.
    subject.before.reset();
    return std::nullopt;
  }
  Row row = subject.about;
  row.memory = figures->memory;
  row.oom_kills = figures->oom_kills;
  find_limits(subject, row);
  subject.readings->members(subject.members);
  row.processes = static_cast<int>(subject.members.memory.size());
  row.workers = subject.workers.look(subject.members.memory, subject.members.cpu);
  if (!row.id.empty()) row.name = names_.of(row.id);
  if (subject.before) row.rates = rates_between(*subject.before, *figures, now - subject.at);
  const int alive = row.workers.memory + row.workers.cpu;
  if (subject.before && alive > 0 && alive == subject.workers_alive_before &&
      row.workers.used >= subject.workers_before) {
    row.rates.workers_cpu =
        Cores{static_cast<double>((row.workers.used - subject.workers_before).count()) /
              static_cast<double>((now - subject.at).count())};
  }
  subject.before = *figures;
  subject.workers_before = row.workers.used;
  subject.workers_alive_before = alive;
  subject.at = now;
  return row;
}

Result<Overview> Surveyor::look() {
  ++looks_;
  Overview out;
  const Instant now = clock_.now();
  auto memory = os::MemoryInfo::open(setting_.roots.proc);
  if (!memory) return std::unexpected(memory.error());
  auto available = memory->available();
  if (!available) return std::unexpected(available.error());
  node_total_ = memory->total();
  out.node_total = node_total_;
  out.node_available = *available;
  if (auto found = discover(); !found) return std::unexpected(found.error());
  std::set<std::string> ids;
  out.rows.reserve(subjects_.size());
  for (auto& [path, subject] : subjects_) {
    if (!subject->about.id.empty()) ids.insert(subject->about.id);
    if (auto row = look_at(*subject)) out.rows.push_back(std::move(*row));
  }
  names_.keep_only(ids);
  out.notes = names_.take_notes();
  if (looks_ > 1) out.since_last = now - last_;
  last_ = now;
  return out;
}

}  // namespace duress::observe
