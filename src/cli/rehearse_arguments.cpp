#include "cli/rehearse_arguments.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <set>

#include "cli/probe_flag.h"
#include "cli/rehearse_words.h"
#include "cli/shell_words.h"
#include "os/file.h"
#include "spec/pod_candidate.h"
#include "spec/quantity.h"
#include "spec/workload.h"

namespace duress::cli {

namespace {

constexpr std::size_t kMostManifest = 1U << 20U;

// "./My_Server.sh" as a Pod is called: "my-server-sh".
std::string pod_name(std::string_view program) {
  constexpr std::size_t most = 50;
  program.remove_prefix(program.rfind('/') == std::string_view::npos ? 0 : program.rfind('/') + 1);
  std::string out;
  for (char c : program.substr(0, most)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (fits) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "app" : out;
}

class Planner {
 public:
  Planner(const std::vector<std::string>& words, const std::string& node)
      : words_(sort_rehearse_words(words)), node_(node), wrong_(words_.wrong) {}

  Result<RehearsalPlan> plan() {
    out_.help = words_.values.contains("--help");
    if (out_.help) return out_;
    read_control();
    read_files();
    read_pod();
    read_loads();
    if (wrong_.empty()) check_selections();
    if (wrong_.empty()) say_what_is_unexpected();
    if (wrong_.empty()) return std::move(out_);
    std::string message;
    for (const std::string& line : wrong_) message += (message.empty() ? "" : "\n") + line;
    return fail(Code::kUsage, message);
  }

 private:
  void wrong(std::string text) { wrong_.push_back(std::move(text)); }

  [[nodiscard]] const std::string* value(std::string_view name) const {
    const auto found = words_.values.find(name);
    return found == words_.values.end() ? nullptr : &found->second;
  }

  void refuse(std::string_view flag, std::string_view given, std::string_view allowed) {
    wrong(std::string(flag) + ": " + quoted(given) + " is not allowed: " + std::string(allowed));
  }

  void read_control() {
    out_.duration = time("--for", Duration(1));
    out_.start_after = time("--start-after", Duration(0));
    if (const std::string* text = value("--backoff-factor")) {
      double factor = 0;
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), factor);
      const bool whole = error == std::errc() && end == text->data() + text->size();
      if (!whole || !std::isfinite(factor) || factor < 1 || factor > 1000) {
        refuse("--backoff-factor", *text, "1 to 1000");
      } else {
        out_.back_off_factor = factor;
      }
    }
    out_.oom_group = value("--no-oom-group") == nullptr;
    if (!out_.oom_group && value("--oom-group") != nullptr) {
      wrong("--oom-group and --no-oom-group: give one");
    }
    out_.node_memory = size("--node-memory");
    if (const std::string* text = value("--seed")) {
      const auto seed = parse_integer(*text);
      if (!seed || *seed < 0) {
        refuse("--seed", *text, "a whole number, 0 or more");
      } else {
        out_.seed = static_cast<std::uint64_t>(*seed);
      }
    }
    if (const std::string* text = value("-o")) {
      out_.output.format = *text == "json"    ? Format::kJson
                           : *text == "jsonl" ? Format::kJsonLines
                                              : Format::kText;
      if (*text != "text" && out_.output.format == Format::kText) {
        refuse("-o", *text, "text, json or jsonl");
      }
    }
    if (const std::string* text = value("--report")) out_.report_file = *text;
    if (const std::string* text = value("--junit")) out_.junit_file = *text;
    out_.output.quiet = value("--quiet") != nullptr;
    out_.plain = value("--plain") != nullptr;
  }

  std::optional<Duration> time(std::string_view flag, Duration least) {
    const std::string* text = value(flag);
    if (text == nullptr) return std::nullopt;
    const auto duration = parse_duration(*text);
    if (duration && *duration >= least) return *duration;
    refuse(flag, *text,
           least.count() > 0 ? "a duration above 0s such as 90s or 5m"
                             : "a duration of 0s or more such as 10s");
    return std::nullopt;
  }

  std::optional<Bytes> size(std::string_view flag) {
    const std::string* text = value(flag);
    if (text == nullptr) return std::nullopt;
    const auto bytes = parse_size(*text);
    if (bytes && bytes->value > 0) return *bytes;
    refuse(flag, *text, "a size above 0 such as 500Mi");
    return std::nullopt;
  }

  std::optional<Cores> cores(std::string_view flag) {
    const std::string* text = value(flag);
    if (text == nullptr) return std::nullopt;
    const auto cpu = spec::parse_cpu(*text);
    if (cpu && cpu->value > 0) return *cpu;
    refuse(flag, *text, "cores above 0 such as 500m, 0.5 or 2");
    return std::nullopt;
  }

