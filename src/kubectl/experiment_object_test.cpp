#include "kubectl/experiment_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::kubectl {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kManifest = R"(
kind: Namespace
apiVersion: v1
metadata: {name: other}
---
kind: StressChaos
apiVersion: chaos-mesh.org/v1alpha1
metadata:
  name: memory
  namespace: shop
  labels: {team: a}
  annotations: {experiment.chaos-mesh.org/pause: "true"}
spec:
  mode: fixed
  value: "2"
  selector:
    namespaces: [shop]
    labelSelectors: {"version": "2", enabled: "true"}
  stressors:
    memory: {workers: 4, size: 3000MiB, swappable: true, options: [""]}
)";

TEST(PreflightObject, IsTheManifestsExperimentMarked) {
  const auto made = preflight_object(kManifest, {}, "default");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["metadata"],
            kube::parse_json(R"({"namespace": "shop", "generateName": "memory-preflight-"})"));
  const kube::Json& spec = (*made)["spec"];
  EXPECT_EQ(spec["preflight"], true);
  EXPECT_EQ(spec["mode"], "fixed");
  EXPECT_EQ(spec["value"], "2");
  EXPECT_EQ(spec["selector"]["namespaces"], kube::Json::array({"shop"}));
}

TEST(PreflightObject, KeepsNumbersAndTextsApart) {
  const auto made = preflight_object(kManifest, {}, "default");
  ASSERT_TRUE(made) << made.error().message;
  const kube::Json& spec = (*made)["spec"];
  EXPECT_EQ(spec["selector"]["labelSelectors"],
            kube::parse_json(R"({"version": "2", "enabled": "true"})"));
  EXPECT_EQ(
      spec["stressors"]["memory"],
      kube::parse_json(R"({"workers": 4, "size": "3000MiB", "swappable": true, "options": [""]})"));
}

TEST(PreflightObject, IsRefusedWithWhatIsWrong) {
  const auto wrong = [](const std::string& text, const Arguments& arguments = {}) {
    const auto made = preflight_object(text, arguments, "default");
    return made ? std::string() : made.error().message;
  };
  const std::string manifest(kManifest);
  EXPECT_THAT(wrong("kind: Pod\napiVersion: v1\n"), HasSubstr("0 objects of kind StressChaos"));
  EXPECT_THAT(wrong(manifest + "---" + manifest), HasSubstr("2 objects"));
  EXPECT_THAT(wrong(manifest + "  durration: 1s\n"), HasSubstr("did you mean duration"));
  EXPECT_THAT(wrong(manifest, {.ns = "elsewhere"}), HasSubstr("metadata.namespace"));
  EXPECT_EQ(wrong(manifest, {.ns = "shop"}), "");
}

TEST(PreflightObject, IsMadeOfFlags) {
  Arguments arguments;
  arguments.name = "memory";
  arguments.selection.selector.labels["app"] = "web";
  arguments.loads.memory.emplace();
  arguments.loads.memory->size = mib(50);
  const kube::Json made = preflight_object(arguments, "shop");
  EXPECT_EQ(made["metadata"],
            kube::parse_json(R"({"namespace": "shop", "generateName": "memory-preflight-"})"));
  EXPECT_EQ(made["spec"]["preflight"], true);
  EXPECT_EQ(made["spec"]["selector"]["labelSelectors"]["app"], "web");
  EXPECT_FALSE(experiment_object(arguments, "shop")["spec"].contains("preflight"));
}

}  // namespace
}  // namespace duress::kubectl
