#include "spec/selection.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "base/text.h"

namespace duress::spec {

namespace {

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool has_all(const Labels& wanted, const Labels& given) {
  return std::ranges::all_of(wanted, [&](const auto& pair) {
    const auto found = given.find(pair.first);
    return found != given.end() && found->second == pair.second;
  });
}

// k8s.io/apimachinery/pkg/labels, Requirement.Matches: what is not there is in no list.
bool holds(const Expression& expression, const Labels& labels) {
  const auto found = labels.find(expression.key);
  const bool there = found != labels.end();
  switch (expression.op) {
    case Operator::kIn:
      return there && has(expression.values, found->second);
    case Operator::kNotIn:
      return !there || !has(expression.values, found->second);
    case Operator::kExists:
      return there;
    case Operator::kDoesNotExist:
      return !there;
  }
  return false;
}

std::string field_of(const Candidate& candidate, const std::string& field) {
  if (field == "metadata.name") return candidate.name;
  if (field == "metadata.namespace") return candidate.ns;
  if (field == "spec.nodeName") return candidate.node;
  if (field == "status.phase") return candidate.phase;
  if (field == "status.podIP") return candidate.pod_ip;
  const auto found = candidate.more_fields.find(field);
  return found == candidate.more_fields.end() ? "" : found->second;
}

// Chaos Mesh, pkg/selector/pod/phase_selector.go: any of those named, none of those with "!".
bool phase_fits(const std::vector<std::string>& phases, std::string_view phase) {
  bool named = false;
  bool any_named = false;
  for (const std::string_view wanted : phases) {
    if (wanted.starts_with('!')) {
      if (wanted.substr(1) == phase) return false;
    } else {
      any_named = true;
      named = named || wanted == phase;
    }
  }
  return named || !any_named;
}

std::uint64_t mixed(std::uint64_t value) {  // splitmix64
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

std::uint64_t lot(const Candidate& candidate, std::uint64_t seed) {
  return mixed(stable_hash(candidate.ns + "/" + candidate.name) ^ mixed(seed));
}

}  // namespace

bool labels_match(const Selector& selector, const Labels& labels) {
  return has_all(selector.labels, labels) &&
         std::ranges::all_of(selector.expressions,
                             [&](const Expression& one) { return holds(one, labels); });
}

bool matches(const Selector& selector, const Candidate& candidate,
             const std::string& own_namespace) {
  if (!selector.pods.empty()) {
    const auto names = selector.pods.find(candidate.ns);
    return names != selector.pods.end() && has(names->second, candidate.name);
  }
  const bool in_namespace = selector.namespaces.empty() ? candidate.ns == own_namespace
                                                        : has(selector.namespaces, candidate.ns);
  if (!in_namespace || !labels_match(selector, candidate.labels)) return false;
  if (!has_all(selector.annotations, candidate.annotations)) return false;
  if (!phase_fits(selector.phases, candidate.phase)) return false;
  const bool fields = std::ranges::all_of(selector.fields, [&](const auto& field) {
    return field_of(candidate, field.first) == field.second;
  });
  if (!fields) return false;
  if (selector.nodes.empty() && selector.node_labels.empty()) return true;
  return has(selector.nodes, candidate.node) ||
         (!selector.node_labels.empty() && has_all(selector.node_labels, candidate.node_labels));
}

std::size_t how_many(const Selection& selection, std::size_t count, std::uint64_t seed) {
  const auto value = static_cast<std::size_t>(std::max(0, selection.value));
  switch (selection.mode) {
    case PickMode::kOne:
      return std::min<std::size_t>(1, count);
    case PickMode::kAll:
      return count;
    case PickMode::kFixed:
      return std::min(value, count);
    case PickMode::kFixedPercent:
      return std::min(count, (count * value + 99) / 100);
    case PickMode::kRandomMaxPercent:
      return std::min(count, count * (mixed(seed) % (value + 1)) / 100);
  }
  return 0;
}

std::vector<std::size_t> choose(const Selection& selection,
                                const std::vector<Candidate>& candidates,
                                const std::string& own_namespace, std::uint64_t seed) {
  std::vector<std::size_t> meant;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (matches(selection.selector, candidates[i], own_namespace)) meant.push_back(i);
  }
  const std::size_t wanted = how_many(selection, meant.size(), seed);
  if (wanted == meant.size()) return meant;
  // Everyone draws a lot of its own, and the lowest are taken.
  std::vector<std::pair<std::uint64_t, std::size_t>> lots;
  lots.reserve(meant.size());
  for (const std::size_t i : meant) lots.emplace_back(lot(candidates[i], seed), i);
  std::ranges::sort(lots);
  lots.resize(wanted);
  meant.clear();
  for (const auto& [drawn, i] : lots) meant.push_back(i);
  std::ranges::sort(meant);
  return meant;
}

Result<std::vector<std::string>> choose_containers(const Selection& selection,
                                                   const Candidate& candidate) {
  std::vector<std::string> out;
  if (selection.container_names.empty()) {
    if (!candidate.containers.empty()) out.push_back(candidate.containers.front());
    return out;
  }
  std::string known;
  for (const std::string& name : candidate.containers) {
    if (has(selection.container_names, name)) out.push_back(name);
    known += (known.empty() ? "" : ", ") + name;
  }
  if (!out.empty()) return out;
  std::string wanted;
  for (const std::string& name : selection.container_names) {
    wanted += (wanted.empty() ? "" : ", ") + quoted(name);
  }
  return fail(Code::kNotFound, candidate.ns + "/" + candidate.name + " has no container " + wanted +
                                   ": it has " + (known.empty() ? "none" : known));
}

}  // namespace duress::spec