  void read_files() {
    std::vector<spec::ManifestText> texts;
    std::set<std::string> seen;
    for (const std::string& file : words_.files) {
      if (!seen.insert(file).second) {
        wrong("-f: " + quoted(file) + " is given twice");
        continue;
      }
      auto text = os::read_file(file == "-" ? "/dev/stdin" : file, kMostManifest);
      if (text) {
        texts.push_back({file == "-" ? "standard input" : file, std::move(*text)});
      } else {
        wrong("-f: " + text.error().message);
      }
    }
    const spec::WorkloadOptions options{out_.seed, read_commands()};
    if (texts.empty() && options.commands.empty()) return;
    auto read = spec::read_workloads(texts, options);
    if (!read) {
      for (const spec::Problem& problem : read.error()) wrong(spec::format_problem(problem));
      broken_ = true;
      return;
    }
    out_.pods = std::move(read->pods);
    out_.notes = std::move(read->notes);
    out_.experiments = std::move(read->experiments);
    for (spec::Manifest& experiment : out_.experiments) {
      if (experiment.ns.empty()) experiment.ns = "default";
    }
  }

  std::vector<spec::GivenCommand> read_commands() {
    std::vector<spec::GivenCommand> out;
    for (const std::string& text : words_.commands) {
      const std::size_t equals = text.find('=');
      const std::string target = text.substr(0, equals);
      if (equals == std::string::npos || target.empty()) {
        refuse("--command", text, "NAME=WORDS, such as web='./server --port 8080'");
        continue;
      }
      auto words = shell_words(std::string_view(text).substr(equals + 1));
      if (!words) {
        wrong("--command " + quoted(target) + ": " + words.error().message);
      } else if (std::ranges::find(out, target, &spec::GivenCommand::target) != out.end()) {
        wrong("--command " + quoted(target) + ": given twice");
      } else {
        out.push_back({target, std::move(*words)});
      }
    }
    return out;
  }

  // The form without a manifest.
  void read_pod() {
    std::vector<std::string> given;
    for (const std::string_view flag : pod_flags()) {
      if (value(flag) != nullptr) given.emplace_back(flag);
    }
    if (!words_.command_given) {
      if (!given.empty()) {
        wrong(given[0] + ": it is for a Pod without a manifest; give its command behind --, or " +
              "write it in the manifest");
      } else if (out_.pods.empty() && !broken_ && wrong_.empty()) {
        wrong("nothing to run: give -f FILE with Pods, or a command behind --");
      }
      return;
    }
    if (!out_.pods.empty()) {
      return wrong("two things to run: the Pods of -f, and the command behind --; give one");
    }
    if (words_.command.empty() || words_.command[0].empty()) {
      return wrong("--: the command is missing");
    }
    make_pods(read_container());
  }

  spec::Container read_container() {
    spec::Container container;
    container.name = pod_name(words_.command[0]);
    container.command = words_.command;
    for (std::string& word : container.command) word = guarded(word);
    spec::Resources& resources = container.resources;
    resources.limits = {size("--limit-memory"), cores("--limit-cpu")};
    resources.requests = {size("--request-memory"), cores("--request-cpu")};
    const auto fit = [&](auto& request, const auto& limit, std::string_view flag) {
      if (!request) request = limit;
      if (limit && request && *request > *limit) {
        refuse(flag, *value(flag), "no more than the limit");
      }
    };
    fit(resources.requests.memory, resources.limits.memory, "--request-memory");
    fit(resources.requests.cpu, resources.limits.cpu, "--request-cpu");
    container.liveness = probe("--probe");
    container.readiness = probe("--readiness");
    return container;
  }

  // The user's shell has expanded what was to be: $(NAME) stays as it is.
  static std::string guarded(const std::string& word) {
    std::string out;
    for (const char c : word) out += c == '$' ? "$$" : std::string(1, c);
    return out;
  }

  std::optional<spec::Probe> probe(std::string_view flag) {
    const std::string* text = value(flag);
    if (text == nullptr) return std::nullopt;
    auto probe = parse_probe_flag(*text);
    if (probe) return std::move(*probe);
    wrong(std::string(flag) + ": " + probe.error().message);
    return std::nullopt;
  }

  void make_pods(const spec::Container& container) {
    std::int64_t replicas = 1;
    if (const std::string* text = value("--replicas")) {
      const auto number = parse_integer(*text);
      constexpr auto most = static_cast<std::int64_t>(spec::kMostPods);
      if (!number || *number < 1 || *number > most) {
        return refuse("--replicas", *text, "1 to " + std::to_string(most));
      }
      replicas = *number;
    }
    for (std::int64_t i = 0; i < replicas; ++i) {
      spec::Pod pod;
      pod.name = container.name + (replicas == 1 ? "" : "-" + std::to_string(i));
      pod.hostname = pod.name;
      pod.labels = {{"app", container.name}};
      pod.containers = {container};
      out_.pods.push_back(std::move(pod));
    }
  }

