// Who the OOM killer took in a recording: Duress's workers, the application's processes, others
// that only share a limit with it, and those that the cgroup counted while nobody named them. It
// says nothing of causes (verdict_fit.h). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "explain/verdict_facts.h"

namespace duress::explain::judging {

struct Kills {
  std::vector<const observe::Event*> ours{};
  std::vector<const observe::Event*> application{};
  std::vector<const observe::Event*> groups{};     // whole cgroups, each with its members
  std::vector<const observe::Event*> outsiders{};  // not the target's
  std::int64_t group_members = 0;                  // the application's among them
  std::int64_t group_workers = 0;
  // Counted, but named by nobody. Of those the supervisor saw so many workers end, and the end of
  // the container's first process explains one.
  std::int64_t ours_unnamed = 0;
  std::int64_t application_unnamed = 0;
  std::int64_t unnamed = 0;  // and of these nobody can tell
  std::optional<Duration> first_unnamed{};
  std::int64_t counted = 0;  // by the cgroup

  [[nodiscard]] std::int64_t of_ours() const;
  [[nodiscard]] std::int64_t of_application() const;
  [[nodiscard]] std::optional<Duration> first_of_ours() const;
  [[nodiscard]] std::optional<Duration> first_of_application() const;
};

[[nodiscard]] Kills kills_of(const Facts& facts);

}  // namespace duress::explain::judging
