#include "cli/preflight.h"

#include <cstdio>
#include <map>
#include <sstream>

#include "base/text.h"
#include "cgroup/pod_path.h"
#include "cli/preflight_output.h"
#include "cli/run_arguments.h"
#include "spec/preflight_report.h"
#include "stress/stressng.h"

namespace duress::cli {

namespace {

using Exit = spec::PreflightExit;

struct Arguments {
  RunArguments run{};
  std::map<pid_t, Bytes> grows_to{};
};

Result<std::pair<pid_t, Bytes>> parse_growth(const std::string& text) {
  const std::size_t equals = text.find('=');
  auto pid = parse_integer(text.substr(0, equals));
  auto size = equals == std::string::npos ? parse_size("") : parse_size(text.substr(equals + 1));
  constexpr std::int64_t kMostPid = 4'194'304;
  if (!pid || !size || *pid < 2 || *pid > kMostPid) {
    return fail(Code::kUsage, "--grows: " + quoted(text) +
                                  " is not allowed: PID=SIZE, the process and what it will have "
                                  "resident, e.g. 4711=300MiB");
  }
  return std::pair{static_cast<pid_t>(*pid), *size};
}

// --grows may be given several times; everything else is `run`'s.
Result<Arguments> parse(const std::vector<std::string>& words) {
  Arguments out;
  std::vector<std::string> rest;
  std::string wrong;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string text;
    if (words[i] == "--grows") {
      if (i + 1 < words.size()) text = words[++i];
    } else if (words[i].starts_with("--grows=")) {
      text = words[i].substr(words[i].find('=') + 1);
    } else {
      rest.push_back(words[i]);
      continue;
    }
    auto growth = parse_growth(text);
    if (growth) {
      out.grows_to.insert_or_assign(growth->first, growth->second);
    } else {
      wrong += (wrong.empty() ? "" : "\n") + growth.error().message;
    }
  }
  auto run = parse_run_arguments(rest);
  if (!run) return fail(Code::kUsage, (wrong.empty() ? "" : wrong + "\n") + run.error().message);
  if (!wrong.empty()) return fail(Code::kUsage, wrong);
  if (run->output.format == Format::kJsonLines) {
    return fail(Code::kUsage, "-o: jsonl is not allowed: text or json");
  }
  out.run = std::move(*run);
  return out;
}

explain::Surroundings surroundings(const cgroup::Target& target, const stress::Observed& observed,
                                   const spec::Stressors& loads, const os::MemoryState& state) {
  explain::Surroundings out;
  const auto pod = cgroup::pod_of(target.path);
  if (pod) out.qos = pod->qos;
  out.restarts = pod.has_value();
  if (loads.memory) {
    out.request = loads.memory->request;
    out.adj_follows =
        !loads.memory->oom_score_adj && loads.memory->when_oom.policy == spec::OomPolicy::kNatural;
  }
  out.lowest_adj = observed.can_lower_oom_score ? -1000 : observed.own_oom_score_adj;
  out.node_working_set = std::max(Bytes{0}, state.anon + state.file - state.inactive_file);
  if (observed.init > 0) out.init_adj = observed.init_oom_score_adj;
  return out;
}

Exit exit_of(const stress::Plan& plan, const std::optional<Foretelling>& foretold) {
  if (!plan.refusals.empty()) return Exit::kRefused;
  if (!foretold) return Exit::kSafe;
  return spec::exit_of(explain::name_of(foretold->forecast.answer));
}

Result<int> look(const Arguments& arguments) {
  auto hierarchy = cgroup::detect({});
  if (!hierarchy) return std::unexpected(hierarchy.error());
  auto target = cgroup::locate({}, *hierarchy, arguments.run.wanted);
  if (!target) return std::unexpected(target.error());
  auto memory = os::MemoryInfo::open("/proc");
  if (!memory) return std::unexpected(memory.error());
  auto state = memory->state();
  if (!state) return std::unexpected(state.error());
  auto observed = observe_target(*target, *memory);
  if (!observed) return std::unexpected(observed.error());
  stress::Plan plan = stress::make_plan(
      {.loads = stress::without_stressng(arguments.run.loads), .at_most = arguments.run.at_most},
      *observed);
  plan.notes.insert(plan.notes.begin(), arguments.run.notes.begin(), arguments.run.notes.end());
  if (stress::stressng_arguments(arguments.run.loads))
    plan.notes.emplace_back("what stress-ng would take is not foretold");
  auto foretold = foretell(*target, *observed, plan, *memory, arguments.grows_to);
  if (!foretold) return std::unexpected(foretold.error());

  const explain::Surroundings around =
      surroundings(*target, *observed, arguments.run.loads, *state);
  std::optional<explain::Consequences> consequences;
  if (*foretold) {
    consequences = explain::consequences_of((*foretold)->scene, (*foretold)->load,
                                            (*foretold)->forecast, around);
  }
  const auto pod = cgroup::pod_of(target->path);
  const PreflightTold told{.target = *target,
                           .observed = *observed,
                           .plan = plan,
                           .foretelling = *foretold ? &**foretold : nullptr,
                           .around = around,
                           .consequences = consequences ? &*consequences : nullptr,
                           .pod_uid = pod ? pod->uid : std::string(),
                           .exit_code = static_cast<int>(exit_of(plan, *foretold))};
  const bool json = arguments.run.output.format == Format::kJson;
  if (!arguments.run.output.quiet || json) {
    std::fputs((json ? preflight_json(told) : preflight_text(told)).c_str(), stdout);
  }
  return told.exit_code;
}

std::string help() {
  std::string text = run_help();
  text.replace(0, text.find('\n'),
               "duress preflight: what a load would do to a target, who would be killed and what "
               "follows; nothing is touched.\nIt takes what `duress run` takes, and\n"
               "  --grows PID=SIZE                what a process is known to grow to, resident; "
               "several times");
  text.resize(text.find("\nExit codes:"));
  return text +
         "\nExit codes: 0 safe, 10 the OOM killer would come for the stressor only, 11 it would "
         "take the application\n(alone or with its group), 2 usage, 3 refused, or the load cannot "
         "be reached, 1 failed\n";
}

}  // namespace

int preflight(const std::vector<std::string>& arguments) {
  auto parsed = parse(arguments);
  if (!parsed) {
    std::fprintf(stderr, "%s\n", parsed.error().message.c_str());
    return static_cast<int>(Exit::kUsage);
  }
  if (parsed->run.help) {
    std::fputs(help().c_str(), stdout);
    return 0;
  }
  auto code = look(*parsed);
  if (code) return *code;
  std::fprintf(stderr, "duress: %s\n", code.error().message.c_str());
  const Code error = code.error().code;
  const bool failed = error == Code::kInternal || error == Code::kIo;
  return static_cast<int>(failed ? Exit::kFailed : Exit::kRefused);
}

}  // namespace duress::cli
