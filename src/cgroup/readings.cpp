#include "cgroup/readings.h"

#include <algorithm>
#include <charconv>

#include "os/file.h"

namespace duress::cgroup {

namespace {

constexpr int kDeepest = 8;

void add_pids(std::string_view text, std::vector<pid_t>& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    pid_t pid = 0;
    const auto [after, error] = std::from_chars(at, end, pid);
    if (error == std::errc() && pid > 0) out.push_back(pid);
    at = std::find(after, end, '\n') + 1;
  }
}

void collect_below(FilePool& pool, const std::string& directory, int depth,
                   std::vector<pid_t>& out) {
  if (depth > kDeepest) return;
  auto names = os::subdirectories(directory);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string below = directory + "/" + name;
    PooledFile file(pool, "cgroup.procs");
    if (const auto text = pool.read_list(file, below)) add_pids(*text, out);
    collect_below(pool, below, depth + 1, out);
  }
}

}  // namespace

void collect_members(FilePool& pool, PooledFile& file, const std::string& directory,
                     std::vector<pid_t>& out) {
  out.clear();
  if (const auto text = pool.read_list(file, directory)) add_pids(*text, out);
  collect_below(pool, directory, 0, out);
}

Places places_of(const Roots& roots, const Hierarchy& hierarchy, const std::string& path) {
  return hierarchy.version == Version::kV1 ? v1_places(roots, hierarchy, path)
                                           : v2_places(hierarchy, path);
}

std::unique_ptr<Readings> make_readings(Version version, FilePool& pool, Places places) {
  return version == Version::kV1 ? make_v1_readings(pool, std::move(places))
                                 : make_v2_readings(pool, std::move(places));
}

}  // namespace duress::cgroup
