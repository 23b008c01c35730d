#include "cli/doctor.h"

#include <linux/capability.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "observe/kernel_log.h"
#include "os/file.h"
#include "os/machine.h"
#include "os/privileges.h"
#include "render/table.h"
#include "stress/leftovers.h"
#include "stress/stressng.h"

namespace duress::cli {

namespace {

enum class Health { kGood, kLimited, kBad };

struct Finding {
  std::string name;  // stable, for programs
  Health health = Health::kGood;
  std::string value;
  std::string advice;  // what to do; empty where all is well
};

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

Finding pressure(const std::string& proc) {
  const bool on = os::read_file(proc + "/pressure/memory").has_value();
  return {"PSI", on ? Health::kGood : Health::kLimited, on ? "on" : "not available",
          on ? "" : "boot with psi=1 to see pressure"};
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

Finding kernel_log() {
  const auto log = observe::KernelLog::open();
  return {"kernel log", log ? Health::kGood : Health::kLimited,
          log ? "readable" : log.error().message,
          log ? ""
              : "OOM kills are counted, but their victims not always named: run as root, or "
                "with CAP_SYSLOG and /dev/kmsg"};
}

Finding stressng() {
  const auto path = stress::find_stressng();
  return {"stress-ng", path ? Health::kGood : Health::kLimited, path ? *path : "not installed",
          path ? "" : "needed for options and stressngStressors only"};
}

void leftovers(const stress::Leftovers& left, bool fixed, std::vector<Finding>& out) {
  const std::string advice = fixed ? "removed" : "duress doctor --fix removes it";
  const Health health = fixed ? Health::kGood : Health::kBad;
  for (const stress::Orphan& orphan : left.journals) {
    out.push_back(
        {"left behind", health,
         "journal of " + orphan.about + ", " + std::to_string(orphan.changes.size()) + " changes",
         advice});
  }
  for (const pid_t pid : left.workers) {
    out.push_back({"left behind", health, "worker " + std::to_string(pid), advice});
  }
  for (const std::string& directory : left.cgroups)
    out.push_back({"left behind", health, directory, advice});
  if (left.empty()) out.push_back({"left behind", Health::kGood, "nothing", ""});
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
  const std::string proc = "/proc";
  const auto hierarchy = cgroup::detect({});
  std::vector<Finding> findings = {kernel(), cgroups(hierarchy)};
  rights(findings);
  memory(proc, findings);
  findings.push_back(pressure(proc));
  findings.push_back(kernel_log());
  findings.push_back(stressng());
  std::vector<std::string> stuck;
  bool left_behind = false;
  if (hierarchy) {
    auto left = stress::find_leftovers(std::string(stress::kRunDirectory), proc, *hierarchy);
    if (left) {
      if (fix) stuck = stress::remove(*left);
      left_behind = !left->empty() && (!fix || !stuck.empty());
      leftovers(*left, fix && stuck.empty(), findings);
    } else {
      findings.push_back({"left behind", Health::kBad, "?", left.error().message});
    }
  }
  for (const std::string& what : stuck)
    findings.push_back({"left behind", Health::kBad, what, "remove it by hand"});
  json ? print_json(findings) : print_text(findings);
  if (!hierarchy) return 3;
  return left_behind ? 1 : 0;
}

}  // namespace duress::cli
