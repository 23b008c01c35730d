#include "cgroup/parse.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace duress::cgroup {

namespace {

constexpr std::int64_t kUnlimited = std::int64_t{1} << 62;
constexpr std::size_t kIdLength = 64;

bool is_octal(char c) { return c >= '0' && c <= '7'; }

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::optional<std::int64_t> number_value(std::string_view text) {
  return parse_number<std::int64_t>(text);
}

std::optional<std::int64_t> stat_value(std::string_view text, std::string_view key) {
  std::optional<std::int64_t> found;
  for_each_line(text, [&](std::string_view line) {
    if (!found && line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      found = number_value(line.substr(key.size() + 1));
    }
  });
  return found;
}

void stat_values(std::string_view text, std::span<const std::string_view> keys,
                 std::span<std::optional<std::int64_t>> out) {
  for_each_line(text, [&](std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == line.npos) return;
    const auto found = std::ranges::find(keys, line.substr(0, space));
    if (found == keys.end()) return;
    std::optional<std::int64_t>& value = out[static_cast<std::size_t>(found - keys.begin())];
    if (!value) value = number_value(line.substr(space + 1));
  });
}

std::optional<std::int64_t> limit_value(std::string_view text) {
  const auto value = number_value(text);
  if (!value || *value < 0 || *value >= kUnlimited) return std::nullopt;
  return value;
}

int count_of_list(std::string_view text) {
  constexpr int kMost = 1 << 16;
  int count = 0;
  if (const std::size_t end = text.find('\n'); end != text.npos) text = text.substr(0, end);
  for (const std::string& part : split(text, ',')) {
    const auto first = parse_number<int>(part);
    if (!first) return 0;
    const std::size_t dash = part.find('-');
    const auto last =
        dash == part.npos ? first : parse_number<int>(std::string_view(part).substr(dash + 1));
    if (!last || *last < *first || *first < 0 || *last >= kMost) return 0;
    count += *last - *first + 1;
  }
  return std::min(count, kMost);
}

std::vector<MountLine> parse_mountinfo(std::string_view text) {
  std::vector<MountLine> out;
  for_each_line(text, [&](std::string_view line) {
    const std::vector<std::string> words = split(line, ' ');
    const auto dash = std::ranges::find(words, "-");
    if (words.size() < 6 || words.end() - dash < 4 || dash - words.begin() < 6) return;
    if (words[4].empty() || (dash + 1)->empty()) return;
    out.push_back({unescaped(words[3]), unescaped(words[4]), *(dash + 1), *(dash + 3)});
  });
  return out;
}

std::vector<MembershipLine> parse_membership(std::string_view text) {
  std::vector<MembershipLine> out;
  for_each_line(text, [&](std::string_view line) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos) return;
    std::string path(line.substr(second + 1));
    if (!path.starts_with('/')) return;
    constexpr std::string_view kDeleted = " (deleted)";
    if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
    out.push_back({std::string(line.substr(first + 1, second - first - 1)), path});
  });
  return out;
}

std::optional<StatLine> parse_stat(std::string_view text) {
  const std::size_t after = text.rfind(')');
  if (after == text.npos) return std::nullopt;
  const std::vector<std::string> words = split(text.substr(after + 1), ' ');
  // Counted from the state, which is field 3 of proc(5).
  constexpr std::size_t kFlags = 9 - 3;
  constexpr std::size_t kStartTime = 22 - 3;
  if (words.size() <= kStartTime) return std::nullopt;
  const auto flags = parse_number<std::uint64_t>(words[kFlags]);
  const auto start = parse_number<std::uint64_t>(words[kStartTime]);
  if (!flags || !start) return std::nullopt;
  return StatLine{*flags, *start};
}

std::optional<std::string> container_id(std::string_view name) {
  if (name.find("conmon") != name.npos) return std::nullopt;
  constexpr std::string_view kScope = ".scope";
  if (name.ends_with(kScope)) name.remove_suffix(kScope.size());
  for (const std::string_view prefix : {"docker-", "cri-containerd-", "crio-", "libpod-"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  const bool hexadecimal = std::ranges::all_of(
      name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (name.size() != kIdLength || !hexadecimal) return std::nullopt;
  return std::string(name);
}

}  // namespace duress::cgroup