  void read_loads() {
    if (words_.fields.empty()) return;
    if (!out_.experiments.empty()) {
      return wrong(std::string(words_.fields[0].first->flag) + ": StressChaos " +
                   quoted(out_.experiments[0].name) + " of the manifests says the load; give one");
    }
    spec::Manifest load;
    load.name = "stress";
    load.ns = "default";
    const std::size_t before = wrong_.size();
    for (const auto& [field, text] : words_.fields) {
      if (auto set = field->set(load.stressors, text); !set) {
        wrong(std::string(field->flag) + ": " + set.error().message);
      }
    }
    if (wrong_.size() > before) return;
    for (const spec::Problem& problem : spec::validate(load.stressors, spec::Names::kFlags)) {
      wrong(spec::format_problem(problem));
    }
    std::set<std::string> namespaces;
    for (const spec::Pod& pod : out_.pods) namespaces.insert(pod.ns);
    load.selection.selector.namespaces.assign(namespaces.begin(), namespaces.end());
    load.selector_summary = "every Pod";
    out_.experiments.push_back(std::move(load));
  }

  void check_selections() {
    std::vector<spec::Candidate> candidates;
    for (const spec::Pod& pod : out_.pods) candidates.push_back(spec::candidate_of(pod, node_));
    for (std::size_t i = 0; i < out_.experiments.size(); ++i) {
      check_selection(out_.experiments[i], candidates, out_.seed + i);
    }
  }

  void check_selection(const spec::Manifest& experiment,
                       const std::vector<spec::Candidate>& candidates, std::uint64_t seed) {
    const spec::Selection& selection = experiment.selection;
    const std::string who = "StressChaos " + quoted(experiment.name);
    const auto chosen = spec::choose(selection, candidates, experiment.ns, seed);
    if (chosen.empty()) {
      const auto meant = std::ranges::count_if(candidates, [&](const spec::Candidate& one) {
        return spec::matches(selection.selector, one, experiment.ns);
      });
      if (meant > 0) {
        return wrong(who + ": its random-max-percent of " + std::to_string(selection.value) +
                     " takes none of " + std::to_string(meant) +
                     " Pods by this draw: give another --seed, or fixed-percent");
      }
      const bool own = selection.selector.namespaces.empty() && selection.selector.pods.empty();
      return wrong(
          who + " selects none of the Pods (" +
          (experiment.selector_summary.empty() ? "no selector" : experiment.selector_summary) +
          (own ? "; without namespaces it means its own, " + quoted(experiment.ns) : "") +
          "): there are " + spec::described(candidates));
    }
    check_containers(experiment, candidates, chosen);
  }

  void check_containers(const spec::Manifest& experiment,
                        const std::vector<spec::Candidate>& candidates,
                        const std::vector<std::size_t>& chosen) {
    std::set<std::string> known;
    for (const std::size_t i : chosen) {
      known.insert(candidates[i].containers.begin(), candidates[i].containers.end());
      const auto names = spec::choose_containers(experiment.selection, candidates[i]);
      if (!names) {
        out_.notes.push_back("StressChaos " + quoted(experiment.name) + ": " +
                             names.error().message + "; nothing is done to it");
      }
    }
    for (const std::string& name : experiment.selection.container_names) {
      if (known.contains(name)) continue;
      std::string there;
      for (const std::string& one : known) there += (there.empty() ? "" : ", ") + one;
      wrong("StressChaos " + quoted(experiment.name) + ": spec.containerNames: " + quoted(name) +
            " is not allowed: the Pods that it selects have " + there);
    }
  }

  void say_what_is_unexpected() {
    if (out_.experiments.empty()) {
      out_.notes.emplace_back("no experiment: the Pods run, and nothing is done to them");
    }
    for (spec::Manifest& experiment : out_.experiments) {
      const std::string who = "StressChaos " + quoted(experiment.name);
      for (const std::string& guard : spec::drop_cluster_guards(experiment.stressors))
        out_.notes.push_back(who + ": " + guard + " is ignored here: only a cluster heeds it");
      for (const std::string& note : experiment.notes) out_.notes.push_back(who + ": " + note);
      if (experiment.paused) out_.notes.push_back(who + " is paused by its annotation");
      if (out_.duration && experiment.duration && *experiment.duration > *out_.duration) {
        out_.notes.push_back(who + " would last " + format_duration(*experiment.duration) +
                             "; the rehearsal ends after " + format_duration(*out_.duration));
      }
    }
    if (out_.back_off_factor > 1) {
      out_.notes.push_back("CrashLoopBackOff is shortened: its times are divided by " +
                           *value("--backoff-factor"));
    }
  }

  RehearseWords words_;
  const std::string& node_;
  bool broken_ = false;  // the manifests; what they hold is not known
  RehearsalPlan out_;
  std::vector<std::string> wrong_;
};

}  // namespace

Result<RehearsalPlan> parse_rehearse_arguments(const std::vector<std::string>& words,
                                               const std::string& node) {
  return Planner(words, node).plan();
}

}  // namespace duress::cli
