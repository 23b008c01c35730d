#include "cli/record.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/flag_word.h"
#include "base/text.h"
#include "cli/recording_loop.h"
#include "cli/recording_setting.h"
#include "cli/target_flag.h"
#include "os/privileges.h"
#include "os/process.h"

namespace duress::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kAfterTheEnd = seconds(1);  // to see what followed
constexpr auto kSettles = milliseconds(700);

constexpr std::string_view kHelp =
    "duress record: write down what happens to one container, process or cgroup of this machine\n"
    "\n"
    "Target, exactly one:\n"
    "  --pid PID                         the container (cgroup) of this process\n"
    "  --container ID                    a container of any runtime, by its ID or the beginning of "
    "it\n"
    "  --cgroup PATH                     a cgroup, by its path below the mount or its absolute "
    "path\n"
    "\n"
    "  --for DURATION                    how long, e.g. 90s, 5m, 1h30m; without it, until Ctrl-C "
    "or "
    "the target's end\n"
    "  -o FILE|DIRECTORY                 where the recording goes (default: "
    "/var/lib/duress/recordings, the newest 50)\n"
    "  --json                            print one JSON object at the end\n"
    "  --quiet                           print only what went wrong\n"
    "  --help                            print this\n"
    "\n"
    "Exit codes: 0 recorded, 1 failed, 2 usage, 3 refused, 4 the target ended\n";

struct Arguments {
  std::optional<cgroup::Wanted> wanted;
  std::optional<Duration> duration;
  std::optional<std::string> where;
  bool json = false;
  bool quiet = false;
  bool help = false;
};

class Parser final {
 public:
  Result<Arguments> parse(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      auto [name, value] = FlagWord(words[i]);
      if (take_switch(name)) continue;
      if (!is_valued(name)) {
        wrong_ += "unknown " + quoted(std::string_view(name)) + ": see duress record --help\n";
        continue;
      }
      if (!value && i + 1 < words.size()) value = words[++i];
      if (!value) {
        wrong_ += name + ": a value is missing\n";
        continue;
      }
      take_value(name, *value);
    }
    if (!out_.help && !out_.wanted && wrong_.empty())
      wrong_ = "no target: give one of --pid, --container and --cgroup\n";
    if (wrong_.empty() || out_.help) return out_;
    wrong_.pop_back();
    return fail(Code::kUsage, wrong_);
  }

 private:
  static bool is_target(const std::string& name) {
    return std::ranges::find(kTargetFlags, name, &TargetFlag::name) != std::end(kTargetFlags);
  }
  static bool is_valued(const std::string& name) {
    return is_target(name) || name == "--for" || name == "-o" || name == "--output";
  }

  bool take_switch(const std::string& name) {
    if (name == "--json") return out_.json = true;
    if (name == "--quiet") return out_.quiet = true;
    if (name == "--help" || name == "-h") return out_.help = true;
    return false;
  }

  void take_value(const std::string& name, const std::string& value) {
    if (is_target(name)) {
      auto wanted = wanted_target(name, value);
      if (!wanted) wrong_ += wanted.error().message + "\n";
      if (out_.wanted) wrong_ += "two targets: give one\n";
      if (wanted) out_.wanted = *wanted;
    } else if (name == "--for") {
      auto duration = parse_duration(value);
      if (!duration) {
        wrong_ += "--for: " + duration.error().message + "\n";
      } else if (duration->count() <= 0) {
        wrong_ += "--for: " + quoted(value) + " is not allowed: a duration above 0, e.g. 90s\n";
      } else {
        out_.duration = *duration;
      }
    } else {
      if (value.empty()) wrong_ += name + ": a value is missing\n";
      out_.where = value;
    }
  }

  Arguments out_;
  std::string wrong_;
};

struct Ended {
  std::string reason;  // deadline, signal, targetEnded
  std::string message;
};

// What the loop found worth telling, as it comes.
void tell_news(observe::Recorder& recorder, const Arguments& arguments) {
  for (const observe::Event& event : recorder.news()) {
    if (arguments.quiet || arguments.json || event.text.empty()) continue;
    std::printf("%s  %s\n",
                format_duration(std::chrono::duration_cast<milliseconds>(event.at)).c_str(),
                event.text.c_str());
    std::fflush(stdout);
  }
}

Result<Ended> watch(observe::Recorder& recorder, RecordingLoop& loop, const Arguments& arguments,
                    const Clock& clock) {
  std::optional<Instant> until;
  if (arguments.duration) until = clock.now() + *arguments.duration;
  while (true) {
    const Instant soon = clock.now() + observe::kLookEvery;
    auto woken = loop.run(until ? std::min(*until, soon) : soon);
    if (!woken) return std::unexpected(woken.error());
    tell_news(recorder, arguments);
    switch (*woken) {
      case Woken::kTime:
        if (until && clock.now() >= *until) return Ended{"deadline", "the time asked for is over"};
        break;
      case Woken::kTargetEnded:
        recorder.target_ended(clock.now());
        return Ended{"targetEnded", "the target's first process ended"};
      case Woken::kTargetGone:
        return Ended{"targetEnded", "the target's cgroup was removed"};
      case Woken::kSignal:
        return Ended{"signal", "ended by a signal"};
    }
  }
}

