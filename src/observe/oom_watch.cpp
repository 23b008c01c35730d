#include "observe/oom_watch.h"

#include <algorithm>

#include "base/text.h"
#include "observe/event_order.h"
#include "observe/oom_words.h"

namespace duress::observe {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kClaim = milliseconds(100);      // a group's line follows its first victim's
constexpr auto kGroupEnds = milliseconds(250);  // after its last member
constexpr auto kLineIsLate = milliseconds(300);
constexpr auto kVanishes = milliseconds(500);  // a victim frees its memory before it is gone
constexpr auto kRemember = seconds(3);
constexpr std::size_t kMost = 4096;

bool is_below(const std::string& path, const std::string& above) {
  return above == "/" || path == above || path.starts_with(above + "/");
}

}  // namespace

bool OomWatch::is_inside(const std::string& cgroup) const { return is_below(cgroup, target_); }

// A limit that the target is below, or that is within it.
bool OomWatch::concerns(const std::string& cgroup) const {
  return is_below(target_, cgroup) || is_inside(cgroup);
}

const OomWatch::Choice* OomWatch::choice_of(pid_t pid) const {
  const auto found = std::find_if(choices_.rbegin(), choices_.rend(),
                                  [pid](const Choice& choice) { return choice.line.pid == pid; });
  return found == choices_.rend() ? nullptr : &*found;
}

bool OomWatch::was_told(pid_t pid) const {
  return std::ranges::find(told_, pid, &std::pair<pid_t, Duration>::first) != told_.end();
}

void OomWatch::line(const OomLine& line, const Whereabouts& where, Duration at) {
  if (const auto* const one = std::get_if<OomChoice>(&line)) choice(*one, at);
  if (const auto* const one = std::get_if<OomKilled>(&line)) killed(*one, where, at);
  if (const auto* const one = std::get_if<OomGroup>(&line)) group(*one, at);
}

void OomWatch::outsider(const std::string& name, pid_t pid, const std::string& oom_cgroup,
                        const std::string& task_cgroup, Duration at) {
  settled_.push_back({.at = at,
                      .kind = EventKind::kOutsiderKilled,
                      .subject = name,
                      .text = outsider_words(name, pid, oom_cgroup, task_cgroup),
                      .pid = pid,
                      .cgroup = oom_cgroup});
}

void OomWatch::choice(const OomChoice& line, Duration at) {
  choices_.push_back({line, at});
  if (choices_.size() > kMost) choices_.pop_front();
  const std::string oom_cgroup = line.by_node ? "/" : line.oom_cgroup;
  if (line.task_cgroup.empty()) return;
  if (is_inside(line.task_cgroup)) {
    if (!oom_cgroup.empty()) last_cgroup_ = oom_cgroup;
  } else if (!oom_cgroup.empty() && is_below(target_, oom_cgroup)) {
    outsider(line.name, line.pid, oom_cgroup, line.task_cgroup, at);
  }
}

void OomWatch::killed(const OomKilled& line, const Whereabouts& where, Duration at) {
  if (was_told(line.pid)) return;  // a group's first victim is named twice
  const Choice* const choice = choice_of(line.pid);
  Place place = where.place;
  if (choice != nullptr && !choice->line.task_cgroup.empty())
    place = is_inside(choice->line.task_cgroup) ? Place::kInside : Place::kOutside;
  if (place == Place::kOutside) {
    if (line.by_node && choice == nullptr) outsider(line.name, line.pid, "/", "", at);
    return;
  }
  if (group_ && at - group_->last <= kGroupEnds) {
    group_->last = at;
    group_->event.members.push_back({.pid = line.pid, .name = line.name, .ours = where.ours});
    told_.emplace_back(line.pid, at);
    ++explained_;
    return;
  }
  const Killed kill{.line = line, .at = at, .ours = where.ours || is_own_name(line.name)};
  if (place == Place::kUnknown) {
    strangers_.push_back(kill);
    if (strangers_.size() > kMost) strangers_.pop_front();
    return;
  }
  told_.emplace_back(line.pid, at);
  open_.push_back(kill);
  ++explained_;
}

