#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster.h"
#include "kube/edit.h"
#include "kube/event_recorder.h"

namespace duress::testing {
namespace {

using kube::Json;
using kube::Reason;
using kube::text_at;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(KubeClient, MakesReadsPatchesAndRemovesAnObject) {
  Cluster cluster;
  const Namespace space(cluster);
  const auto made = cluster.create(space.config_map(), {{"apiVersion", "v1"},
                                                        {"kind", "ConfigMap"},
                                                        {"metadata", {{"name", "a"}}},
                                                        {"data", {{"value", "1"}}}});
  ASSERT_TRUE(made) << made.error().message;
  const auto merged = cluster.patch(space.config_map("a"), {{"data", {{"more", "2"}}}});
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(text_at(*merged, "/data/value"), "1");
  EXPECT_EQ(text_at(*merged, "/data/more"), "2");

  const auto applied = cluster.patch(space.config_map("a"),
                                     {{"apiVersion", "v1"},
                                      {"kind", "ConfigMap"},
                                      {"metadata", {{"name", "a"}}},
                                      {"data", {{"value", "applied"}}}},
                                     {.type = kube::PatchType::kApply});
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(text_at(*applied, "/data/value"), "applied");

  const auto operations = cluster.patch(space.config_map("a"),
                                        Json::array({{{"op", "remove"}, {"path", "/data/more"}}}),
                                        {.type = kube::PatchType::kJson});
  ASSERT_TRUE(operations) << operations.error().message;
  EXPECT_EQ(text_at(*operations, "/data/more"), "");

  ASSERT_TRUE(cluster.remove(space.config_map("a")));
  const auto gone = cluster.get(space.config_map("a"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().reason, Reason::kNotFound);
}

TEST(KubeClient, SaysWhichRightIsMissing) {
  Cluster alice(access_of("alice"));
  const auto refused = alice.get({kube::pods(), "default", "", ""});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::kForbidden);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("User \"alice\" cannot list resource \"pods\""),
                    HasSubstr("in the namespace \"default\""), HasSubstr("Role")));
}

TEST(KubeClient, SaysThatAnObjectIsThereAlready) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("a", "1");
  const auto again =
      cluster.create(space.config_map(),
                     {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "a"}}}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason, Reason::kAlreadyExists);
}

TEST(KubeClient, RefusesAServerOfAnotherAuthority) {
  kube::Access access = access_of("admin");
  // Another CA's certificate: any that is not the cluster's.
  access.tls.authorities = file_text(cluster_directory() + "/server.crt");
  access.tls.server_name = "";
  const std::string foreign = cluster_directory() + "/foreign.crt";
  ASSERT_EQ(std::system(("openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -days 1 "
                         "-subj /CN=foreign -out " +
                         foreign + " 2>/dev/null")
                            .c_str()),
            0);
  access.tls.authorities = file_text(foreign);
  Cluster cluster(access);
  const auto answer = cluster.get({kube::namespaces(), "", "default", ""});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::kDistrust);
  EXPECT_THAT(answer.error().message,
              HasSubstr("not signed by the configured certificate-authority"));
}

TEST(KubeClient, RefusesACertificateOfAnotherName) {
  kube::Access access = access_of("admin");
  access.tls.server_name = "another.example";
  Cluster cluster(access);
  const auto answer = cluster.get({kube::namespaces(), "", "default", ""});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::kDistrust);
  EXPECT_THAT(answer.error().message, HasSubstr("is not for another.example"));
}

TEST(KubeClient, SaysThatNobodyListens) {
  kube::Access access = access_of("admin");
  access.server.port = 6444;
  Cluster cluster(access);
  const auto answer = cluster.get({kube::namespaces(), "", "default", ""});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::kNoContact);
  EXPECT_THAT(answer.error().message, AllOf(HasSubstr("10.244.77.1:6444"), HasSubstr("refused")));
}

TEST(KubeClient, AnswersManyRequestsAtOnceOverFewConnections) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("a", "1");
  int answered = 0;
  std::vector<kube::Pending> pending;
  for (int i = 0; i < 100; ++i)
    pending.push_back(cluster.client().get(space.config_map("a"), [&](const auto& answer) {
      EXPECT_TRUE(answer) << answer.error().message;
      answered += 1;
    }));
  std::size_t most = 0;
  ASSERT_TRUE(cluster.until([&] {
    most = std::max(most, cluster.client().http().connections());
    return answered == 100;
  }));
  EXPECT_LE(most, 8U);
}

TEST(KubeClient, ReusesAConnectionThatTheServerClosedMeanwhile) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("a", "1");
  api_server("restart");
  const auto answer = cluster.get(space.config_map("a"));
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST(KubeClient, TellsTheServersTime) {
  Cluster cluster;
  ASSERT_TRUE(cluster.get({kube::namespaces(), "", "default", ""}));
  const auto time = cluster.client().http().server_time();
  ASSERT_TRUE(time);
  EXPECT_LT(std::chrono::abs(SystemClock().wall() - time->told), std::chrono::seconds(5));
}

TEST(KubeEditing, DecidesAnewWhenAnotherWroteMeanwhile) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("a", "0");
  // Twenty that add one each, all at once: each has to see the others' work.
  int finished = 0;
  std::vector<std::unique_ptr<kube::Editing>> editings;
  int reads = 0;
  for (int i = 0; i < 20; ++i) {
    kube::Edit edit{.place = space.config_map("a"),
                    .decide =
                        [&reads](const Json& now) {
                          reads += 1;
                          const int value = std::stoi(text_at(now, "/data/value"));
                          return Json{{"data", {{"value", std::to_string(value + 1)}}}};
                        },
                    .attempts = 50};
    editings.push_back(std::make_unique<kube::Editing>(
        cluster.client(), std::move(edit), [&finished](const auto& answer) {
          EXPECT_TRUE(answer) << answer.error().message;
          finished += 1;
        }));
  }
  ASSERT_TRUE(cluster.until([&] { return finished == 20; }));
  EXPECT_EQ(text_at(*cluster.get(space.config_map("a")), "/data/value"), "20");
  EXPECT_GT(reads, 20);
}

TEST(KubeEvents, WritesOneObjectForWhatHappensAgain) {
  Cluster cluster;
  Namespace space(cluster);
  space.make_config_map("a", "1");
  const auto object = cluster.get(space.config_map("a"));
  kube::EventRecorder recorder(cluster.client(), "duress-test", "here");
  for (int i = 0; i < 50; ++i)
    recorder.note({.target = {.api_version = "v1",
                              .kind = "ConfigMap",
                              .ns = space.name(),
                              .name = "a",
                              .uid = text_at(*object, "/metadata/uid")},
                   .reason = "Tried",
                   .message = "for the " + std::to_string(i) + "th time"});
  ASSERT_TRUE(cluster.until([&] { return recorder.pending() == 0; }));
  const kube::Place all{kube::events(), space.name(), "", ""};
  EXPECT_EQ(kube::list_at(*cluster.get(all), "/items").size(), 1U);
  // The rest comes as one more write, ten seconds later.
  ASSERT_TRUE(cluster.until([&] {
    const auto list = cluster.get(all);
    return list && kube::number_at(*list, "/items/0/count") == 50;
  }));
  EXPECT_EQ(text_at(*cluster.get(all), "/items/0/message"), "for the 49th time");
  EXPECT_TRUE(cluster.remove(all));
}

}  // namespace
}  // namespace duress::testing
