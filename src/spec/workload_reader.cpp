#include "spec/workload_reader.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"
#include "spec/pod_fields.h"
#include "spec/pod_reader.h"
#include "spec/selection.h"
#include "spec/workload.h"

namespace duress::spec {

namespace {

constexpr std::int64_t kMostReplicas = 1'000'000;
constexpr std::size_t kMostGenerated = 58;  // 63, less the five characters that are added

struct Kind {
  std::string_view name;
  std::string_view version;
};
constexpr std::array<Kind, 7> kKinds = {{{"Pod", "v1"},
                                         {"Deployment", "apps/v1"},
                                         {"ReplicaSet", "apps/v1"},
                                         {"StatefulSet", "apps/v1"},
                                         {"DaemonSet", "apps/v1"},
                                         {"Job", "batch/v1"},
                                         {"CronJob", "batch/v1"}}};

struct Metadata {
  std::string name{};
  std::string generate{};
  std::string ns = "default";
  Labels labels{};
  Labels annotations{};
};

// A label's value, and the part of its key behind the slash.
bool is_label(std::string_view text) {
  const auto alnum = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const auto inside = [&](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; };
  if (text.empty()) return true;
  return text.size() <= 63 && alnum(text.front()) && alnum(text.back()) &&
         std::ranges::all_of(text, inside);
}

std::uint64_t mixed(std::uint64_t value) {  // splitmix64
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

class WorkloadReader {
 public:
  WorkloadReader(ObjectReader& reader, std::uint64_t seed) : reader_(reader), seed_(seed) {}

  std::vector<Pod> read(const YamlNode& root) {
    static constexpr auto kTop =
        std::to_array<KnownField>({{"apiVersion"}, {"kind"}, {"metadata"}, {"spec"}, {"status"}});
    kind_ = root.find("kind")->text;
    const YamlNode& version = *root.find("apiVersion");
    const auto* const known = std::ranges::find(kKinds, kind_, &Kind::name);
    if (version.text != known->version) {
      reader_.refuse("apiVersion", version, std::string(known->version));
      return {};
    }
    if (!reader_.object(root, "", kTop)) return {};
    own_ = read_metadata(root, "metadata");
    name_ = own_.name;
    if (name_.empty() && !own_.generate.empty()) {
      name_ = own_.generate + random_suffix(seed_, own_.generate, 5);
    }
    if (name_.empty()) reader_.missing("metadata.name", "a " + kind_ + " has a name");
    if (!name_.empty()) (void)reader_.dns_subdomain(name_, "metadata.name");
    (void)reader_.dns_label(own_.ns, "metadata.namespace");
    const YamlNode* spec = root.find("spec");
    if (spec == nullptr) {
      reader_.missing("spec", "it says what to run");
      return {};
    }
    if (kind_ == "Pod") return bare_pod(*spec);
    if (kind_ == "CronJob") return cron_job(*spec);
    return workload(*spec, "spec");
  }

 private:
  Metadata read_metadata(const YamlNode& parent, const std::string& path) {
    Metadata out;
    const YamlNode* node = parent.find("metadata");
    if (node == nullptr || !reader_.object(*node, path, metadata_fields())) return out;
    out.name = reader_.text(*node, "name", path).value_or("");
    out.generate = reader_.text(*node, "generateName", path).value_or("");
    const auto ns = reader_.text(*node, "namespace", path);
    if (ns && !ns->empty()) out.ns = *ns;
    out.labels = reader_.pairs(*node, "labels", path);
    out.annotations = reader_.pairs(*node, "annotations", path);
    for (const auto& [key, value] : out.labels) {
      const std::size_t slash = key.find('/');
      const std::string_view last =
          std::string_view(key).substr(slash == std::string::npos ? 0 : slash + 1);
      if (!last.empty() && is_label(last) && is_label(value)) continue;
      reader_.problems().add(below(below(path, "labels"), key), quoted(value),
                             "key and value of up to 63 letters, digits, -, _ and .");
    }
    return out;
  }

  std::vector<Pod> bare_pod(const YamlNode& spec) {
    Pod pod = read_pod_spec(reader_, spec, "spec", {{"Always", "OnFailure", "Never"}});
    dress(pod, own_);
    pod.name = name_;
    if (pod.hostname.empty()) pod.hostname = host_name(pod.name);
    return {std::move(pod)};
  }

  std::vector<Pod> cron_job(const YamlNode& spec) {
    static constexpr auto kTemplate = std::to_array<KnownField>({{"metadata"}, {"spec"}});
    if (!reader_.object(spec, "spec", workload_fields("CronJob"))) return {};
    const std::string path = "spec.jobTemplate";
    const YamlNode* job = spec.find("jobTemplate");
    if (job == nullptr || job->find("spec") == nullptr) {
      reader_.missing(path + ".spec", "it says what the Job runs");
      return {};
    }
    if (!reader_.object(*job, path, kTemplate)) return {};
    (void)read_metadata(*job, path + ".metadata");
    const std::string cron = name_;
    owner_ = "CronJob/" + cron;
    kind_ = "Job";
    // A controller appends the minute for which the Job was due.
    name_ = cron + "-" + std::to_string(28'000'000 + mixed(seed_ ^ cron.size()) % 1'000'000);
    return workload(*job->find("spec"), path + ".spec");
  }

  std::vector<Pod> workload(const YamlNode& spec, const std::string& path) {
    static constexpr auto kTemplate = std::to_array<KnownField>({{"metadata"}, {"spec"}});
    if (!reader_.object(spec, path, workload_fields(kind_))) return {};
    const std::string at = path + ".template";
    const YamlNode* pod = spec.find("template");
    if (pod == nullptr || pod->find("spec") == nullptr) {
      reader_.missing(at + ".spec", "it says what the Pods run");
      return {};
    }
    if (!reader_.object(*pod, at, kTemplate)) return {};
    Metadata metadata = read_metadata(*pod, at + ".metadata");
    metadata.ns = own_.ns;
    const PodRules rules =
        kind_ == "Job" ? PodRules{{"", "OnFailure", "Never"}} : PodRules{{"Always"}};
    const Pod read = read_pod_spec(reader_, *pod->find("spec"), at + ".spec", rules);
    if (kind_ != "Job") check_selector(spec, path, metadata.labels);
    std::vector<Pod> pods;
    const std::int64_t count = std::min<std::int64_t>(how_many(spec, path), kMostPods + 1);
    const std::int64_t first = first_ordinal(spec, path);
    for (std::int64_t i = 0; i < count; ++i) {
      Pod one = read;
      dress(one, metadata);
      one.owner = owner_.empty() ? kind_ + "/" + name_ : owner_;
      call(one, first + i);
      if (one.hostname.empty()) one.hostname = host_name(one.name);
      pods.push_back(std::move(one));
    }
    if (count == 0)
      reader_.notes().say(kind_ + "/" + quoted(name_) + " makes no Pod: replicas is 0");
    return pods;
  }

  static void dress(Pod& pod, const Metadata& metadata) {
    pod.ns = metadata.ns;
    pod.labels = metadata.labels;
    pod.annotations = metadata.annotations;
  }

  // pkg/kubelet/util/util.go, GetNodenameForKernel: the first 63, no - or . at the end.
  static std::string host_name(std::string name) {
    name.resize(std::min<std::size_t>(name.size(), 63));
    while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
    return name;
  }

  std::int64_t how_many(const YamlNode& spec, const std::string& path) {
    if (kind_ == "DaemonSet") return 1;
    if (kind_ != "Job") return reader_.number(spec, "replicas", path, 0, kMostReplicas).value_or(1);
    if (const auto mode = reader_.text(spec, "completionMode", path); mode && *mode == "Indexed") {
      reader_.refuse(path + ".completionMode", *spec.find("completionMode"),
                     "NonIndexed: Pods are given no index here");
    }
    const auto parallel = reader_.number(spec, "parallelism", path, 0, kMostReplicas).value_or(1);
    const auto complete = reader_.number(spec, "completions", path, 0, kMostReplicas);
    if (!complete) return parallel;
    if (*complete > parallel) {
      reader_.notes().say("Job/" + quoted(name_) + " runs " + std::to_string(parallel) +
                          " of its " + std::to_string(*complete) +
                          " completions: those that run at once");
    }
    return std::min(parallel, *complete);
  }

  std::int64_t first_ordinal(const YamlNode& spec, const std::string& path) {
    static constexpr auto kOrdinals = std::to_array<KnownField>({{"start"}});
    const YamlNode* ordinals = kind_ == "StatefulSet" ? spec.find("ordinals") : nullptr;
    const std::string at = path + ".ordinals";
    if (ordinals == nullptr || !reader_.object(*ordinals, at, kOrdinals)) return 0;
    return reader_.number(*ordinals, "start", at, 0, kMostReplicas).value_or(0);
  }

  // Name and labels as the controller of the kind gives them.
  void call(Pod& pod, std::int64_t ordinal) const {
    const std::string key = pod.ns + "/" + name_;
    const std::string hash = random_suffix(seed_, key, 10);
    const auto generated = [&](const std::string& base) {
      const std::string cut = base.substr(0, kMostGenerated);
      return cut + random_suffix(seed_, key + "#" + std::to_string(ordinal), 5);
    };
    if (kind_ == "StatefulSet") {
      pod.name = name_ + "-" + std::to_string(ordinal);
      pod.labels["statefulset.kubernetes.io/pod-name"] = pod.name;
      pod.labels["apps.kubernetes.io/pod-index"] = std::to_string(ordinal);
      pod.labels["controller-revision-hash"] = name_ + "-" + hash;
    } else if (kind_ == "Deployment") {
      pod.name = generated(name_ + "-" + hash + "-");
      pod.labels["pod-template-hash"] = hash;
    } else {
      pod.name = generated(name_ + "-");
      if (kind_ == "DaemonSet") pod.labels["controller-revision-hash"] = hash;
      if (kind_ != "Job") return;
      pod.labels["job-name"] = name_;
      pod.labels["batch.kubernetes.io/job-name"] = name_;
    }
  }

  // pkg/apis/apps/validation: a workload has to mean its own Pods.
  void check_selector(const YamlNode& spec, const std::string& path, const Labels& labels) {
    static constexpr auto kSelector =
        std::to_array<KnownField>({{"matchLabels"}, {"matchExpressions"}});
    const YamlNode* node = spec.find("selector");
    const std::string at = path + ".selector";
    if (node == nullptr) return reader_.missing(at, "matchLabels, as the template's labels");
    if (!reader_.object(*node, at, kSelector)) return;
    Selector selector;
    selector.labels = reader_.pairs(*node, "matchLabels", at);
    if (const YamlNode* expressions = node->find("matchExpressions")) {
      selector.expressions =
          read_expressions(*expressions, at + ".matchExpressions", reader_.problems());
    }
    if (selector.labels.empty() && selector.expressions.empty()) {
      return reader_.missing(at, "matchLabels, as the template's labels");
    }
    if (labels_match(selector, labels)) return;
    std::vector<std::string> given;
    for (const auto& [key, value] : labels) given.push_back(quoted(key) + "=" + quoted(value));
    reader_.problems().add(at, "",
                           "it does not mean the template's own labels, " +
                               (given.empty() ? "none" : listed(given, "and")));
  }

  ObjectReader& reader_;
  std::uint64_t seed_;
  std::string kind_;
  std::string owner_;
  std::string name_;
  Metadata own_;
};

}  // namespace

bool makes_pods(std::string_view kind) {
  return std::ranges::find(kKinds, kind, &Kind::name) != kKinds.end();
}

std::vector<Pod> read_workload(ObjectReader& reader, const YamlNode& root, std::uint64_t seed) {
  return WorkloadReader(reader, seed).read(root);
}

std::string random_suffix(std::uint64_t seed, std::string_view key, std::size_t length) {
  // k8s.io/apimachinery/pkg/util/rand: no vowels, no digits that look like letters.
  constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::uint64_t state = mixed(stable_hash(key) ^ mixed(seed));
  std::string out;
  for (std::size_t i = 0; i < length; ++i) {
    state = mixed(state);
    out += alphabet[state % alphabet.size()];
  }
  return out;
}

}  // namespace duress::spec
