#include "cli/doctor.h"

#include <linux/capability.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/doctor_checks.h"
#include "observe/recording_store.h"
#include "os/file.h"
#include "os/machine.h"
#include "os/privileges.h"
#include "rehearse/estate.h"
#include "render/table.h"
#include "stress/leftovers.h"
#include "stress/stressng.h"

namespace duress::cli {

namespace {

constexpr const char* kProc = "/proc";
constexpr const char* kStateDirectory = "/var/lib/duress";

const char* word(Health health) {
  switch (health) {
    case Health::kGood:
      return "ok";
    case Health::kLimited:
      return "limited";
    case Health::kBad:
      return "bad";
  }
  return "bad";
}

Finding kernel() {
  utsname info{};
  ::uname(&info);
  Finding out{"kernel", Health::kGood, info.release, ""};
  int major = 0;
  int minor = 0;
  if (std::sscanf(info.release, "%d.%d", &major, &minor) == 2 &&
      (major < 5 || (major == 5 && minor < 7))) {
    out.health = Health::kBad;
    out.advice = "5.7 or later is needed (pidfds, clone3 into a cgroup)";
  }
  return out;
}

Finding cgroups(const Result<cgroup::Hierarchy>& hierarchy) {
  if (!hierarchy) return {"cgroup", Health::kBad, "none", hierarchy.error().message};
  std::string controllers;
  for (const cgroup::Mount& mount : hierarchy->mounts) {
    if (mount.version != hierarchy->version) continue;
    for (const std::string& controller : mount.controllers) {
      controllers += (controllers.empty() ? "" : " ") + controller;
    }
  }
  const std::string version = hierarchy->version == cgroup::Version::kV2 ? "v2"
                              : hierarchy->hybrid                        ? "v1, hybrid"
                                                                         : "v1";
  return {"cgroup", Health::kGood, version + ": " + controllers, ""};
}

Finding capability(const char* name, int number, const char* without) {
  const bool there = os::has_capability(number);
  return {name, there ? Health::kGood : Health::kLimited, there ? "yes" : "missing",
          there ? "" : without};
}

void rights(std::vector<Finding>& out) {
  const bool root = ::geteuid() == 0;
  out.push_back({"user", root ? Health::kGood : Health::kLimited,
                 root ? "root" : std::to_string(::geteuid()),
                 root ? "" : "run as root: joining another's cgroup needs it"});
  out.push_back(
      capability("CAP_IPC_LOCK", CAP_IPC_LOCK, "memory cannot be locked: use --swappable"));
  out.push_back(capability(
      "CAP_SYS_RESOURCE", CAP_SYS_RESOURCE,
      "oom_score_adj of workers cannot be lowered: appFirst and negative values are refused"));
  out.push_back(
      capability("CAP_SYS_NICE", CAP_SYS_NICE,
                 "a CPU load beside busy processes of the target gets its fair share only"));
  out.push_back(capability("CAP_SYS_ADMIN", CAP_SYS_ADMIN,
                           "workers are not seen in the target's own process list"));
  out.push_back(
      capability("CAP_SYS_PTRACE", CAP_SYS_PTRACE, "other users' targets cannot be looked into"));
}

void memory(const std::string& proc, std::vector<Finding>& out) {
  const std::string pages =
      os::chosen("/sys/kernel/mm/transparent_hugepage/enabled").value_or("not available");
  const bool huge = pages == "always" || pages == "madvise";
  out.push_back(
      {"huge pages", huge ? Health::kGood : Health::kLimited, pages,
       huge ? ""
            : "filling is slower: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"});
  auto info = os::MemoryInfo::open(proc);
  if (!info) {
    out.push_back({"memory", Health::kBad, "?", info.error().message});
    return;
  }
  const auto available = info->available();
  out.push_back({"memory", Health::kGood,
                 format_bytes(info->total()) +
                     (available ? ", " + format_bytes(*available) + " available" : ""),
                 ""});
  out.push_back({"swap", Health::kGood,
                 info->swap_total().value == 0 ? "none" : format_bytes(info->swap_total()), ""});
}

Finding stressng() {
  const auto path = stress::find_stressng();
  return {"stress-ng", path ? Health::kGood : Health::kLimited, path ? *path : "not installed",
          path ? "" : "needed for options and stressngStressors only"};
}

void leftovers(const stress::Leftovers& left, const std::vector<rehearse::Estate>& rehearsals,
               bool fixed, std::vector<Finding>& out) {
  const std::string advice = fixed ? "removed" : "duress doctor --fix removes it";
  const Health health = fixed ? Health::kGood : Health::kBad;
  const auto add = [&](const std::string& what) {
    out.push_back({"left behind", health, what, advice});
  };
  for (const stress::Orphan& orphan : left.journals) {
    add("journal of " + orphan.about + ", " + std::to_string(orphan.changes.size()) + " changes");
  }
  for (const pid_t pid : left.workers) add("worker " + std::to_string(pid));
  for (const std::string& directory : left.cgroups) add(directory);
  for (const rehearse::Estate& estate : rehearsals) {
    for (const std::string& directory : estate.cgroups) add("of a rehearsal: " + directory);
    for (const std::string& directory : estate.directories) add("of a rehearsal: " + directory);
  }
  if (left.empty() && rehearsals.empty())
    out.push_back({"left behind", Health::kGood, "nothing", ""});
}

// What killed runs and rehearsals left; with `fix` it is removed. True: some of it is still there.
bool check_leftovers(const cgroup::Hierarchy& hierarchy, bool fix, std::vector<Finding>& out) {
  const std::string run(stress::kRunDirectory);
  auto left = stress::find_leftovers(run, kProc, hierarchy);
  auto rehearsals = rehearse::find_leftovers(run, kStateDirectory, hierarchy);
  if (!left || !rehearsals) {
    const Error& error = left ? rehearsals.error() : left.error();
    out.push_back({"left behind", Health::kBad, "?", error.message});
    return false;
  }
  std::vector<std::string> stuck;
  if (fix) {
    stuck = stress::remove(*left);
    const std::vector<std::string> more = rehearse::remove(*rehearsals);
    stuck.insert(stuck.end(), more.begin(), more.end());
  }
  leftovers(*left, *rehearsals, fix && stuck.empty(), out);
  for (const std::string& what : stuck)
    out.push_back({"left behind", Health::kBad, what, "remove it by hand"});
  const bool any = !left->empty() || !rehearsals->empty();
  return any && (!fix || !stuck.empty());
}

void print_json(const std::vector<Finding>& findings) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    out.push_back({{"name", finding.name},
                   {"health", word(finding.health)},
                   {"value", finding.value},
                   {"advice", finding.advice}});
  }
  std::puts(out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_text(const std::vector<Finding>& findings) {
  std::vector<std::vector<std::string>> rows;
  for (const Finding& finding : findings) {
    rows.push_back({word(finding.health), finding.name, finding.value, finding.advice});
  }
  std::fputs(render::table({{""}, {"what"}, {"found"}, {"what to do"}}, rows).c_str(), stdout);
}

}  // namespace

int doctor(const std::vector<std::string>& arguments) {
  bool fix = false;
  bool json = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--fix") {
      fix = true;
    } else if (word == "-o" && i + 1 < arguments.size() &&
               (arguments[i + 1] == "json" || arguments[i + 1] == "text")) {
      json = arguments[++i] == "json";
    } else if (word == "--help" || word == "-h") {
      std::puts(
          "duress doctor [--fix] [-o text|json]: what this machine allows, and what earlier runs "
          "left behind");
      return 0;
    } else {
      std::fprintf(stderr, "duress doctor: unknown %s; it takes --fix and -o text|json\n",
                   quoted(word).c_str());
      return 2;
    }
  }
  const auto hierarchy = cgroup::detect({});
  std::vector<Finding> findings = {kernel(), cgroups(hierarchy)};
  if (hierarchy) findings.push_back(check_controllers(*hierarchy));
  rights(findings);
  memory(kProc, findings);
  findings.push_back(check_pressure(kProc, hierarchy ? &*hierarchy : nullptr));
  findings.push_back(check_kernel_log());
  findings.push_back(check_namespaces());
  findings.push_back(check_container_names());
  findings.push_back(stressng());
  findings.push_back(check_room(
      {"room to run", std::string(stress::kRunDirectory), mib(1), "journals and names"}));
  findings.push_back(check_room(
      {"room to keep", kStateDirectory, observe::Keep().bytes, "recordings and volumes"}));
  findings.push_back(check_recordings(std::string(observe::kRecordingDirectory)));
  const bool left_behind = hierarchy && check_leftovers(*hierarchy, fix, findings);
  json ? print_json(findings) : print_text(findings);
  if (!hierarchy) return 3;
  return left_behind ? 1 : 0;
}

}  // namespace duress::cli
