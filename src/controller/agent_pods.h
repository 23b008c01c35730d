// Whether the agent of each node runs, by the Pods of the agents: what is reported counts for
// nothing once its agent has ended. It watches nothing (controller.h fills it), and knows no
// reports. Plain values; one thread.
#pragma once

#include <map>
#include <string>

#include "kube/json.h"

namespace duress::controller {

enum class AgentLife {
  kNone,  // the node has no Pod of an agent
  kDown,  // it has, but no container of it runs
  kRuns,
};

class AgentPods final {
 public:
  // `selector`: the labels of the Pods, in the namespace `ns`.
  AgentPods(std::string ns, std::string selector)
      : ns_(std::move(ns)), selector_(std::move(selector)) {}

  // Both answer with the node whose agent's life they changed; empty: of none.
  std::string saw(const kube::Json& pod);
  // Of a Pod that is gone nothing but its name may be known.
  std::string gone(const kube::Json& pod);

  [[nodiscard]] AgentLife on(const std::string& node) const;
  // For people: how to look at the Pod of that node.
  [[nodiscard]] std::string to_look(const std::string& node) const;

 private:
  std::string ns_;
  std::string selector_;
  std::map<std::string, std::map<std::string, bool>> nodes_;  // whether it runs, by Pod's name
};

}  // namespace duress::controller