void OomWatch::group(const OomGroup& line, Duration at) {
  if (!concerns(line.cgroup)) return;
  Event event{.at = at, .kind = EventKind::kOomGroupKill};
  const bool placed = !open_.empty() && at - open_.back().at <= kClaim;
  auto& from = placed ? open_ : strangers_;
  if (!from.empty() && at - from.back().at <= kClaim) {
    const Killed first = from.back();
    from.pop_back();
    event = kill_event(first);
    event.kind = EventKind::kOomGroupKill;
    event.members = {{.pid = first.line.pid, .name = first.line.name, .ours = first.ours}};
    if (!placed) {
      told_.emplace_back(first.line.pid, at);
      ++explained_;
    }
  } else {
    add_circumstances(event, "");
  }
  if (group_) settled_.push_back(std::move(group_->event));
  group_ = {std::move(event), at};
  ++groups_explained_;
}

void OomWatch::look(const Sight& sight, Duration at) {
  counted_ = std::max(counted_, sight.look.oom_kills);
  groups_counted_ = std::max(groups_counted_, sight.group_kills);
  usage_ = sight.look.memory.usage;
  levels_ = sight.levels;
  for (const SeenProcess& process : sight.processes.went) {
    gone_.push_back({process, at});
    if (gone_.size() > kMost) gone_.pop_front();
  }
}

// Lines of nobody knows whose are ours as far as the counter has kills that no line explains.
void OomWatch::take_strangers(Duration now, bool all) {
  const auto owed = static_cast<std::size_t>(std::max<std::int64_t>(counted_ - explained_, 0));
  const bool ambiguous = strangers_.size() > owed;
  const auto take = [&](const auto& at) {
    told_.emplace_back(at->line.pid, now);
    open_.push_back(*at);
    ++explained_;
    return strangers_.erase(at);
  };
  // Of more than there can be, first those that bear the name of one who went.
  for (auto at = strangers_.begin(); ambiguous && at != strangers_.end();) {
    const bool known = std::ranges::any_of(
        gone_, [&](const Gone& gone) { return gone.process.name == at->line.name; });
    at = known && explained_ < counted_ ? take(at) : at + 1;
  }
  for (auto at = strangers_.begin(); at != strangers_.end() && explained_ < counted_;)
    at = !ambiguous || all || now - at->at > kLineIsLate ? take(at) : at + 1;
}

// Nobody named them: those that went at that time, each once.
void OomWatch::take_gone(Duration now) {
  std::erase_if(gone_, [this](const Gone& gone) { return was_told(gone.process.pid); });
  const Duration earliest = *owed_since_ - milliseconds(200);
  const bool group = groups_counted_ > groups_explained_;
  if (group) {
    groups_explained_ = groups_counted_;
    Event event{.at = *owed_since_, .kind = EventKind::kOomGroupKill};
    add_circumstances(event, "");
    group_ = {std::move(event), now};
  }
  for (auto at = gone_.begin(); at != gone_.end() && (group || explained_ < counted_);) {
    if (at->at < earliest) {
      ++at;
      continue;
    }
    const SeenProcess& process = at->process;
    told_.emplace_back(process.pid, now);
    ++explained_;
    if (group) {
      group_->event.members.push_back(
          {.pid = process.pid, .name = process.name, .ours = process.ours});
    } else {
      Event event{.at = *owed_since_,
                  .kind = EventKind::kOomKill,
                  .subject = process.name,
                  .pid = process.pid,
                  .ours = process.ours};
      add_circumstances(event, "");
      event.text = guess_words(event);
      settled_.push_back(std::move(event));
    }
    at = gone_.erase(at);
  }
}

