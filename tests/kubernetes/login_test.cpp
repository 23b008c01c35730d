#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "cluster.h"

namespace duress::testing {
namespace {

using kube::Json;
using kube::Reason;
using kube::text_at;
using ::testing::HasSubstr;

class KubeLogin : public ::testing::Test {
 protected:
  KubeLogin() { std::filesystem::create_directories(directory_); }
  ~KubeLogin() override { std::filesystem::remove_all(directory_); }

  // Who the server takes us for.
  static std::string user_of(Cluster& cluster) {
    const auto review =
        cluster.create({{"authentication.k8s.io", "v1", "selfsubjectreviews", false}, "", "", ""},
                       {{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "SelfSubjectReview"}});
    return review ? text_at(*review, "/status/userInfo/username") : review.error().message;
  }

  std::string write_program(const std::string& name, const std::string& text) {
    const std::string path = directory_ + "/" + name;
    write_file(path, "#!/bin/sh\n" + text);
    ::chmod(path.c_str(), 0755);
    return path;
  }

  kube::Access with_plugin(const std::string& path) {
    kube::Access access = access_of("admin");
    access.login = {};
    access.login.exec.command = path;
    access.login.exec.api_version = "client.authentication.k8s.io/v1";
    access.login.exec.install_hint = "install it from example.org";
    return access;
  }

  std::string directory_ = "/tmp/duress-it-login-" + std::to_string(::getpid());
};

TEST_F(KubeLogin, PresentsACertificate) {
  kube::Access access = access_of("admin");
  access.login = {};
  access.tls.certificate = file_text(cluster_directory() + "/admin.crt");
  access.tls.key = file_text(cluster_directory() + "/admin.key");
  Cluster cluster(access);
  EXPECT_EQ(user_of(cluster), "admin-by-certificate");
}

TEST_F(KubeLogin, ReadsATokenFileAgainWhenItIsNotAccepted) {
  const std::string file = directory_ + "/token";
  write_file(file, "alice-token\n");
  kube::Access access = access_of("admin");
  access.login = {};
  access.login.token_file = file;
  Cluster cluster(access);
  EXPECT_EQ(user_of(cluster), "alice");
  // Replaced as a kubelet does; the old one would be read for a minute, but it is refused.
  write_file(file, "old-token");
  Cluster late(access);
  EXPECT_THAT(user_of(late), HasSubstr("log in again"));
  write_file(file, "admin-token");
  EXPECT_EQ(user_of(late), "admin");
}

TEST_F(KubeLogin, UsesAServiceAccountsFilesInACluster) {
  Cluster admin;
  const Namespace space(admin);
  const kube::Resource accounts{"", "v1", "serviceaccounts", true};
  ASSERT_TRUE(admin.create(
      {accounts, space.name(), "", ""},
      {{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", {{"name", "agent"}}}}));
  const auto token =
      admin.create({accounts, space.name(), "agent", "token"},
                   {{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenRequest"}});
  ASSERT_TRUE(token) << token.error().message;
  write_file(directory_ + "/token", text_at(*token, "/status/token"));
  write_file(directory_ + "/ca.crt", file_text(cluster_directory() + "/ca.crt"));
  write_file(directory_ + "/namespace", space.name());
  const auto access = kube::access_in_cluster(
      {{"KUBERNETES_SERVICE_HOST", "10.244.77.1"}, {"KUBERNETES_SERVICE_PORT", "6443"}},
      directory_);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->ns, space.name());
  Cluster cluster(*access);
  EXPECT_EQ(user_of(cluster), "system:serviceaccount:" + space.name() + ":agent");
  EXPECT_TRUE(admin.remove({accounts, space.name(), "agent", ""}));
}

TEST_F(KubeLogin, RunsAPluginForItsToken) {
  const std::string program = write_program(
      "plugin", "echo ran >> " + directory_ + "/runs\n" +
                    R"(echo "$KUBERNETES_EXEC_INFO" | grep -q '"kind":"ExecCredential"' || exit 3
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"alice-token"}}'
)");
  Cluster cluster(with_plugin(program));
  EXPECT_EQ(user_of(cluster), "alice");
  EXPECT_EQ(user_of(cluster), "alice");
  EXPECT_EQ(file_text(directory_ + "/runs"), "ran\n");
}

TEST_F(KubeLogin, RunsAPluginAgainWhenItsTokenIsRefused) {
  const std::string program = write_program(
      "plugin",
      "n=$(cat " + directory_ + "/n 2>/dev/null || echo old-token); echo admin-token > " +
          directory_ + "/n\n" +
          R"(echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$n\"}}"
)");
  Cluster cluster(with_plugin(program));
  EXPECT_EQ(user_of(cluster), "admin");
}

TEST_F(KubeLogin, SaysWhatIsWrongWithAPlugin) {
  SystemClock clock;
  const auto reactor = kube::Reactor::make(clock).value();
  const auto failing =
      kube::Client::make(*reactor, with_plugin(write_program("failing", "exit 7\n")), 1);
  ASSERT_FALSE(failing);
  EXPECT_THAT(failing.error().message, HasSubstr("ended with code 7; install it from example.org"));
  const auto missing = kube::Client::make(*reactor, with_plugin(directory_ + "/missing"), 1);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("cannot be started: No such file"));
}

TEST_F(KubeLogin, ActsAsAnother) {
  kube::Access access = access_of("admin");
  access.login.as = "bob";
  Cluster cluster(access);
  EXPECT_EQ(user_of(cluster), "bob");
}

}  // namespace
}  // namespace duress::testing
