#include "observe/processes.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "os/file.h"

namespace duress::observe {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A new process takes its name late (exec, PR_SET_NAME), an old one rarely.
constexpr auto kYoung = seconds(2);
constexpr auto kRename = seconds(5);
constexpr auto kTellAfter = milliseconds(300);
constexpr std::size_t kRemembered = 4096;
constexpr int kMeasuredAtOnce = 32;

// What a worker is called until it has named itself.
bool is_own_for_now(const std::string& name) {
  return name == "duress-warden" || name.starts_with("memfd:duress");
}

}  // namespace

bool is_own_name(const std::string& name) {
  return name == "duress-memory" || name == "duress-cpu" || name == "duress-fill" ||
         is_own_for_now(name);
}

std::string Processes::own_name_of(pid_t pid) const {
  auto text = os::read_file(roots_.proc + "/" + std::to_string(pid) + "/comm");
  if (!text || text->empty()) return {};
  if (text->back() == '\n') text->pop_back();
  return *text;
}

SeenProcess Processes::described(pid_t pid, std::string name) const {
  const bool ours =
      is_own_name(name) || std::ranges::any_of(own_prefixes_, [&name](const std::string& prefix) {
        return name.starts_with(prefix);
      });
  return {.pid = pid, .name = std::move(name), .ours = ours};
}

void Processes::name(Present& present, Instant now) {
  const Duration age = now - present.seen.first;
  if (present.named != Instant() && age > kYoung && now - present.named < kRename) return;
  std::string text = own_name_of(present.seen.pid);
  if (text.empty()) return;
  present.named = now;
  const SeenProcess described_now = described(present.seen.pid, std::move(text));
  present.seen.name = described_now.name;
  present.seen.ours = described_now.ours;
}

void Processes::glance(const cgroup::Target& target, Instant now) {
  auto pids = cgroup::processes(target);
  if (!pids) return;
  for (const pid_t pid : *pids) {
    auto [found, is_new] = present_.try_emplace(pid);
    Present& present = found->second;
    if (is_new) {
      present.seen = {.pid = pid, .first = now};
      present.told = !begun_;  // it was there before
    }
    present.seen.last = now;
    name(present, now);
  }
  begun_ = true;
  for (auto at = present_.begin(); at != present_.end();) {
    Present& present = at->second;
    if (present.seen.last == now) {
      const bool unnamed = is_own_for_now(present.seen.name);
      if (!present.told && now - present.seen.first >= (unnamed ? kYoung : kTellAfter)) {
        present.told = true;
        news_.came.push_back(present.seen);
      }
      ++at;
      continue;
    }
    if (!present.told) news_.came.push_back(present.seen);
    news_.went.push_back(present.seen);
    gone_.push_back(std::move(present.seen));
    if (gone_.size() > kRemembered) gone_.pop_front();
    at = present_.erase(at);
  }
}

Processes::Change Processes::look(const cgroup::Target& target, Instant now) {
  glance(target, now);
  return std::exchange(news_, {});
}

const SeenProcess* Processes::find(pid_t pid) const {
  if (const auto found = present_.find(pid); found != present_.end()) return &found->second.seen;
  const auto found = std::ranges::find(gone_.rbegin(), gone_.rend(), pid, &SeenProcess::pid);
  return found == gone_.rend() ? nullptr : &*found;
}

std::optional<bool> Processes::is_in(const cgroup::Target& target, pid_t pid) const {
  auto text = os::read_file(roots_.proc + "/" + std::to_string(pid) + "/cgroup");
  if (!text) return std::nullopt;
  // Of a process that has ended v1 tells the root, and v2 marks a removed cgroup.
  bool any = false;
  for (std::size_t from = 0; from < text->size();) {
    const std::size_t end = std::min(text->find('\n', from), text->size());
    const std::string_view line = std::string_view(*text).substr(from, end - from);
    from = end + 1;
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view path = line.substr(second + 1);
    any = any || path != "/";
    if (path == target.path || path.starts_with(target.path + "/")) return true;
  }
  return any ? std::optional(false) : std::nullopt;
}

// Of very many workers some are measured at each look, the others stay as they were.
Bytes Processes::own_resident() {
  static const std::int64_t kPage = ::sysconf(_SC_PAGESIZE);
  Bytes sum;
  int measured = 0;
  auto measure = [&](Present& present) {
    ++measured;
    next_measured_ = present.seen.pid + 1;
    if (!present.statm) {
      auto directory = os::open_directory(roots_.proc + "/" + std::to_string(present.seen.pid));
      if (!directory) return;
      auto file = os::open_at(*directory, "statm", 0);
      if (!file) return;
      present.statm = std::move(*file);
    }
    auto text = os::read_fd(present.statm, "statm");
    if (!text) return;
    const std::size_t space = text->find(' ');
    std::int64_t pages = 0;
    if (space != std::string::npos &&
        std::from_chars(text->data() + space + 1, text->data() + text->size(), pages).ec ==
            std::errc()) {
      present.resident = Bytes{pages * kPage};
    }
  };
  const pid_t start = next_measured_;
  const auto round = [&](auto from, auto to) {
    for (auto at = from; at != to && measured < kMeasuredAtOnce; ++at) {
      if (at->second.seen.ours) measure(at->second);
    }
  };
  round(present_.lower_bound(start), present_.end());
  round(present_.begin(), present_.lower_bound(start));
  for (const auto& [pid, present] : present_) {
    if (present.seen.ours) sum += present.resident;
  }
  return sum;
}

}  // namespace duress::observe
