#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "cli/run_output.h"
#include "render/table.h"

namespace duress::cli {

namespace {

using stress::EndReason;

std::string number(double value, int digits = 2) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string percent_of_limit(Bytes usage, const std::optional<Bytes>& limit) {
  if (!limit || limit->value == 0) return format_bytes(usage);
  const double part = 100.0 * static_cast<double>(usage.value) / static_cast<double>(limit->value);
  return format_bytes(usage) + " of " + format_bytes(*limit) + " (" + number(part, 0) + " %)";
}

Duration to_milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

std::string_view headline(EndReason reason) {
  switch (reason) {
    case EndReason::kDeadline:
    case EndReason::kSignal:
      return "done";
    case EndReason::kTargetEnded:
      return "target ended";
    case EndReason::kStressorKilled:
      return "stressor killed";
    case EndReason::kGuard:
      return "stopped by the guard";
    case EndReason::kHeldUp:
    case EndReason::kFailed:
      return "failed";
  }
  return "failed";
}

class TextOutput final : public RunOutput {
 public:
  TextOutput(std::FILE* out, bool quiet) : out_(out), quiet_(quiet), line_(out) {}

  void planned(const PlanTold& told) override {
    asked_memory_ = told.plan.memory ? std::optional(told.plan.memory->size) : std::nullopt;
    asked_cpu_ = told.plan.cpu ? std::optional(told.plan.cpu->asked) : std::nullopt;
    if (quiet_) return;
    print("target   " + told.target.name + "  (cgroup " + told.target.path + ", " +
          (told.target.version == cgroup::Version::kV1 ? "v1" : "v2") +
          (told.target.init > 0 ? ", init " + std::to_string(told.target.init)
                                : std::string(", empty")) +
          ")");
    if (told.plan.memory) print(memory_line(*told.plan.memory));
    if (told.plan.cpu) print(cpu_line(*told.plan.cpu));
    if (!told.program.empty()) print("program  " + joined(told.program));
    print("for      " + (told.duration ? format_duration(*told.duration)
                                       : std::string("ever, until it is ended")));
    print("guard    ends when the machine has less than " + format_bytes(told.plan.guard.memory) +
          " of memory left (now " + format_bytes(told.observed.node_available) + ")");
    if (const std::string pressure = stress::words_of(told.plan.guard.pressure); !pressure.empty())
      print("guard    ends when the machine's tasks wait so much of 10 s: " + pressure);
    if (told.dry_run) tell_levels(told.observed.levels);
    for (const std::string& change : told.changes) print("changes  " + change);
    if (told.foretold != nullptr && told.foretold->answer != explain::Answer::kSafe) {
      print("foretold " + told.foretold->sentence);
    }
    for (const std::string& note : told.plan.notes) print("note     " + note);
    for (const std::string& refusal : told.plan.refusals) print("refused  " + refusal);
    if (told.dry_run) print("dry run: nothing was touched");
    std::fflush(out_);
  }

  void started() override {}
  void steered(Bytes, Bytes) override {}

  void reached(Duration at) override {
    if (quiet_) return;
    line_.clear();
    print("reached  after " + format_duration(to_milliseconds(at)));
    std::fflush(out_);
  }

  void happened(const stress::Happening& happening) override {
    if (quiet_) return;
    line_.clear();
    print(format_duration(to_milliseconds(happening.at)) + "  " + happening.what);
    std::fflush(out_);
  }

  void sampled(const stress::Sample& sample) override {
    if (quiet_ || !line_.is_live()) return;
    std::string text;
    if (asked_memory_) {
      text += "held " + format_bytes(sample.held) + " of " + format_bytes(sample.asked) + " | ";
    }
    text += "target " + percent_of_limit(sample.use.usage, sample.limit);
    if (sample.cpu_asked) {
      text += " | CPU " + number(sample.cpu_got.value) + " of " + number(sample.cpu_asked->value);
      text += ", target " + number(sample.target_cpu.value);
    }
    if (sample.throttled_periods > 0)
      text += " | throttled " + std::to_string(sample.throttled_periods);
    if (sample.kills + sample.oom_kills > 0) {
      text += " | kills " + std::to_string(std::max(sample.kills, sample.oom_kills));
    }
    if (sample.left) {
      text +=
          " | " + format_duration(std::chrono::round<std::chrono::seconds>(*sample.left)) + " left";
    }
    line_.show(text);
  }

