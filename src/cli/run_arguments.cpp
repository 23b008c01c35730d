#include "cli/run_arguments.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "base/flag_word.h"
#include "cli/target_flag.h"
#include "os/file.h"
#include "spec/fields.h"
#include "spec/manifest.h"

namespace duress::cli {

namespace {

struct Flag {
  std::string_view name;
  std::string_view value;  // "" for a switch
  std::string_view help;
};

constexpr Flag kControl[] = {
    {"--for", "DURATION", "how long, e.g. 90s, 5m, 1h30m; without it, until Ctrl-C"},
    {"-f", "FILE", "a StressChaos manifest (- for standard input); flags come on top of it"},
    {"--at-most", "SIZE", "refuse a memory load of more, and never hold more"},
    {"--dry-run", "", "print the plan and touch nothing"},
    {"--record", "FILE|DIRECTORY",
     "where the recording goes (default: /var/lib/duress/recordings, the newest 50)"},
    {"--no-record", "", "record nothing"},
    {"--recorder", "FD", ""},  // a launcher's, not a user's: it has no line in the help
    {"-o", "text|json|jsonl", "what to print (default: text)"},
    {"--quiet", "", "print only what went wrong"},
    {"--help", "", "print this"},
};
constexpr std::size_t kMostManifest = 1U << 20U;

std::vector<std::string_view> all_flags() {
  std::vector<std::string_view> out = {"--filename", "--output"};
  for (const TargetFlag& flag : kTargetFlags) out.push_back(flag.name);
  for (const Flag& flag : kControl) out.push_back(flag.name);
  for (const spec::Field& field : spec::fields()) {
    if (!field.flag.empty()) out.push_back(field.flag);
  }
  return out;
}

class Parser {
 public:
  Result<RunArguments> parse(const std::vector<std::string>& arguments) {
    read_words(arguments);
    if (out_.help) return out_;
    read_manifest();
    for (const auto& [field, value] : fields_) {
      if (auto set = field->set(out_.loads, value); !set) {
        wrong(std::string(field->flag) + ": " + set.error().message);
      }
    }
    read_control();
    choose_target();
    check_loads();
    if (wrong_.empty()) return out_;
    std::string message;
    for (const std::string& line : wrong_) message += (message.empty() ? "" : "\n") + line;
    return fail(Code::kUsage, message);
  }

 private:
  void wrong(std::string text) { wrong_.push_back(std::move(text)); }

  // "--flag value" and "--flag=value"; every flag at most once.
  void read_words(const std::vector<std::string>& arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      auto [name, value] = FlagWord(arguments[i]);
      name = canonical(name);
      const spec::Field* field = spec::field_by_flag(name);
      if (field == nullptr && !is_known(name)) {
        unknown(name);
        continue;
      }
      if (is_switch(name, field) && !value) value = "true";
      if (!value && i + 1 < arguments.size()) value = arguments[++i];
      if (!value) {
        wrong(name + ": a value is missing");
        continue;
      }
      if (field != nullptr && field->needs_cluster) {
        wrong(name + ": only a cluster's experiments have it: kubectl duress run");
        continue;
      }
      if (!given_.insert({name, *value}).second) wrong(name + ": given twice");
      if (field != nullptr) fields_.emplace_back(field, *value);
    }
    out_.help = given_.contains("--help");
  }

  static std::string canonical(const std::string& name) {
    if (name == "-h") return "--help";
    if (name == "--filename") return "-f";
    if (name == "--output") return "-o";
    return name;
  }

  static bool is_known(const std::string& name) {
    return std::ranges::find(kTargetFlags, name, &TargetFlag::name) != std::end(kTargetFlags) ||
           std::ranges::find(kControl, name, &Flag::name) != std::end(kControl);
  }

  static bool is_switch(const std::string& name, const spec::Field* field) {
    if (field != nullptr) return field->is_switch;
    const auto* const flag = std::ranges::find(kControl, name, &Flag::name);
    return flag != std::end(kControl) && flag->value.empty();
  }

  void unknown(const std::string& name) {
    const std::vector<std::string_view> known = all_flags();
    const auto near = nearest(name, known);
    wrong("unknown " + std::string(name.starts_with("-") ? "flag " : "word ") + quoted(name) +
          (near ? ": did you mean " + std::string(*near) + "?" : ": see duress run --help"));
  }

  std::optional<std::string> value_of(const std::string& name) const {
    const auto found = given_.find(name);
    return found == given_.end() ? std::nullopt : std::optional(found->second);
  }

  void read_manifest() {
    const auto path = value_of("-f");
    if (!path) return;
    auto text = os::read_file(*path == "-" ? "/dev/stdin" : *path, kMostManifest);
    if (!text) return wrong("-f: " + text.error().message);
    auto manifest = spec::parse_manifest(*text);
    if (!manifest) {
      for (const spec::Problem& problem : manifest.error()) {
        wrong(*path + ": " + spec::format_problem(problem));
      }
      return;
    }
    out_.loads = manifest->stressors;
    out_.preflight = manifest->preflight;
    out_.duration = manifest->duration;
    for (const std::string& note : manifest->notes) out_.notes.push_back(note);
    for (const std::string& guard : spec::drop_cluster_guards(out_.loads))
      out_.notes.push_back(guard + " is ignored here: only a cluster heeds it");
    if (manifest->selector_given) {
      out_.notes.push_back("the manifest's selector (" + manifest->selector_summary +
                           ") is ignored here: the target is what the command line names");
    }
  }

