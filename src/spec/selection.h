// Whom an experiment means: Chaos Mesh's selectors, modes and container names as values, and the
// choice among Pods that they make. It asks no cluster: the Pods are handed in. Pure (the random
// modes take a seed); any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "spec/problem.h"

namespace duress::spec {

using Labels = std::map<std::string, std::string>;

enum class Operator { kIn, kNotIn, kExists, kDoesNotExist };

struct Expression {
  std::string key{};
  Operator op = Operator::kIn;
  std::vector<std::string> values{};
};

// All kinds must hold (AND); `nodes` and `nodeSelectors` are a union; `pods` overrides the rest.
struct Selector {
  std::vector<std::string> namespaces{};  // empty: the experiment's own
  Labels labels{};
  Labels annotations{};
  Labels fields{};  // metadata.name, metadata.namespace, spec.nodeName, status.phase, ...
  std::vector<Expression> expressions{};
  std::vector<std::string> nodes{};
  Labels node_labels{};
  std::vector<std::string> phases{};                       // "Running", "!Pending"
  std::map<std::string, std::vector<std::string>> pods{};  // by namespace
};

enum class PickMode { kOne, kAll, kFixed, kFixedPercent, kRandomMaxPercent };

struct Selection {
  Selector selector{};
  PickMode mode = PickMode::kAll;
  int value = 0;                               // of the modes that take one
  std::vector<std::string> container_names{};  // empty: the first container
};

// What selecting looks at.
struct Candidate {
  std::string name{};
  std::string ns{};
  Labels labels{};
  Labels annotations{};
  std::string phase{};  // "Running"
  std::string node{};
  Labels node_labels{};
  std::string pod_ip{};
  Labels more_fields{};                   // of fieldSelectors: "spec.restartPolicy", ...
  std::vector<std::string> containers{};  // sidecars behind the others: "the first" is none of them

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

// By labels and expressions alone.
[[nodiscard]] bool labels_match(const Selector& selector, const Labels& labels);

// Whether the selector means this one; `own_namespace` is the experiment's.
[[nodiscard]] bool matches(const Selector& selector, const Candidate& candidate,
                           const std::string& own_namespace);

// How many of `count` the mode takes: fixed-percent is rounded up; random-max-percent draws a
// percentage from 0 to its value by `seed`, rounded down.
[[nodiscard]] std::size_t how_many(const Selection& selection, std::size_t count,
                                   std::uint64_t seed);

// Indices of the candidates that are meant, in their order. The draw depends on the seed and each
// candidate's own name alone, so that it can be repeated, and one more candidate changes little.
[[nodiscard]] std::vector<std::size_t> choose(const Selection& selection,
                                              const std::vector<Candidate>& candidates,
                                              const std::string& own_namespace, std::uint64_t seed);

// Those of the candidate's containers that are meant. A candidate need not have all of the names;
// one that has none of them is an error (kNotFound) that lists those it has.
[[nodiscard]] Result<std::vector<std::string>> choose_containers(const Selection& selection,
                                                                 const Candidate& candidate);

}  // namespace duress::spec