  void ended(const stress::Outcome& outcome, const std::string& recording) override {
    line_.clear();
    if (quiet_ && outcome.exit_code() == stress::ExitCode::kDone) return;
    print(std::string(headline(outcome.reason)) + ": " + outcome.message);
    if (!quiet_) tell_figures(outcome);
    for (const std::string& left : outcome.left_behind) print("left behind: " + left);
    if (outcome.left_behind.empty() && !quiet_) {
      print("released in " + format_duration(to_milliseconds(outcome.release)) +
            ", nothing left behind");
    }
    if (!recording.empty() && !quiet_) print("recording " + recording);
    std::fflush(out_);
  }

 private:
  void print(const std::string& text) { std::fprintf(out_, "%s\n", text.c_str()); }

  static std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
  }

  static std::string memory_line(const stress::MemoryPlan& memory) {
    std::string text = "memory   ";
    text += memory.load.mode == spec::Mode::kReach ? "to " : "+";
    text += format_bytes(memory.size) + " in all, " + std::to_string(memory.load.workers) +
            (memory.load.workers == 1 ? " worker" : " workers") + ", " +
            (memory.locked ? "locked" : "swappable") + ", oom_score_adj " +
            std::to_string(memory.oom_score_adj);
    if (memory.load.ramp.count() > 0) text += ", over " + format_duration(memory.load.ramp);
    return text;
  }

  static std::string cpu_line(const stress::CpuPlan& cpu) {
    return "cpu      " + number(cpu.asked.value) + " cores, " + std::to_string(cpu.load.workers) +
           (cpu.load.workers == 1 ? " worker" : " workers") + ", nice " + std::to_string(cpu.nice) +
           ", possible " + number(cpu.possible.value);
  }

  void tell_levels(const std::vector<cgroup::Level>& levels) {
    std::vector<std::vector<std::string>> rows;
    for (const cgroup::Level& level : levels) {
      rows.push_back(
          {level.path, format_bytes(level.usage), level.limit ? format_bytes(*level.limit) : "none",
           level.limit ? format_bytes(*level.limit - level.usage) : "-",
           level.high ? format_bytes(*level.high) : "-", level.oom_group ? "yes" : "no"});
    }
    std::fputs(render::table({{"cgroup"},
                              {"usage", true},
                              {"limit", true},
                              {"free", true},
                              {"high", true},
                              {"oom.group"}},
                             rows)
                   .c_str(),
               out_);
  }

  void tell_figures(const stress::Outcome& outcome) {
    std::vector<std::vector<std::string>> rows;
    if (asked_memory_) {
      const stress::Range& held = outcome.held;
      const auto bytes = [](double value) { return format_bytes(Bytes{std::llround(value)}); };
      rows.push_back(
          {"memory", format_bytes(*asked_memory_), held.count > 0 ? bytes(held.mean) : "-",
           held.count > 0 ? bytes(held.least) : "-", held.count > 0 ? bytes(held.most) : "-"});
    }
    if (asked_cpu_) {
      const stress::Range& got = outcome.cpu_got;
      rows.push_back({"CPU cores", number(asked_cpu_->value, 3), number(got.mean, 3),
                      number(got.least, 3), number(got.most, 3)});
    }
    if (!rows.empty()) {
      std::fputs(render::table(
                     {{"load"}, {"asked", true}, {"got", true}, {"min", true}, {"max", true}}, rows)
                     .c_str(),
                 out_);
    }
    std::fputs(render::table(
                   {{"target"},
                    {"before", true},
                    {"peak", true},
                    {"after", true},
                    {"CPU charged", true},
                    {"throttled", true},
                    {"OOM kills", true}},
                   {{"usage", format_bytes(outcome.usage_before), format_bytes(outcome.usage_peak),
                     format_bytes(outcome.usage_after),
                     number(std::chrono::duration<double>(outcome.target_cpu).count(), 3) + " s",
                     std::to_string(outcome.throttled_periods), std::to_string(outcome.oom_kills)}})
                   .c_str(),
               out_);
  }

  std::FILE* out_;
  bool quiet_;
  render::LiveLine line_;
  std::optional<Bytes> asked_memory_;
  std::optional<Cores> asked_cpu_;
};

}  // namespace

std::unique_ptr<RunOutput> make_text_output(std::FILE* out, bool quiet) {
  return std::make_unique<TextOutput>(out, quiet);
}

}  // namespace duress::cli