  void read_control() {
    if (const auto text = value_of("--for")) {
      auto duration = parse_duration(*text);
      if (!duration) {
        wrong("--for: " + duration.error().message);
      } else if (duration->count() <= 0) {
        wrong("--for: " + quoted(*text) + " is not allowed: a duration above 0, e.g. 90s or 1h30m");
      } else {
        out_.duration = *duration;
      }
    }
    if (const auto text = value_of("--at-most")) {
      const auto most = parse_size(*text);
      if (most && most->value > 0) {
        out_.at_most = *most;
      } else {
        wrong("--at-most: " + quoted(*text) + " is not allowed: a size above 0, e.g. 2GiB");
      }
    }
    if (const auto text = value_of("-o")) {
      if (*text == "json") {
        out_.output.format = Format::kJson;
      } else if (*text == "jsonl") {
        out_.output.format = Format::kJsonLines;
      } else if (*text != "text") {
        wrong("-o: " + quoted(*text) + " is not allowed: text, json or jsonl");
      }
    }
    out_.record = !given_.contains("--no-record");
    out_.recording = value_of("--record");
    if (out_.recording && !out_.record) wrong("--record and --no-record: give one of them");
    if (out_.recording && out_.recording->empty()) wrong("--record: a value is missing");
    if (const auto text = value_of("--recorder")) read_recorder(*text);
    out_.output.quiet = given_.contains("--quiet");
    out_.dry_run = given_.contains("--dry-run");
  }

  void read_recorder(const std::string& text) {
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, out_.recorder);
    if (read.ec != std::errc() || read.ptr != end || ::fcntl(out_.recorder, F_GETFD) < 0)
      wrong("--recorder: " + quoted(text) + " is not allowed: an open descriptor");
  }

  void choose_target() {
    std::vector<std::string> targets;
    for (const TargetFlag& flag : kTargetFlags) {
      if (given_.contains(std::string(flag.name))) targets.emplace_back(flag.name);
    }
    if (targets.empty()) return wrong("no target: give one of --pid, --container and --cgroup");
    if (targets.size() > 1) {
      return wrong("two targets: " + targets[0] + " and " + targets[1] + "; give one");
    }
    auto wanted = wanted_target(targets[0], *value_of(targets[0]));
    if (!wanted) return wrong(wanted.error().message);
    out_.wanted = *wanted;
  }

  void check_loads() {
    const spec::Stressors& loads = out_.loads;
    if (!loads.memory && !loads.cpu && loads.stressng.empty()) {
      if (wrong_.empty()) wrong("no load: give --memory SIZE, --cpu LOAD or -f MANIFEST");
      return;
    }
    if (!wrong_.empty())
      return;  // a load that was half understood would be called wrong for nothing
    // Under the names that the user wrote.
    const auto names = given_.contains("-f") ? spec::Names::kManifest : spec::Names::kFlags;
    for (const spec::Problem& problem : spec::validate(loads, names)) {
      wrong(spec::format_problem(problem));
    }
  }

  RunArguments out_;
  std::map<std::string, std::string> given_;
  std::vector<std::pair<const spec::Field*, std::string>> fields_;
  std::vector<std::string> wrong_;
};

std::string help_line(std::string_view name, std::string_view value, std::string_view help) {
  std::string left = "  " + std::string(name) + (value.empty() ? "" : " " + std::string(value));
  constexpr std::size_t kHelpColumn = 34;
  left += left.size() + 2 > kHelpColumn ? "\n" + std::string(kHelpColumn, ' ')
                                        : std::string(kHelpColumn - left.size(), ' ');
  return left + std::string(help) + "\n";
}

}  // namespace

Result<RunArguments> parse_run_arguments(const std::vector<std::string>& arguments) {
  return Parser().parse(arguments);
}

std::string run_help() {
  std::string out =
      "duress run: stress one container, process or cgroup of this machine\n\nTarget, exactly "
      "one:\n";
  for (const TargetFlag& flag : kTargetFlags) out += help_line(flag.name, flag.value, flag.help);
  out += "\nLoads:\n";
  for (const spec::Field& field : spec::fields()) {
    if (!field.flag.empty() && !field.needs_cluster)
      out += help_line(field.flag, field.value, field.help);
  }
  out += "\nControl:\n";
  for (const Flag& flag : kControl) {
    if (flag.value.empty() || !flag.help.empty())
      out += help_line(flag.name, flag.value, flag.help);
  }
  out +=
      "\nExit codes: 0 done, 1 failed, 2 usage, 3 refused before anything was touched, 4 target "
      "ended,\n"
      "5 stressor killed (OOM), 6 guard, 7 something was left behind\n";
  return out;
}

}  // namespace duress::cli
