#include "observe/oom_lines.h"

#include <charconv>

#include "base/text.h"

namespace duress::observe {

namespace {

template <class Number>
std::optional<Number> number_at(std::string_view text) {
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<pid_t> pid_at(std::string_view text) {
  const auto pid = number_at<pid_t>(text);
  return pid && *pid > 0 ? pid : std::nullopt;
}

// What stands between two marks; the second is looked for from the end, as what stands between may
// hold anything.
std::optional<std::string> between(std::string_view text, std::string_view from,
                                   std::string_view to) {
  const std::size_t start = text.find(from);
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start + from.size());
  const std::size_t end = text.rfind(to);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(0, end));
}

std::optional<OomLine> parse_choice(std::string_view text) {
  OomChoice out;
  const std::size_t pid = text.rfind(",pid=");
  if (pid == std::string_view::npos) return std::nullopt;
  const auto number = pid_at(text.substr(pid + 5));
  if (!number) return std::nullopt;
  out.pid = *number;
  text = text.substr(0, pid);
  // A name has fifteen bytes: the last mark is the right one.
  const std::size_t task = text.rfind(",task=");
  if (task == std::string_view::npos) return std::nullopt;
  out.name = text.substr(task + 6);
  text = text.substr(0, task);
  out.by_node = text.find(",global_oom,") != std::string_view::npos;
  if (!out.by_node) out.oom_cgroup = between(text, ",oom_memcg=", ",task_memcg=").value_or("");
  const std::size_t cgroup = text.rfind(",task_memcg=");
  if (cgroup != std::string_view::npos) out.task_cgroup = text.substr(cgroup + 12);
  return out;
}

Bytes kilobytes(std::string_view text, std::string_view key) {
  constexpr std::int64_t kMost = std::int64_t{1} << 50;
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  const auto value = number_at<std::int64_t>(text.substr(at + key.size()));
  return value && *value >= 0 && *value < kMost ? kib(*value) : Bytes{};
}

std::optional<OomLine> parse_killed(std::string_view text, std::size_t at) {
  OomKilled out;
  out.by_node = text.find("Memory cgroup") == std::string_view::npos;
  text.remove_prefix(at);
  const auto pid = pid_at(text);
  const std::size_t open = text.find(" (");
  const std::size_t figures = text.rfind(") total-vm:");
  if (!pid || open == std::string_view::npos || figures == std::string_view::npos ||
      figures < open + 2) {
    return std::nullopt;
  }
  out.pid = *pid;
  out.name = text.substr(open + 2, figures - open - 2);
  text.remove_prefix(figures);
  out.resident =
      kilobytes(text, "anon-rss:") + kilobytes(text, "file-rss:") + kilobytes(text, "shmem-rss:");
  constexpr std::string_view adj = "oom_score_adj:";
  if (const std::size_t score = text.find(adj); score != std::string_view::npos)
    out.oom_score_adj = number_at<int>(text.substr(score + adj.size()));
  return out;
}

}  // namespace

std::optional<OomLine> parse_oom_line(std::string_view text) {
  if (text.starts_with("oom-kill:constraint=")) return parse_choice(text);
  // The words before it tell whose memory was out; a name further on may hold the same words.
  constexpr std::string_view killed = ": Killed process ";
  if (const std::size_t at = text.find(killed);
      at != std::string_view::npos && text.find('(') > at &&
      text.substr(0, at).find("emory") != std::string_view::npos) {
    return parse_killed(text, at + killed.size());
  }
  if (text.starts_with("Tasks in ")) {
    if (auto cgroup = between(text, "Tasks in ", " are going to be killed due to memory.oom.group"))
      return OomGroup{std::move(*cgroup)};
  }
  return std::nullopt;
}

}  // namespace duress::observe
