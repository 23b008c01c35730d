// What the kernel writes into cgroup and proc files, as values. Nothing is opened here, and nothing
// that a file can hold makes it crash: what cannot be read is left out or unset. Pure functions;
// any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duress::cgroup {

// "key value" lines: memory.stat, cpu.stat, memory.events. 0 where the key is missing is the
// caller's choice.
[[nodiscard]] std::optional<std::int64_t> stat_value(std::string_view text, std::string_view key);

// Several keys of such a text in one pass, without allocating; of a key that comes twice the first
// counts. `out` is as long as `keys`.
void stat_values(std::string_view text, std::span<const std::string_view> keys,
                 std::span<std::optional<std::int64_t>> out);

// One number, or nothing for "max" (v2), for a v1 limit that means none (>= 2^62), and for what is
// no number.
[[nodiscard]] std::optional<std::int64_t> limit_value(std::string_view text);

// The first number of a text; unset where there is none.
[[nodiscard]] std::optional<std::int64_t> number_value(std::string_view text);

// "0-3,7" -> 5. 0 where it is empty or no list.
[[nodiscard]] int count_of_list(std::string_view text);

// A line of /proc/PID/mountinfo (proc(5)); octal escapes undone.
struct MountLine {
  std::string root;
  std::string mount_point;
  std::string type;
  std::string super_options;
};
[[nodiscard]] std::vector<MountLine> parse_mountinfo(std::string_view text);

// /proc/PID/cgroup: controllers ("" is v2's) and path.
struct MembershipLine {
  std::string controllers;
  std::string path;
};
[[nodiscard]] std::vector<MembershipLine> parse_membership(std::string_view text);

// /proc/PID/stat: flags and start time. The name in it may hold spaces and parentheses.
struct StatLine {
  std::uint64_t flags = 0;
  std::uint64_t start_time = 0;
};
[[nodiscard]] std::optional<StatLine> parse_stat(std::string_view text);

// The container's ID in a cgroup's name: "docker-<id>.scope", "cri-containerd-<id>.scope",
// "crio-<id>.scope", "libpod-<id>.scope", "libpod-<id>", "<id>"; unset for another name and for
// conmon's cgroups.
[[nodiscard]] std::optional<std::string> container_id(std::string_view name);

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

}  // namespace duress::cgroup