void print_end(const observe::Recorder& recorder, const Ended& ended, const Arguments& arguments) {
  const observe::Look& last = recorder.last();
  if (arguments.json) {
    const nlohmann::ordered_json out = {{"type", "recorded"},
                                        {"reason", ended.reason},
                                        {"message", ended.message},
                                        {"recording", recorder.path()},
                                        {"seconds", std::chrono::duration<double>(last.at).count()},
                                        {"looks", recorder.looks()},
                                        {"recordingBytes", recorder.bytes()},
                                        {"oomKills", last.oom_kills},
                                        {"throttledPeriods", last.throttled_periods}};
    std::puts(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else if (!arguments.quiet) {
    std::printf("%s: %s looks in %s, %s OOM kills\nrecording %s\n", ended.message.c_str(),
                std::to_string(recorder.looks()).c_str(),
                format_duration(std::chrono::duration_cast<milliseconds>(last.at)).c_str(),
                std::to_string(last.oom_kills).c_str(), recorder.path().c_str());
  }
}

// Its end is the target's end: the target's first process, and the one that the user named.
Result<std::vector<os::Fd>> first_processes(const cgroup::Target& target,
                                            const cgroup::Wanted& wanted) {
  std::vector<os::Fd> out;
  const auto* const named = std::get_if<cgroup::ByPid>(&wanted);
  for (const pid_t pid : {target.init, named != nullptr ? named->pid : 0}) {
    if (pid <= 0) continue;
    auto process = os::pidfd_open(pid);
    if (!process) return std::unexpected(process.error());
    out.push_back(std::move(*process));
  }
  return out;
}

Result<> watch_all(RecordingLoop& loop, const os::Fd& signals,
                   const std::vector<os::Fd>& processes) {
  if (auto added = loop.watch(signals.get(), Woken::kSignal); !added) return added;
  for (const os::Fd& process : processes) {
    if (auto added = loop.watch(process.get(), Woken::kTargetEnded); !added) return added;
  }
  return {};
}

Result<int> start(const Arguments& arguments, const std::vector<std::string>& command) {
  const SystemClock clock;
  auto hierarchy = cgroup::detect({});
  if (!hierarchy) return std::unexpected(hierarchy.error());
  auto target = cgroup::locate({}, *hierarchy, *arguments.wanted);
  if (!target) return std::unexpected(target.error());
  auto processes = first_processes(*target, *arguments.wanted);
  if (!processes) return std::unexpected(processes.error());
  auto setting = recorder_setting(arguments.where, command, *target, clock);
  if (!setting) return std::unexpected(setting.error());
  const std::string name = target->name;
  auto signals = os::signal_fd({SIGINT, SIGTERM, SIGHUP});
  if (!signals) return std::unexpected(signals.error());
  auto recorder = observe::Recorder::start(*setting, std::move(*target), clock);
  if (!recorder) return std::unexpected(recorder.error());
  if (auto dropped = os::drop_capabilities(); !dropped) return std::unexpected(dropped.error());
  auto loop = RecordingLoop::make(*recorder, clock);
  if (!loop) return std::unexpected(loop.error());
  if (auto watching = watch_all(*loop, *signals, *processes); !watching)
    return std::unexpected(watching.error());
  if (!arguments.quiet && !arguments.json) {
    std::printf("recording %s to %s%s\n", name.c_str(), recorder->path().c_str(),
                arguments.duration ? "" : ", until Ctrl-C or the target's end");
    std::fflush(stdout);
  }
  auto ended = watch(*recorder, *loop, arguments, clock);
  if (!ended) return std::unexpected(ended.error());
  for (const os::Fd& process : *processes) loop->forget(process.get());
  loop->forget(signals->get());
  const bool target_ended = ended->reason == "targetEnded";
  // What followed the target's end, and kills that nobody has named yet.
  if (target_ended) loop->linger(clock.now() + kAfterTheEnd);
  if (recorder->is_unsettled()) loop->linger(clock.now() + kSettles);
  tell_news(*recorder, arguments);
  if (auto closed = recorder->close(clock.now()); !closed) return std::unexpected(closed.error());
  print_end(*recorder, *ended, arguments);
  return target_ended ? 4 : 0;
}

}  // namespace

int record(const std::vector<std::string>& arguments) {
  auto parsed = Parser().parse(arguments);
  if (!parsed) {
    std::fprintf(stderr, "%s\n", parsed.error().message.c_str());
    return 2;
  }
  if (parsed->help) {
    std::fputs(std::string(kHelp).c_str(), stdout);
    return 0;
  }
  std::vector<std::string> command = arguments;
  command.insert(command.begin(), "record");
  auto code = start(*parsed, command);
  if (code) return *code;
  std::fprintf(stderr, "duress: %s\n", code.error().message.c_str());
  return code.error().code == Code::kIo || code.error().code == Code::kInternal ? 1 : 3;
}

}  // namespace duress::cli
