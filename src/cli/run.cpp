#include "cli/run.h"

#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "cli/foretell.h"
#include "cli/recorded_output.h"
#include "cli/recording_setting.h"
#include "cli/run_arguments.h"
#include "os/machine.h"
#include "os/privileges.h"
#include "os/process.h"
#include "os/random_seed.h"
#include "stress/engine.h"
#include "stress/leftovers.h"
#include "stress/observe.h"
#include "stress/stressng.h"

namespace duress::cli {

namespace {

using stress::ExitCode;

int leave(ExitCode code) { return static_cast<int>(code); }

int complain(const Error& error) {
  std::fprintf(stderr, "duress: %s\n", error.message.c_str());
  switch (error.code) {
    case Code::kUsage:
      return leave(ExitCode::kUsage);
    case Code::kInternal:
    case Code::kIo:
      return leave(ExitCode::kFailed);
    default:
      return leave(ExitCode::kRefused);
  }
}

class MachineNode final : public stress::Node {
 public:
  explicit MachineNode(os::MemoryInfo& info) : info_(info) {}
  [[nodiscard]] Result<Bytes> available() override { return info_.available(); }
  [[nodiscard]] os::PressureState pressure() override { return os::pressure_state("/proc"); }

 private:
  os::MemoryInfo& info_;
};

struct Prepared {
  stress::RunSetting setting;
  std::unique_ptr<stress::Tactics> tactics;
  std::optional<explain::Forecast> foretold;  // unset: no memory load
};

Result<Prepared> prepare(const RunArguments& arguments, const cgroup::Hierarchy& hierarchy,
                         const cgroup::Target& target, os::MemoryInfo& memory) {
  auto observed = observe_target(target, memory);
  if (!observed) return std::unexpected(observed.error());
  Prepared out;
  const spec::Stressors own = stress::without_stressng(arguments.loads);
  out.setting.plan = stress::make_plan({.loads = own, .at_most = arguments.at_most}, *observed);
  out.setting.plan.notes.insert(out.setting.plan.notes.begin(), arguments.notes.begin(),
                                arguments.notes.end());
  if (auto program = stress::stressng_arguments(arguments.loads)) {
    auto path = stress::find_stressng();
    if (arguments.at_most) {
      out.setting.plan.refusals.emplace_back(
          "stress-ng: what it will take is not known beforehand, so that --at-most could not be "
          "held: "
          "ask for a memory or CPU load instead");
    } else if (path) {
      out.setting.program = stress::Program{*path, *program};
    } else {
      out.setting.plan.refusals.push_back(path.error().message);
    }
  }
  auto foretold = foretell(target, *observed, out.setting.plan, memory);
  if (!foretold) return std::unexpected(foretold.error());
  if (*foretold) out.foretold = std::move((*foretold)->forecast);
  out.setting.loads = own;
  out.setting.duration = arguments.duration;
  out.setting.observed = std::move(*observed);
  out.setting.seed = os::random_seed();
  if (const auto* pid = std::get_if<cgroup::ByPid>(&arguments.wanted);
      pid != nullptr && pid->pid != target.init) {
    out.setting.watched = pid->pid;
  }
  if (target.version == cgroup::Version::kV1) {
    out.tactics = stress::make_v1_tactics(target);
  } else {
    auto own_cgroup = cgroup::own_directory({}, hierarchy);
    if (!own_cgroup) return std::unexpected(own_cgroup.error());
    out.tactics = stress::make_v2_tactics(target, *own_cgroup);
  }
  return out;
}

void tell_plan(const RunArguments& arguments, const cgroup::Target& target,
               const Prepared& prepared, RunOutput& output) {
  const stress::RunSetting& setting = prepared.setting;
  PlanTold told{.target = target,
                .observed = setting.observed,
                .plan = setting.plan,
                .changes = {},
                .program = {},
                .duration = setting.duration,
                .foretold = prepared.foretold ? &*prepared.foretold : nullptr,
                .dry_run = arguments.dry_run};
  if (setting.plan.memory) {
    told.changes = prepared.tactics->changes(setting.plan.memory->load.when_oom.policy,
                                             setting.observed.levels);
  }
  if (setting.program) told.program = setting.program->arguments;
  output.planned(told);
}

Error refusal(const std::vector<std::string>& reasons) {
  std::string message;
  for (const std::string& reason : reasons)
    message += (message.empty() ? "" : "\nduress: ") + reason;
  return {Code::kRefused, message};
}

// Before the load, whose beginning is to be seen, and while there is a right to read the kernel's
// log. The recorder finds the target anew, by the path that was decided on.
Result<> start_recording(const RunArguments& arguments, const std::vector<std::string>& words,
                         const Prepared& prepared, const cgroup::Target& target,
                         RecordedOutput& output) {
  std::vector<std::string> command = words;
  command.insert(command.begin(), "run");
  auto setting = recorder_setting(arguments.recording, command, target, SystemClock());
  if (!setting) return std::unexpected(setting.error());
  if (prepared.setting.program) setting->own_prefixes = {"stress-ng"};
  auto recorder = RunRecorder::start(*setting, target.path, os::Fd(arguments.recorder));
  if (!recorder) return std::unexpected(recorder.error());
  output.record(std::move(*recorder), prepared.setting.plan,
                prepared.foretold ? &*prepared.foretold : nullptr);
  return {};
}

// From here on the world is touched: the journal first, then the warden, and only then rights are
// given up.
Result<int> carry_out(const cgroup::Target& target, os::MemoryInfo& memory, Prepared prepared,
                      RecordedOutput& output) {
  const std::string directory(stress::kRunDirectory);
  for (const std::string& line : stress::mend_journals(directory)) {
    (void)std::fprintf(stderr, "duress: %s\n", line.c_str());
  }
  auto journal = stress::Journal::create(directory, std::to_string(::getpid()), target.path);
  if (!journal) return std::unexpected(journal.error());
  auto warden = stress::Warden::start(*journal);
  if (!warden) return std::unexpected(warden.error());
  if (auto dropped = os::drop_capabilities(); !dropped) return std::unexpected(dropped.error());
  auto signals = os::signal_fd({SIGINT, SIGTERM, SIGHUP});
  if (!signals) return std::unexpected(signals.error());

  const SystemClock clock;
  MachineNode node(memory);
  stress::Engine engine({.clock = clock,
                         .target = target,
                         .node = node,
                         .warden = *warden,
                         .journal = *journal,
                         .tactics = *prepared.tactics,
                         .listener = output,
                         .signals = *signals},
                        std::move(prepared.setting));
  auto outcome = engine.run();
  warden->finish();
  if (!outcome) return std::unexpected(outcome.error());
  if (outcome->left_behind.empty()) journal->remove();
  output.ended(*outcome, "");
  return leave(outcome->exit_code());
}

Result<int> start(const RunArguments& arguments, const std::vector<std::string>& words,
                  RecordedOutput& output) {
  auto hierarchy = cgroup::detect({});
  if (!hierarchy) return std::unexpected(hierarchy.error());
  auto target = cgroup::locate({}, *hierarchy, arguments.wanted);
  if (!target) return std::unexpected(target.error());
  auto memory = os::MemoryInfo::open("/proc");
  if (!memory) return std::unexpected(memory.error());
  auto prepared = prepare(arguments, *hierarchy, *target, *memory);
  if (!prepared) return std::unexpected(prepared.error());
  const std::vector<std::string>& refusals = prepared->setting.plan.refusals;
  const bool goes_on = refusals.empty() || arguments.dry_run;
  // Who reads JSON learns from it what was asked for.
  if (goes_on || arguments.output.format != Format::kText)
    tell_plan(arguments, *target, *prepared, output);
  if (!goes_on) return std::unexpected(refusal(refusals));
  if (arguments.dry_run) return leave(refusals.empty() ? ExitCode::kDone : ExitCode::kRefused);
  if (arguments.record) {
    auto recorded = start_recording(arguments, words, *prepared, *target, output);
    const bool by_user = arguments.recording && arguments.recorder < 0;
    if (!recorded && by_user) return std::unexpected(recorded.error());
    if (!recorded) {
      (void)std::fprintf(stderr, "duress: nothing is recorded: %s\n",
                         recorded.error().message.c_str());
    }
  }
  auto code = carry_out(*target, *memory, std::move(*prepared), output);
  if (!code) output.failed(code.error());
  return code;
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  // What whoever started this has handed on is not for the workers, nor for stress-ng.
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  auto parsed = parse_run_arguments(arguments);
  if (!parsed) {
    std::fprintf(stderr, "%s\n", parsed.error().message.c_str());
    return leave(ExitCode::kUsage);
  }
  if (parsed->help) {
    std::fputs(run_help().c_str(), stdout);
    return 0;
  }
  if (parsed->preflight) {
    std::fprintf(stderr,
                 "duress: spec.preflight: true says that nothing is injected: use duress preflight "
                 "-f, or leave it out\n");
    return leave(ExitCode::kUsage);
  }
  const std::unique_ptr<RunOutput> output = parsed->output.format == Format::kText
                                                ? make_text_output(stdout, parsed->output.quiet)
                                                : make_json_output(stdout, parsed->output);
  RecordedOutput recorded(*output);
  auto code = start(*parsed, arguments, recorded);
  return code ? *code : complain(code.error());
}

}  // namespace duress::cli
