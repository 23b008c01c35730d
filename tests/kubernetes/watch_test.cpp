#include "kube/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "cluster.h"

namespace duress::testing {
namespace {

using kube::Json;
using kube::text_at;
using kube::WatchCalls;

// What a watch told, as it stands.
struct Told {
  std::map<std::string, std::string> values;  // of config maps, by name
  int synced = 0;
  int changes = 0;
  std::vector<std::string> troubles;

  WatchCalls calls() {
    return {.on_change =
                [this](WatchCalls::Change change, const Json& object) {
                  changes += 1;
                  const std::string name = text_at(object, "/metadata/name");
                  if (name == "kube-root-ca.crt") return;
                  if (change == WatchCalls::Change::kDeleted)
                    values.erase(name);
                  else
                    values[name] = text_at(object, "/data/value");
                },
            .on_synced = [this] { synced += 1; },
            .on_trouble = [this](const kube::ApiError& e) { troubles.push_back(e.message); }};
  }
};

TEST(KubeWatch, TellsWhatThereIsAndWhatBecomesOfIt) {
  Cluster cluster;
  Namespace space(cluster);
  for (int i = 0; i < 25; ++i) space.make_config_map("m" + std::to_string(i), "first");
  Told told;
  const kube::Watch watch(cluster.client(), space.config_map(), {.page_size = 10}, told.calls());
  ASSERT_TRUE(cluster.until([&] { return told.synced == 1; }));
  EXPECT_EQ(told.values.size(), 25U);
  space.make_config_map("later", "new");
  ASSERT_TRUE(cluster.until([&] { return told.values.contains("later"); }));
  ASSERT_TRUE(cluster.patch(space.config_map("m3"), {{"data", {{"value", "second"}}}}));
  ASSERT_TRUE(cluster.until([&] { return told.values["m3"] == "second"; }));
  ASSERT_TRUE(cluster.remove(space.config_map("m4")));
  ASSERT_TRUE(cluster.until([&] { return !told.values.contains("m4"); }));
  EXPECT_TRUE(told.troubles.empty());
}

TEST(KubeWatch, SelectsByLabelAndField) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("a", "1");
  space.make_config_map("b", "1");
  Told told;
  const kube::Watch watch(cluster.client(), space.config_map(),
                          {.field_selector = "metadata.name=b"}, told.calls());
  ASSERT_TRUE(cluster.until([&] { return told.synced == 1; }));
  EXPECT_EQ(told.values.size(), 1U);
  EXPECT_TRUE(told.values.contains("b"));
}

// What happens while the API server is away, and nobody sees, is told when it is back.
TEST(KubeWatch, CatchesUpAfterARestartOfTheServer) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("a", "first");
  Told told;
  const kube::Watch watch(cluster.client(), space.config_map(), {}, told.calls());
  ASSERT_TRUE(cluster.until([&] { return told.synced == 1; }));
  api_server("kill");
  ASSERT_TRUE(cluster.until([&] { return !told.troubles.empty(); }));
  api_server("start");
  space.make_config_map("after", "new");
  ASSERT_TRUE(cluster.until([&] { return told.values.contains("after"); }));
  ASSERT_TRUE(cluster.patch(space.config_map("a"), {{"data", {{"value", "second"}}}}));
  ASSERT_TRUE(cluster.until([&] { return told.values["a"] == "second"; }));
}

// A server that was started anew knows nothing of before: it answers 410 to a version of then.
TEST(KubeWatch, ListsAnewWhenTheVersionIsTooOld) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("kept", "1");
  space.make_config_map("removed", "1");
  Told told;
  const kube::Watch watch(cluster.client(), space.config_map(), {}, told.calls());
  ASSERT_TRUE(cluster.until([&] { return told.synced == 1; }));
  api_server("kill");
  api_server("start");
  {
    // Behind the back of the watch, whose reactor does not turn meanwhile.
    Cluster other;
    ASSERT_TRUE(other.remove(space.config_map("removed")));
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(
          other.patch(space.config_map("kept"), {{"data", {{"value", std::to_string(i)}}}}));
  }
  // Its cache begins here, later than what the watch knows.
  api_server("restart");
  ASSERT_TRUE(cluster.until([&] { return told.synced >= 2; }, std::chrono::seconds(60)));
  EXPECT_FALSE(told.values.contains("removed"));
  EXPECT_EQ(told.values["kept"], "19");
}

TEST(KubeWatch, TellsThatARightIsMissingAndGoesOnWhenItIsThere) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("a", "1");
  Cluster alice(access_of("alice"));
  Told told;
  const kube::Watch watch(alice.client(), space.config_map(), {}, told.calls());
  ASSERT_TRUE(alice.until([&] { return !told.troubles.empty(); }));
  EXPECT_THAT(told.troubles[0], ::testing::HasSubstr("cannot list resource \"configmaps\""));
  const kube::Resource roles{"rbac.authorization.k8s.io", "v1", "roles", true};
  const kube::Resource bindings{"rbac.authorization.k8s.io", "v1", "rolebindings", true};
  ASSERT_TRUE(cluster.create({roles, space.name(), "", ""},
                             {{"apiVersion", "rbac.authorization.k8s.io/v1"},
                              {"kind", "Role"},
                              {"metadata", {{"name", "reads"}}},
                              {"rules", Json::array({{{"apiGroups", {""}},
                                                      {"resources", {"configmaps"}},
                                                      {"verbs", {"list", "watch"}}}})}}));
  ASSERT_TRUE(cluster.create(
      {bindings, space.name(), "", ""},
      {{"apiVersion", "rbac.authorization.k8s.io/v1"},
       {"kind", "RoleBinding"},
       {"metadata", {{"name", "reads"}}},
       {"roleRef",
        {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", "reads"}}},
       {"subjects",
        Json::array(
            {{{"kind", "User"}, {"name", "alice"}, {"apiGroup", "rbac.authorization.k8s.io"}}})}}));
  ASSERT_TRUE(alice.until([&] { return told.values.contains("a"); }));
  EXPECT_TRUE(cluster.remove({bindings, space.name(), "reads", ""}));
  EXPECT_TRUE(cluster.remove({roles, space.name(), "reads", ""}));
}

TEST(KubeWatch, ContinuesWhereTheServerEndedIt) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("a", "0");
  Told told;
  const kube::Watch watch(cluster.client(), space.config_map(),
                          {.renewed_after = std::chrono::seconds(1)}, told.calls());
  ASSERT_TRUE(cluster.until([&] { return told.synced == 1; }));
  // The server ends it after one or two seconds: three times at least.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(7);
  for (int i = 1; std::chrono::steady_clock::now() < end; ++i) {
    ASSERT_TRUE(cluster.patch(space.config_map("a"), {{"data", {{"value", std::to_string(i)}}}}));
    ASSERT_TRUE(cluster.until([&] { return told.values["a"] == std::to_string(i); }));
    static_cast<void>(cluster.until([] { return false; }, std::chrono::milliseconds(100)));
  }
  EXPECT_EQ(told.synced, 1);
  EXPECT_TRUE(told.troubles.empty());
}

}  // namespace
}  // namespace duress::testing
