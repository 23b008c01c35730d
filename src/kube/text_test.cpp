#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/wall_time.h"
#include "kube/exec_plugin.h"
#include "kube/json.h"
#include "kube/resource.h"
#include "kube/url.h"

namespace duress::kube {
namespace {

using ::testing::HasSubstr;

TEST(Url, IsReadInItsParts) {
  EXPECT_EQ(*parse_url("https://api.example:6443"), (Url{true, "api.example", 6443, ""}));
  EXPECT_EQ(*parse_url("https://h/k8s/clusters/c-1/"), (Url{true, "h", 443, "/k8s/clusters/c-1"}));
  EXPECT_EQ(*parse_url("h"), (Url{true, "h", 443, ""}));
  EXPECT_EQ(host_and_port({true, "fd00::1", 6443, ""}), "[fd00::1]:6443");
  for (const std::string_view wrong :
       {"", "https://", "ftp://h", "https://u:p@h", "https://h:0", "https://h:65536", "https://h:x",
        "https://[::1", "https://[::1]x", "https://h/?a", "https://h h", "https://h\r\nX: y"})
    EXPECT_FALSE(parse_url(wrong)) << wrong;
}

TEST(Url, EncodesWhatAQueryMayNotHold) {
  EXPECT_EQ(query_text({{"labelSelector", "app in (a,b)"}, {"limit", "5"}}),
            "?labelSelector=app%20in%20%28a%2Cb%29&limit=5");
  EXPECT_EQ(query_text({}), "");
}

TEST(Place, IsAPathAndASentence) {
  const Place pod{pods(), "a", "b", "status"};
  EXPECT_EQ(path_of(pod), "/api/v1/namespaces/a/pods/b/status");
  EXPECT_EQ(words_of(pod), "pods/status a/b");
  EXPECT_EQ(path_of({leases(), "", "", ""}), "/apis/coordination.k8s.io/v1/leases");
  EXPECT_EQ(words_of({leases(), "", "", ""}), "leases in all namespaces");
  EXPECT_EQ(path_of({nodes(), "ignored", "n", ""}), "/api/v1/nodes/n");
  EXPECT_EQ(words_of({nodes(), "ignored", "n", ""}), "nodes n");
  EXPECT_EQ(path_of({pods(), "a", "../secrets", ""}), "/api/v1/namespaces/a/pods/..%2Fsecrets");
}

TEST(Json, IsLookedIntoWithoutExceptions) {
  const Json json = parse_json(R"({"a":{"b":[{"c":"x"},7]},"d/e":"y","f":true})");
  EXPECT_EQ(text_at(json, "/a/b/0/c"), "x");
  EXPECT_EQ(number_at(json, "/a/b/1"), 7);
  EXPECT_EQ(text_at(json, "/d~1e"), "y");
  EXPECT_TRUE(is_true_at(json, "/f"));
  EXPECT_EQ(text_at(json, "/a/b/9/c"), "");
  EXPECT_EQ(text_at(json, "/a/b/x"), "");
  EXPECT_EQ(text_at(json, "/a"), "");
  EXPECT_EQ(number_at(json, "/f"), std::nullopt);
  EXPECT_TRUE(list_at(json, "/none").empty());
  EXPECT_TRUE(parse_json("{").is_null());
  EXPECT_TRUE(parse_json(std::string(100'000, '[')).is_null());
}

TEST(ExecCredential, IsTakenWithWhatItMustHave) {
  ExecPlugin plugin;
  plugin.command = "get-token";
  plugin.api_version = "client.authentication.k8s.io/v1";
  const auto parse = [&plugin](const std::string& status, const std::string& version = "v1") {
    return parse_exec_credential(
        R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/)" + version +
            R"(","status":)" + status + "}",
        plugin);
  };
  const auto credential = parse(R"({"token":"t","expirationTimestamp":"2026-11-24T21:35:06Z"})");
  ASSERT_TRUE(credential) << credential.error().message;
  EXPECT_EQ(credential->token, "t");
  EXPECT_EQ(credential->expires, parse_time("2026-11-24T21:35:06Z"));
  EXPECT_TRUE(parse(R"({"clientCertificateData":"c","clientKeyData":"k"})"));
  EXPECT_THAT(parse(R"({"clientCertificateData":"c"})").error().message, HasSubstr("neither"));
  EXPECT_THAT(parse(R"({"token":"t"})", "v1beta1").error().message, HasSubstr("renew one"));
  EXPECT_THAT(parse(R"({"token":"t","expirationTimestamp":"soon"})").error().message,
              HasSubstr("soon is no time"));
  EXPECT_THAT(parse_exec_credential("Please log in", plugin).error().message,
              HasSubstr("Please log in"));
}

TEST(ExecInfo, TellsTheClusterWhereItIsAskedFor) {
  Access access;
  access.server = *parse_url("https://h:6443");
  access.tls.authorities = "ABC";
  access.login.exec.api_version = "client.authentication.k8s.io/v1";
  access.login.exec.may_ask = false;
  EXPECT_EQ(find(parse_json(exec_info(access)), "/spec/cluster"), nullptr);
  access.login.exec.provide_cluster_info = true;
  const Json info = parse_json(exec_info(access));
  EXPECT_EQ(text_at(info, "/spec/cluster/server"), "https://h:6443");
  EXPECT_EQ(text_at(info, "/spec/cluster/certificate-authority-data"), "QUJD");
  EXPECT_FALSE(is_true_at(info, "/spec/interactive"));
}

}  // namespace
}  // namespace duress::kube
