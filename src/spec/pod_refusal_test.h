// Tables of refusals: a field as it is given in a Pod of one container, and the one line that
// refuses it. For the tests of this folder.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "spec/workload_test_text.h"

namespace duress::spec {

inline constexpr std::string_view kBase = "name: app, command: [a]";

inline std::string with(std::string_view field) {
  return std::string(kBase) + ", " + std::string(field);
}

inline Container container_of(std::string_view field) { return pod_of(with(field)).containers[0]; }

struct Refusal {
  std::string given;
  std::string expected;
};

// Each in a container of its own, and each told once.
inline void all_refused(const std::vector<Refusal>& cases) {
  for (const Refusal& c : cases) {
    EXPECT_THAT(refusals(pod(with(c.given))), testing::ElementsAre(testing::HasSubstr(c.expected)))
        << c.given;
  }
}

inline void all_refused_in_pod(const std::vector<Refusal>& cases) {
  for (const Refusal& c : cases) {
    EXPECT_THAT(refusals(pod(kBase, c.given)), testing::ElementsAre(testing::HasSubstr(c.expected)))
        << c.given;
  }
}

}  // namespace duress::spec
