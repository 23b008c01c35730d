#include "cli/rehearse_words.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/flag_word.h"
#include "base/text.h"
#include "cli/rehearse_arguments.h"

namespace duress::cli {

namespace {

struct Flag {
  std::string_view name;
  std::string_view value;  // "" for a switch
  std::string_view help;
};

constexpr std::array kManifests = {
    Flag{"-f", "FILE",
         "manifests of Pods, of what makes Pods, and of StressChaos; - for standard "
         "input; may be repeated"},
    Flag{"--command", "NAME=WORDS",
         "what a container runs, in place of its image's or manifest's command; NAME is a "
         "container or POD/CONTAINER; may be repeated"},
};
constexpr std::array kPod = {
    Flag{"--limit-memory", "SIZE", "its memory limit, e.g. 500Mi"},
    Flag{"--request-memory", "SIZE", "its memory request (default: the limit)"},
    Flag{"--limit-cpu", "CORES", "its CPU limit, e.g. 500m or 1.5"},
    Flag{"--request-cpu", "CORES", "its CPU request (default: the limit)"},
    Flag{"--probe", "PROBE",
         "its liveness probe: http://:8080/, https://:8443/, tcp://:5432, "
         "grpc://:9000 or exec:COMMAND"},
    Flag{"--readiness", "PROBE", "its readiness probe"},
    Flag{"--replicas", "N", "how many of it (default: 1)"},
};
constexpr std::array kControl = {
    Flag{"--for", "DURATION", "end the rehearsal then (default: when the experiments are over)"},
    Flag{"--start-after", "DURATION",
         "begin the experiments then (default: when every Pod is ready)"},
    Flag{"--backoff-factor", "N", "divide the times of CrashLoopBackOff by N (default: 1)"},
    Flag{"--oom-group", "",
         "an OOM kill takes the whole container, as on a current node (default)"},
    Flag{"--no-oom-group", "", "an OOM kill takes one process: a kubelet's singleProcessOOMKill"},
    Flag{"--node-memory", "SIZE",
         "the node's capacity, for oom_score_adj (default: this machine's)"},
    Flag{"--seed", "N", "of the names of Pods and the random modes (default: 1)"},
    Flag{"--report", "FILE", "write the report there, one HTML page"},
    Flag{"--junit", "FILE", "write the outcome there as JUnit XML"},
    Flag{"-o", "text|json|jsonl", "what to print (default: text)"},
    Flag{"--quiet", "", "print only what went wrong"},
    Flag{"--plain", "", "lines one after another, though it is a terminal"},
    Flag{"--help", "", "print this"},
};

const Flag* flag_named(std::string_view name) {
  for (const Flag& flag : kManifests) {
    if (flag.name == name) return &flag;
  }
  for (const Flag& flag : kPod) {
    if (flag.name == name) return &flag;
  }
  for (const Flag& flag : kControl) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

std::vector<std::string_view> all_flags() {
  std::vector<std::string_view> out = {"--filename", "--output"};
  for (const Flag& flag : kManifests) out.push_back(flag.name);
  for (const Flag& flag : kPod) out.push_back(flag.name);
  for (const Flag& flag : kControl) out.push_back(flag.name);
  for (const spec::Field& field : spec::fields()) {
    if (!field.flag.empty()) out.push_back(field.flag);
  }
  return out;
}

std::string canonical(const std::string& name) {
  if (name == "-h") return "--help";
  if (name == "--filename") return "-f";
  if (name == "--output") return "-o";
  return name;
}

class Sorter {
 public:
  RehearseWords sort(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] == "--") {
        out_.command_given = true;
        out_.command.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
        break;
      }
      take(words, i);
    }
    return std::move(out_);
  }

