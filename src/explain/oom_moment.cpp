#include "explain/oom_moment.h"

#include <algorithm>
#include <numeric>

namespace duress::explain {

namespace {

constexpr std::int64_t kMappedByTable = 512;  // pages

Bytes within(std::int64_t least, Bytes bytes) { return {std::max(least, bytes.value)}; }

Bytes part_of(Bytes whole, double part) {
  const double bytes = static_cast<double>(whole.value) * part;
  constexpr double kMost = 9.2e18;
  return {bytes >= kMost ? INT64_MAX : static_cast<std::int64_t>(bytes)};
}

Bytes metric_now(const cgroup::MemoryUse& use, spec::Metric metric) {
  switch (metric) {
    case spec::Metric::kUsage:
      return use.usage;
    case spec::Metric::kWorkingSet:
      return use.working_set();
    case spec::Metric::kAnon:
      return use.anon;
  }
  return use.usage;
}

}  // namespace

Bytes sum(Bytes a, Bytes b) {
  std::int64_t out = 0;
  if (__builtin_add_overflow(a.value, b.value, &out)) return {b.value > 0 ? INT64_MAX : INT64_MIN};
  return {out};
}

OomField::OomField(const Scene& scene, const Load& load)
    : scene_(scene), load_(load), processes_(scene.kernel.processes), shares_(load.shares) {
  for (const cgroup::OomLevel& seen : scene.kernel.levels) {
    Level level;
    level.room = {.cgroup = seen.level.path,
                  .usage = seen.level.usage,
                  .limit = seen.level.limit,
                  .high = seen.level.high,
                  .reclaimable = sum(seen.file, seen.swappable),
                  .room = {}};
    if (seen.level.limit) {
      level.room.room = sum(*seen.level.limit - seen.level.usage, level.room.reclaimable);
    }
    level.total_pages = seen.total_pages();
    level.killer_off = seen.level.oom_kill_disabled;
    levels_.push_back(level);
  }
  target_ = levels_.empty() ? "/" : levels_.front().room.cgroup;
  levels_.push_back(machine());
  rise_ = load.mode == spec::Mode::kReach
              ? within(0, load.size - metric_now(scene.use, load.metric))
              : within(0, load.size);
}

OomField::Level OomField::machine() const {
  Level level;
  level.room = {.cgroup = "/",
                .usage = scene_.node_total - scene_.node_available,
                .limit = scene_.node_total,
                .high = {},
                .reclaimable = {},
                .room = scene_.node_available};
  level.total_pages = cgroup::oom_total_pages(scene_.node_total, scene_.node_swap);
  return level;
}

std::vector<Room> OomField::way() const {
  std::vector<Room> out;
  out.reserve(levels_.size());
  for (const Level& level : levels_) out.push_back(level.room);
  return out;
}

Bytes OomField::growth_of(const cgroup::OomProcess& process) const {
  const auto to = scene_.grows_to.find(process.pid);
  if (to == scene_.grows_to.end()) return {0};
  const Bytes now =
      cgroup::kOomPage * cgroup::oom_pages({.resident_pages = process.inputs.resident_pages});
  const Bytes more = within(0, to->second - now);
  return sum(more, more / kMappedByTable);
}

Bytes OomField::growth_below(const std::string& cgroup) const {
  return std::accumulate(processes_.begin(), processes_.end(), Bytes{0},
                         [&](Bytes all, const cgroup::OomProcess& process) {
                           return is_within(process.cgroup, cgroup) ? sum(all, growth_of(process))
                                                                    : all;
                         });
}

Bytes OomField::held_quietly() const {
  Bytes most = rise_;
  if (load_.keep_free.value == 0) return most;
  for (const Level& level : levels_) {
    if (level.room.cgroup == "/" || !level.room.room) continue;
    most = std::min(most, within(0, *level.room.room - load_.keep_free));
  }
  return most;
}

// The charge goes up from the target: of several levels that are full the lowest runs out first.
std::optional<OomMoment> OomField::by_load(Bytes load, double grown) const {
  const Level* nearest = nullptr;
  Bytes least{INT64_MAX};
  for (const Level& level : levels_) {
    if (!level.room.room) continue;
    const Bytes room = *level.room.room - part_of(growth_below(level.room.cgroup), grown);
    if (room >= least) continue;
    least = room;
    nearest = &level;
  }
  if (nearest == nullptr || load <= within(0, least)) return std::nullopt;
  return OomMoment{.domain = nearest->room.cgroup,
                   .total_pages = nearest->total_pages,
                   .load = within(0, least),
                   .grown = grown,
                   .by_growth = false,
                   .killer_off = nearest->killer_off};
}

// Whoever grows does so until a level is full: the one that is full after the least part of it.
std::optional<OomMoment> OomField::by_growth(Bytes load) const {
  std::optional<OomMoment> first;
  for (const Level& level : levels_) {
    const Bytes growth = growth_below(level.room.cgroup);
    if (!level.room.room || growth.value == 0) continue;
    const Bytes left = within(0, *level.room.room - load);
    if (growth <= left) continue;
    const double part = static_cast<double>(left.value) / static_cast<double>(growth.value);
    if (first && part >= first->grown) continue;
    first = OomMoment{.domain = level.room.cgroup,
                      .total_pages = level.total_pages,
                      .load = load,
                      .grown = part,
                      .by_growth = true,
                      .killer_off = level.killer_off};
  }
  return first;
}

std::optional<OomMoment> OomField::first_moment() const {
  const Bytes held = held_quietly();
  if (auto moment = by_load(held, 0)) return moment;
  // What keeps room free gives way to whoever grows.
  return by_growth(load_.keep_free.value > 0 ? Bytes{0} : held);
}

std::optional<OomMoment> OomField::next_moment() const {
  if (shares_.empty()) return by_growth({0});
  if (auto alone = by_growth({0})) return alone;
  return by_load(held_quietly(), 1);
}

void OomField::take_away(const std::vector<Contender>& killed) {
  for (const Contender& dead : killed) {
    if (dead.worker > 0) {
      // The last one comes back: a load that goes on has at least one.
      if (shares_.size() > 1) shares_.pop_back();
      continue;
    }
    const auto found = std::ranges::find(processes_, dead.pid, &cgroup::OomProcess::pid);
    if (found == processes_.end()) continue;
    const Bytes freed = cgroup::kOomPage * cgroup::oom_pages(found->inputs);
    for (Level& level : levels_) {
      if (level.room.room && is_within(dead.cgroup, level.room.cgroup)) {
        level.room.room = sum(*level.room.room, freed);
      }
    }
    processes_.erase(found);
  }
}

Contender OomField::worker(int number, double part, const OomMoment& moment) const {
  const Bytes charge = part_of(moment.load, part);
  const Bytes tables = load_.tables_apart ? charge / kMappedByTable : Bytes{0};
  Contender out;
  out.worker = number;
  out.name = "duress-memory";
  out.cgroup = load_.workers_cgroup.empty() ? target_ : load_.workers_cgroup;
  out.memory = within(0, sum(sum(charge, tables), load_.worker_base));
  out.oom_score_adj = load_.oom_score_adj;
  out.badness = cgroup::oom_badness({.resident_pages = out.memory.value / cgroup::kOomPage.value,
                                     .oom_score_adj = out.oom_score_adj},
                                    moment.total_pages);
  return out;
}

Contender OomField::process(const cgroup::OomProcess& seen, const OomMoment& moment) const {
  cgroup::OomInputs inputs = seen.inputs;
  inputs.resident_pages += part_of(growth_of(seen), moment.grown).value / cgroup::kOomPage.value;
  return {.worker = 0,
          .pid = seen.pid,
          .name = seen.name,
          .cgroup = seen.cgroup,
          .memory = cgroup::kOomPage * cgroup::oom_pages(inputs),
          .oom_score_adj = inputs.oom_score_adj,
          .badness = cgroup::oom_badness(inputs, moment.total_pages),
          .same_memory_as = seen.same_memory_as};
}

// Workers join last: behind the processes of their cgroup, and as its newest child behind all of
// the target's.
std::size_t OomField::place_of_workers() const {
  const bool in_child = !load_.workers_cgroup.empty() && load_.workers_cgroup != target_;
  std::size_t place = 0;
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    const std::string& cgroup = processes_[i].cgroup;
    if (in_child ? is_within(cgroup, target_) : cgroup == target_) place = i + 1;
  }
  return place;
}

std::vector<Contender> OomField::contenders(const OomMoment& moment) const {
  std::vector<Contender> out;
  const std::size_t place = place_of_workers();
  const double whole = std::accumulate(shares_.begin(), shares_.end(), 0.0);
  const auto add_workers = [&] {
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      const double part = whole > 0 ? shares_[i] / whole : 0;
      out.push_back(worker(static_cast<int>(i) + 1, part, moment));
    }
  };
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    if (i == place) add_workers();
    if (is_within(processes_[i].cgroup, moment.domain))
      out.push_back(process(processes_[i], moment));
  }
  if (place >= processes_.size()) add_workers();
  return out;
}

}  // namespace duress::explain
