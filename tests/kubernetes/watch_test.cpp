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

// The client's own view of time is moved on by a server that has forgotten the version: compaction.
TEST(KubeWatch, ListsAnewWhenTheVersionIsTooOld) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("kept", "1");
  space.make_config_map("removed", "1");
  Told told;
  const kube::Watch watch(cluster.client(), space.config_map(), {}, told.calls());
  ASSERT_TRUE(cluster.until([&] { return told.synced == 1; }));
  api_server("stop");
  // Behind the back of the one that watches, through a second server process' time.
  api_server("start");
  {
    Cluster other;
    ASSERT_TRUE(other.remove(space.config_map("removed")));
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(
          other.patch(space.config_map("kept"), {{"data", {{"value", std::to_string(i)}}}}));
    const auto now = other.get(space.config_map("kept"));
    const std::string revision = text_at(*now, "/metadata/resourceVersion");
    ASSERT_EQ(std::system(("ETCDCTL_API=3 etcdctl --endpoints=http://127.0.0.1:23790 compact " +
                           revision + " >/dev/null")
                              .c_str()),
              0);
  }
  // A server without a watch cache of that time asks etcd, which says that it is compacted.
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
  for (int i = 1; i <= 30; ++i) {
    ASSERT_TRUE(cluster.patch(space.config_map("a"), {{"data", {{"value", std::to_string(i)}}}}));
    ASSERT_TRUE(cluster.until([&] { return told.values["a"] == std::to_string(i); }));
    static_cast<void>(cluster.until([] { return false; }, std::chrono::seconds(0)));
  }
  EXPECT_EQ(told.synced, 1);
  EXPECT_TRUE(told.troubles.empty());
}

}  // namespace
}  // namespace duress::testing