void OomWatch::take_unnamed(Duration now) {
  if (group_) return;  // its members are counted, the first even twice
  for (; explained_ < counted_; ++explained_) {
    Event event{.at = owed_since_.value_or(now), .kind = EventKind::kOomKill};
    add_circumstances(event, "");
    event.text = unnamed_words(event);
    settled_.push_back(std::move(event));
  }
}

void OomWatch::balance(Duration now, bool all) {
  // The counter of a v1 cgroup leaves its children out; the log does not.
  if (explained_ <= counted_) ahead_since_.reset();
  if (explained_ > counted_) {
    if (!ahead_since_) ahead_since_ = now;
    if (now - *ahead_since_ > seconds(1)) explained_ = counted_;
  }
  if (explained_ >= counted_) {
    owed_since_.reset();
    return;
  }
  if (!owed_since_) owed_since_ = now;
  take_strangers(now, all);
  if (explained_ < counted_ && !group_ && (all || !with_log_ || now - *owed_since_ > kLineIsLate)) {
    if (all || now - *owed_since_ > milliseconds(150)) take_gone(now);
    if (all || now - *owed_since_ > kVanishes) take_unnamed(now);
  }
  if (explained_ >= counted_) owed_since_.reset();
}

void OomWatch::close_group(Duration now, bool all) {
  if (!group_ || (!all && now - group_->last <= kGroupEnds)) return;
  // What the counter has beyond the members is the first victim a second time.
  explained_ = std::max(explained_, counted_);
  group_->event.text = group_words(group_->event);
  settled_.push_back(std::move(group_->event));
  group_.reset();
}

void OomWatch::forget(Duration now) {
  const auto old = [now](const auto& entry) { return now - entry.at > kRemember; };
  std::erase_if(choices_, old);
  std::erase_if(strangers_, old);
  std::erase_if(gone_, old);
  std::erase_if(told_, [now](const auto& entry) { return now - entry.second > kRemember; });
}

std::vector<Event> OomWatch::take(Duration now, bool all) {
  balance(now, all);
  close_group(now, all);
  while (!open_.empty() && (all || now - open_.front().at > kClaim)) {
    Event event = kill_event(open_.front());
    event.text = kill_words(event);
    settled_.push_back(std::move(event));
    open_.pop_front();
  }
  forget(now);
  return in_order(std::exchange(settled_, {}));
}

Event OomWatch::kill_event(const Killed& killed) const {
  Event out{.at = killed.at,
            .kind = EventKind::kOomKill,
            .subject = killed.line.name,
            .pid = killed.line.pid,
            .ours = killed.ours,
            .resident = killed.line.resident,
            .oom_score_adj = killed.line.oom_score_adj};
  const Choice* const choice = choice_of(killed.line.pid);
  std::string oom_cgroup = choice != nullptr ? choice->line.oom_cgroup : "";
  if (killed.line.by_node) oom_cgroup = "/";
  add_circumstances(out, oom_cgroup);
  return out;
}

// Whose limit it was: as the log says, or said of the kill before; else the level that has least
// room. A kill by the target's own limit comes when usage has met it.
void OomWatch::add_circumstances(Event& event, const std::string& oom_cgroup) const {
  event.cgroup = oom_cgroup.empty() ? last_cgroup_ : oom_cgroup;
  event.bytes = usage_;
  const cgroup::Level* tightest = nullptr;
  for (const cgroup::Level& level : levels_) {
    if (level.limit &&
        (tightest == nullptr || *level.limit - level.usage < *tightest->limit - tightest->usage)) {
      tightest = &level;
    }
  }
  if (event.cgroup.empty() && tightest != nullptr) event.cgroup = tightest->path;
  if (!levels_.empty() && levels_.front().path == event.cgroup && levels_.front().limit)
    event.bytes = std::max(usage_, *levels_.front().limit);
}

}  // namespace duress::observe
