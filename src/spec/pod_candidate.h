// A Pod as selecting looks at it: what a rehearsal's Pods and the check of a plan both hand to
// choose(). It chooses nothing. Pure; any thread.
#pragma once

#include <string>

#include "spec/pod.h"
#include "spec/selection.h"

namespace duress::spec {

// Running on that node, with the labels that every Linux node has; the address is the caller's.
[[nodiscard]] Candidate candidate_of(const Pod& pod, const std::string& node);

// "shop/web-0 (app=web), shop/web-1 (app=web) and 3 more": for messages.
[[nodiscard]] std::string described(const std::vector<Candidate>& candidates);

}  // namespace duress::spec