 private:
  // "--flag value" and "--flag=value".
  void take(const std::vector<std::string>& words, std::size_t& i) {
    auto [name, value] = FlagWord(words[i]);
    name = canonical(name);
    const spec::Field* field = spec::field_by_flag(name);
    const Flag* flag = flag_named(name);
    if (field == nullptr && flag == nullptr) {
      unknown(name);
      // What is likely its value is not called wrong as well.
      const bool valued = name.starts_with("-") && !value && i + 1 < words.size();
      if (valued && !words[i + 1].starts_with("-")) ++i;
      return;
    }
    const bool ours = field == nullptr;  // not a load's
    const bool is_switch = field != nullptr ? field->is_switch : flag->value.empty();
    if (ours && is_switch && value) {
      out_.wrong.push_back(name + ": takes no value");
      return;
    }
    if (is_switch && !value) value = "true";
    if (!value && i + 1 < words.size() && words[i + 1] != "--") value = words[++i];
    if (!value || (ours && value->empty())) {
      out_.wrong.push_back(name + ": a value is missing: " +
                           std::string(field != nullptr ? field->value : flag->value));
      return;
    }
    if (field != nullptr && field->needs_cluster) {
      out_.wrong.push_back(name + ": only a cluster's experiments have it: kubectl duress run");
      return;
    }
    put(name, field, *value);
  }

  void put(const std::string& name, const spec::Field* field, const std::string& value) {
    if (name == "-f") {
      out_.files.push_back(value);
    } else if (name == "--command") {
      out_.commands.push_back(value);
    } else if (!out_.values.insert({name, value}).second) {
      out_.wrong.push_back(name + ": given twice");
    } else if (field != nullptr) {
      out_.fields.emplace_back(field, value);
    }
  }

  void unknown(const std::string& name) {
    const std::vector<std::string_view> known = all_flags();
    const bool is_flag = name.starts_with("-");
    const auto near = nearest(name, known);
    out_.wrong.push_back("unknown " + std::string(is_flag ? "flag " : "word ") + quoted(name) +
                         (near      ? ": did you mean " + std::string(*near) + "?"
                          : is_flag ? ": see duress rehearse --help"
                                    : ": the command to rehearse stands behind --"));
  }

  RehearseWords out_;
};

// Left the flag, right its help, in lines of 100.
std::string help_line(std::string_view name, std::string_view value, std::string_view help) {
  constexpr std::size_t column = 34;
  constexpr std::size_t width = 100;
  std::string out = "  " + std::string(name) + (value.empty() ? "" : " " + std::string(value));
  out += out.size() + 2 > column ? "\n" + std::string(column, ' ')
                                 : std::string(column - out.size(), ' ');
  while (help.size() > width - column) {
    const std::size_t end = help.rfind(' ', width - column);
    if (end == std::string_view::npos) break;
    out += std::string(help.substr(0, end)) + "\n" + std::string(column, ' ');
    help.remove_prefix(end + 1);
  }
  return out + std::string(help) + "\n";
}

}  // namespace

RehearseWords sort_rehearse_words(const std::vector<std::string>& words) {
  return Sorter().sort(words);
}

std::vector<std::string_view> pod_flags() {
  std::vector<std::string_view> out;
  for (const Flag& flag : kPod) out.push_back(flag.name);
  return out;
}

std::string rehearse_help() {
  std::string out =
      "duress rehearse: run Pods on this machine as a kubelet would, and put them under stress\n\n"
      "  duress rehearse -f app.yaml -f memory.yaml\n"
      "  duress rehearse --limit-memory 500Mi --probe http://:8080/ --memory 3000MiB -- "
      "./server\n\n"
      "Manifests:\n";
  for (const Flag& flag : kManifests) out += help_line(flag.name, flag.value, flag.help);
  out += "\nA Pod without a manifest, with one container that runs the words behind --:\n";
  for (const Flag& flag : kPod) out += help_line(flag.name, flag.value, flag.help);
  out += "\nLoads, on the first container of every Pod, where no manifest says them:\n";
  for (const spec::Field& field : spec::fields()) {
    if (!field.flag.empty() && !field.needs_cluster)
      out += help_line(field.flag, field.value, field.help);
  }
  out += "\nControl:\n";
  for (const Flag& flag : kControl) out += help_line(flag.name, flag.value, flag.help);
  return out;
}

}  // namespace duress::cli
