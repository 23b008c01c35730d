#include "explain/forecast.h"

#include <algorithm>
#include <cmath>

#include "base/order.h"
#include "explain/oom_moment.h"

namespace duress::explain {

namespace {

// A load that starts anew for ever is followed so far; after that nothing new happens.
constexpr int kMostRounds = 32;
// The kernel counts in batches of 64 pages a CPU, and workers fill in steps.
constexpr std::int64_t kCloseBelow = 100;

bool is_ours(const Contender& contender) { return contender.worker > 0; }

bool only_ours(const Kill& kill) { return std::ranges::all_of(kill.killed, is_ours); }

// mm/memcontrol.c, mem_cgroup_get_oom_group: the topmost with the flag, from the victim's cgroup up
// to the one that ran out.
std::optional<std::string> group_of(const std::set<std::string>& groups, const std::string& cgroup,
                                    const std::string& domain) {
  std::optional<std::string> found;
  for (std::string at = cgroup; at.size() > 1 && is_within(at, domain); at.resize(at.rfind('/'))) {
    if (groups.contains(at)) found = at;
  }
  return found;
}

pid_t memory_of(const Contender& contender) {
  return contender.same_memory_as != 0 ? contender.same_memory_as : contender.pid;
}

// mm/oom_kill.c, oom_kill_process: the victim, its group without those at -1000, and whoever shares
// an address space with one of them.
Kill kill_of(const std::vector<Contender>& contenders, const Contender& victim,
             const std::set<std::string>& groups, const std::string& domain) {
  Kill out{.victim = victim, .group = group_of(groups, victim.cgroup, domain), .killed = {}};
  const auto same = [](const Contender& a, const Contender& b) {
    return a.worker == b.worker && (is_ours(a) || memory_of(a) == memory_of(b));
  };
  std::vector<Contender> chosen;
  for (const Contender& other : contenders) {
    const bool in_group = out.group && is_within(other.cgroup, *out.group) &&
                          other.oom_score_adj != cgroup::kOomExempt;
    if (in_group || same(other, victim)) chosen.push_back(other);
  }
  for (const Contender& other : contenders) {
    const bool dies =
        std::ranges::any_of(chosen, [&](const Contender& c) { return same(c, other); });
    if (dies) out.killed.push_back(other);
  }
  return out;
}

class Teller {
 public:
  Teller(const Scene& scene, const Load& load) : scene_(scene), load_(load), field_(scene, load) {}

  Forecast tell() {
    out_.way = field_.way();
    out_.usage_before = scene_.use.usage;
    out_.asked = field_.rise();
    out_.oom_at = nearest_room();
    const std::optional<OomMoment> moment = field_.first_moment();
    if (moment) {
      meet(*moment);
    } else {
      out_.attained = field_.held_quietly();
      out_.answer = out_.attained < out_.asked ? Answer::kCannotReach : Answer::kSafe;
    }
    out_.usage_after = usage_with(out_.attained);
    out_.sentence = sentence_of(out_);
    return std::move(out_);
  }

 private:
  std::optional<Bytes> nearest_room() const {
    std::optional<Bytes> least;
    for (const Room& room : out_.way) {
      if (room.cgroup != "/" && room.room && (!least || *room.room < *least)) least = room.room;
    }
    return least ? std::optional(std::max(Bytes{0}, *least)) : std::nullopt;
  }

  // Page cache makes way for the load.
  Bytes usage_with(Bytes added) const {
    Bytes usage = sum(scene_.use.usage, added);
    for (const Room& room : out_.way) {
      if (room.cgroup != "/" && room.limit)
        usage = std::min(usage, std::max(*room.limit, Bytes{0}));
    }
    return std::max(usage, Bytes{0});
  }

  void meet(const OomMoment& moment) {
    out_.attained = moment.load;
    out_.by_growth = moment.by_growth;
    out_.domain = moment.domain;
    out_.total_pages = moment.total_pages;
    const std::vector<Contender> all = field_.contenders(moment);
    out_.contenders = all;
    // The heaviest first, the exempt last.
    put_in_order(out_.contenders,
                 [](const Contender& one) { return -one.badness.value_or(-INT64_MAX); });
    const auto victim = choose(all);
    if (moment.killer_off || !victim) {  // whoever asks for more has to wait, or is refused
      out_.answer = Answer::kCannotReach;
      return;
    }
    out_.oom = true;
    out_.by_duress = load_.policy == spec::OomPolicy::kStressorFirst && !moment.by_growth;
    if (out_.by_duress) return end_a_worker(all);
    set_margin(all, *victim);
    play(moment, all, *victim);
    out_.answer =
        std::ranges::all_of(out_.kills, only_ours) ? Answer::kOom : Answer::kOomApplication;
  }

  static std::optional<std::size_t> choose(const std::vector<Contender>& all) {
    std::vector<std::optional<std::int64_t>> weights;
    weights.reserve(all.size());
    for (const Contender& contender : all) weights.push_back(contender.badness);
    return cgroup::oom_choice(weights);
  }

  void end_a_worker(const std::vector<Contender>& all) {
    const auto largest = std::ranges::max_element(all, {}, [](const Contender& contender) {
      return is_ours(contender) ? contender.memory : Bytes{-1};
    });
    out_.kills.push_back({.victim = *largest, .group = {}, .killed = {*largest}});
    out_.answer = Answer::kOom;
  }

  // Workers are alike: which of them is taken does not matter.
  void set_margin(const std::vector<Contender>& all, std::size_t victim) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool alike = is_ours(all[i]) && is_ours(all[victim]);
      if (i == victim || alike || !all[i].badness) continue;
      const std::int64_t apart = *all[victim].badness - *all[i].badness;
      out_.margin = out_.margin ? std::min(*out_.margin, apart) : apart;
    }
    out_.close = out_.margin && *out_.margin <= out_.total_pages / kCloseBelow;
  }

  // From kill to kill, until the load ends, or nobody has to go any more.
  void play(OomMoment moment, std::vector<Contender> all, std::size_t victim) {
    int workers_killed = 0;
    for (int round = 0; round < kMostRounds; ++round) {
      Kill kill = kill_of(all, all[victim], scene_.kernel.groups, moment.domain);
      workers_killed += static_cast<int>(std::ranges::count_if(kill.killed, is_ours));
      out_.target_ends =
          out_.target_ends || std::ranges::any_of(kill.killed, [&](const Contender& c) {
            return c.pid != 0 && c.pid == scene_.init;
          });
      field_.take_away(kill.killed);
      out_.kills.push_back(std::move(kill));
      const bool over =
          out_.target_ends || (load_.most_kills > 0 && workers_killed >= load_.most_kills);
      const std::optional<OomMoment> again = field_.next_moment();
      if (!again || again->killer_off) return;
      moment = *again;
      all = field_.contenders(moment);
      const auto chosen = choose(all);
      if (!chosen) return;
      if (round == 0) out_.next = all[*chosen];
      if (over) return;
      victim = *chosen;
    }
  }

  const Scene& scene_;
  const Load& load_;
  OomField field_;
  Forecast out_;
};

}  // namespace

bool is_within(std::string_view path, std::string_view above) {
  if (above == "/" || above.empty() || path == above) return true;
  return path.size() > above.size() && path.starts_with(above) && path[above.size()] == '/';
}

Forecast forecast(const Scene& scene, const Load& load) { return Teller(scene, load).tell(); }

}  // namespace duress::explain
