#include "controller/chaos_mesh.h"

#include <gtest/gtest.h>

namespace duress::controller {
namespace {

using kube::Json;

Json manager(const Json& environment, int replicas = 1) {
  const Json container{{"name", "chaos-mesh"}, {"env", environment}};
  return {
      {"items",
       {{{"metadata", {{"name", "chaos-controller-manager"}, {"namespace", "chaos-mesh"}}},
         {"spec",
          {{"replicas", replicas}, {"template", {{"spec", {{"containers", {container}}}}}}}}}}}};
}

Json enabled(const std::string& kinds) {
  return Json::array({{{"name", "ENABLED_CONTROLLERS"}, {"value", kinds}}});
}

TEST(ChaosMesh, ServesAllUnlessItIsToldOtherwise) {
  EXPECT_EQ(serves_stress_chaos(manager(Json::array())), "chaos-mesh/chaos-controller-manager");
  EXPECT_NE(serves_stress_chaos(manager(enabled("*"))), "");
  EXPECT_NE(serves_stress_chaos(manager(enabled("podchaos, stresschaos"))), "");
}

TEST(ChaosMesh, ThatLeavesStressChaosOutIsNoRival) {
  EXPECT_EQ(serves_stress_chaos(manager(enabled("podchaos,schedule"))), "");
  EXPECT_EQ(serves_stress_chaos(manager(enabled("*"), 0)), "");
  EXPECT_EQ(serves_stress_chaos(Json{{"items", Json::array()}}), "");
}

}  // namespace
}  // namespace duress::controller
