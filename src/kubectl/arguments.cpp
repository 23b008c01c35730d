#include "kubectl/arguments.h"

#include <algorithm>

#include "base/flag_word.h"
#include "spec/fields.h"
#include "spec/validate.h"

namespace duress::kubectl {

namespace {

struct Subcommand {
  std::string_view name;
  Command command;
  std::string_view help;
};

constexpr Subcommand kSubcommands[] = {
    {"status", Command::kStatus, "[NAME...]  what is asked, held and measured, and since when"},
    {"top", Command::kTop, "[NAME...]  the same, live"},
    {"explain", Command::kExplain, "[NAME...]  what happened to each container, and why"},
    {"run", Command::kRun, "FLAGS  make an experiment, follow it, and end it with Ctrl-C"},
    {"preflight", Command::kPreflight,
     "-f FILE|FLAGS  what a load would do to each container, who would be killed; nothing is "
     "injected"},
    {"report", Command::kReport,
     "NAME  the recordings of its containers as one HTML page, as duress report makes it"},
    {"stop", Command::kStop,
     "NAME...|--all|--everything  end experiments, and wait until all is released"},
    {"doctor", Command::kDoctor, "whether this cluster is fit, and what is in the way"},
};

// How a flag takes its word; the message reads on behind the flag's name and a colon.
using Take = Result<> (*)(Arguments& out, const std::string& value);

struct Flag {
  std::string_view name;
  std::string_view other;  // a second name, or ""
  std::string_view value;  // "" for a switch
  std::string_view help;
  Take take;
};

Result<> take_duration(Arguments& out, const std::string& value) {
  auto duration = parse_duration(value);
  if (!duration) return std::unexpected(duration.error());
  if (duration->count() <= 0) {
    return fail(Code::kUsage,
                quoted(value) + " is not allowed: a duration above 0, e.g. 90s or 1h30m");
  }
  out.duration = *duration;
  return {};
}

Result<> take_label(Arguments& out, const std::string& value) {
  const std::size_t equals = value.find('=');
  if (equals == std::string::npos || equals == 0) {
    return fail(Code::kUsage, quoted(value) + " is not allowed: KEY=VALUE");
  }
  out.selection.selector.labels[value.substr(0, equals)] = value.substr(equals + 1);
  return {};
}

Result<> take_mode(Arguments& out, const std::string& value) {
  if (value == "all" || value == "one") {
    out.selection.mode = value == "all" ? spec::PickMode::kAll : spec::PickMode::kOne;
    return {};
  }
  const bool percent = value.ends_with('%');
  const auto number = parse_integer(percent ? value.substr(0, value.size() - 1) : value);
  if (!number || *number < 1 || *number > (percent ? 100 : 100'000)) {
    return fail(Code::kUsage,
                quoted(value) + " is not allowed: all, one, a number of Pods, or 1% to 100%");
  }
  out.selection.mode = percent ? spec::PickMode::kFixedPercent : spec::PickMode::kFixed;
  out.selection.value = static_cast<int>(*number);
  return {};
}

Result<> take_output(Arguments& out, const std::string& value) {
  if (value.empty()) return fail(Code::kUsage, "a value is missing");
  out.output = value;
  out.json = value == "json";
  return {};
}

template <std::string Arguments::* Member>
Result<> take_text(Arguments& out, const std::string& value) {
  if (value.empty()) return fail(Code::kUsage, "a value is missing");
  out.*Member = value;
  return {};
}

template <bool Arguments::* Member>
Result<> take_switch(Arguments& out, const std::string& /*value*/) {
  out.*Member = true;
  return {};
}

constexpr Flag kFlags[] = {
    {"--namespace", "-n", "NAMESPACE", "where (default: the context's)", take_text<&Arguments::ns>},
    {"--all-namespaces", "-A", "", "in all namespaces", take_switch<&Arguments::all_namespaces>},
    {"--kubeconfig", "", "FILE", "how to reach the cluster", take_text<&Arguments::kubeconfig>},
    {"--context", "", "NAME", "which context of it", take_text<&Arguments::context>},
    {"--output", "-o", "text|json",
     "what to print (default: text); of report the page's file, - is standard output "
     "(default: NAME.html)",
     take_output},
    {"--watch", "-w", "", "status: live, as top", take_switch<&Arguments::watch>},
    {"--all", "", "", "stop: every experiment there", take_switch<&Arguments::all>},
    {"--everything", "", "", "stop: all experiments of the cluster, at once and for good",
     take_switch<&Arguments::everything>},
    {"--force", "", "",
     "stop: give up what does not answer; report: write over a file that is no report",
     take_switch<&Arguments::force>},
    {"--filename", "-f", "FILE", "preflight: of this StressChaos; - is standard input",
     take_text<&Arguments::file>},
    {"--selector", "-l", "KEY=VALUE", "run, preflight: Pods with this label; may be given again",
     take_label},
    {"--mode", "", "all|one|N|P%", "run, preflight: how many of them (default: all)", take_mode},
    {"--container", "-c", "NAME", "run, preflight: which container (default: the first)",
     [](Arguments& out, const std::string& value) -> Result<> {
       out.selection.container_names.push_back(value);
       return {};
     }},
    {"--for", "", "DURATION", "run: how long, e.g. 90s; without it, until Ctrl-C", take_duration},
    {"--name", "", "NAME", "run: of the experiment (default: made up)",
     take_text<&Arguments::name>},
    {"--detach", "", "", "run: leave it running", take_switch<&Arguments::detach>},
};

const Flag* flag_named(std::string_view name) {
  const auto* const found = std::ranges::find_if(kFlags, [&](const Flag& flag) {
    return flag.name == name || (!flag.other.empty() && flag.other == name);
  });
  return found == std::end(kFlags) ? nullptr : found;
}

class Parser {
 public:
  Result<Arguments> parse(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) take(words, i);
    if (out_.command == Command::kHelp) return out_;
    if (wrong_.empty()) check();
    if (wrong_.empty()) return out_;
    return fail(Code::kUsage, wrong_);
  }

 private:
  void wrong(const std::string& what) { wrong_ += (wrong_.empty() ? "" : "\n") + what; }

  void take(const std::vector<std::string>& words, std::size_t& i) {
    auto [name, value] = FlagWord(words[i]);
    if (name == "--help" || name == "-h" || name == "help") {
      helped_ = true;
      out_.command = Command::kHelp;
      return;
    }
    if (!name.starts_with("-")) return word(name);
    const Flag* flag = flag_named(name);
    const spec::Field* field = flag == nullptr ? spec::field_by_flag(name) : nullptr;
    if (flag == nullptr && field == nullptr) return unknown(name);
    const bool is_switch = flag != nullptr ? flag->value.empty() : field->is_switch;
    if (is_switch && !value) value = "true";
    if (!value && i + 1 < words.size()) value = words[++i];
    if (!value) return wrong(name + ": a value is missing");
    const auto taken = flag != nullptr ? flag->take(out_, *value) : field->set(out_.loads, *value);
    if (!taken) return wrong(name + ": " + taken.error().message);
    loads_given_ = loads_given_ || field != nullptr;
  }

  void word(const std::string& word) {
    if (named_) return out_.names.push_back(word);
    named_ = true;
    for (const Subcommand& subcommand : kSubcommands) {
      if (subcommand.name != word) continue;
      if (!helped_) out_.command = subcommand.command;
      return;
    }
    std::vector<std::string_view> names;
    for (const Subcommand& subcommand : kSubcommands) names.push_back(subcommand.name);
    const auto near = nearest(word, names);
    out_.command = Command::kStatus;  // not help: something is wrong
    wrong("unknown subcommand " + quoted(word) +
          (near ? ": did you mean " + std::string(*near) + "?" : ": see kubectl duress --help"));
  }

  void unknown(const std::string& name) {
    std::vector<std::string_view> known;
    for (const Flag& flag : kFlags) known.push_back(flag.name);
    for (const spec::Field& field : spec::fields()) {
      if (!field.flag.empty()) known.push_back(field.flag);
    }
    const auto near = nearest(name, known);
    wrong("unknown flag " + quoted(name) +
          (near ? ": did you mean " + std::string(*near) + "?" : ": see kubectl duress --help"));
  }

  void check() {
    if (out_.watch && out_.command != Command::kStatus)
      wrong("--watch is given: only status takes it");
    if (out_.watch) out_.command = Command::kTop;
    const bool takes_load = out_.command == Command::kRun || out_.command == Command::kPreflight;
    if (!takes_load && loads_given_) wrong("a load is given: only run and preflight take one");
    if (out_.command != Command::kPreflight && !out_.file.empty())
      wrong("-f is given: only preflight takes one");
    const bool is_format = out_.output.empty() || out_.output == "text" || out_.json;
    if (out_.command != Command::kReport && !is_format)
      wrong("-o: " + quoted(out_.output) + " is not allowed: text or json");
    if (out_.command == Command::kReport && (out_.names.size() != 1 || out_.all_namespaces))
      wrong("report: of which experiment? Give one name");
    if (out_.command == Command::kStop) check_stop();
    if (takes_load) check_load(out_.command == Command::kRun ? "run" : "preflight");
  }

  void check_stop() {
    const int ways = (out_.names.empty() ? 0 : 1) + (out_.all ? 1 : 0) + (out_.everything ? 1 : 0);
    if (ways == 0) wrong("stop: which? Give names, --all (of the namespace) or --everything");
    if (ways > 1) wrong("stop: names, --all and --everything: give one of them");
  }

  void check_load(const std::string& command) {
    if (!out_.names.empty()) wrong(command + ": unknown word " + quoted(out_.names.front()));
    if (out_.all_namespaces) wrong(command + ": --all-namespaces is not allowed: name one with -n");
    if (out_.file.empty()) return check_flags(command);
    if (loads_given_ || !out_.selection.selector.labels.empty() ||
        !out_.selection.container_names.empty())
      wrong(command + ": -f has the load and the selector: give no flags for them");
  }

  void check_flags(const std::string& command) {
    if (out_.selection.selector.labels.empty())
      wrong(command + ": on which Pods? Give -l KEY=VALUE");
    if (!out_.loads.memory && !out_.loads.cpu)
      return wrong(command + ": no load: give --memory SIZE or --cpu LOAD");
    for (const spec::Problem& problem : spec::validate(out_.loads, spec::Names::kFlags))
      wrong(spec::format_problem(problem));
  }

  Arguments out_;
  std::string wrong_;
  bool named_ = false;
  bool helped_ = false;
  bool loads_given_ = false;
};

std::string help_line(std::string left, std::string_view help) {
  constexpr std::size_t kHelpColumn = 34;
  left += left.size() + 2 > kHelpColumn ? "\n" + std::string(kHelpColumn, ' ')
                                        : std::string(kHelpColumn - left.size(), ' ');
  return left + std::string(help) + "\n";
}

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string>& words) {
  return Parser().parse(words);
}

std::string help() {
  std::string out = "kubectl duress: CPU and memory stress on the Pods of a cluster\n\n";
  for (const Subcommand& subcommand : kSubcommands)
    out += help_line("  " + std::string(subcommand.name), subcommand.help);
  out += "\nFlags:\n";
  for (const Flag& flag : kFlags) {
    const std::string both = flag.other.empty()
                                 ? std::string(flag.name)
                                 : std::string(flag.other) + ", " + std::string(flag.name);
    out += help_line("  " + both + (flag.value.empty() ? "" : " " + std::string(flag.value)),
                     flag.help);
  }
  out += "\nLoads of run and preflight:\n";
  for (const spec::Field& field : spec::fields()) {
    if (field.flag.empty()) continue;
    out += help_line("  " + std::string(field.flag) +
                         (field.value.empty() ? "" : " " + std::string(field.value)),
                     field.help);
  }
  return out +
         "\nExit codes: 0 done, 1 failed, 2 usage; of preflight the worst of all containers, as of "
         "duress "
         "preflight:\n0 safe, 3 refused, or the load cannot be reached, 10 the OOM killer would "
         "come for a "
         "worker only,\n11 it would take the application\n";
}

}  // namespace duress::kubectl
