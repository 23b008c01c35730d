#include "kube/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace duress::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kMinimal = R"(
apiVersion: v1
kind: Config
current-context: here
clusters:
- name: a
  cluster: {server: "https://10.0.0.1:6443", certificate-authority-data: QUJD, tls-server-name: api}
- name: b
  cluster: {server: "http://[::1]:8001/prefix/"}
users:
- name: u
  user: {token: "0123", as: bob, as-groups: [x, y]}
contexts:
- name: here
  context: {cluster: a, user: u, namespace: web}
- name: there
  context: {cluster: b, user: ""}
)";

Result<Access> access_of(std::string_view yaml, const std::string& context = "") {
  Kubeconfig config;
  if (auto done = config.add(yaml, "/dir/config"); !done) return std::unexpected(done.error());
  return config.access(context);
}

TEST(Kubeconfig, GivesTheCurrentContext) {
  const auto access = access_of(kMinimal);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->server, (Url{true, "10.0.0.1", 6443, ""}));
  EXPECT_EQ(access->tls.authorities, "ABC");
  EXPECT_EQ(access->tls.server_name, "api");
  EXPECT_EQ(access->login.token, "0123");
  EXPECT_EQ(access->login.as, "bob");
  EXPECT_THAT(access->login.as_groups, ElementsAre("x", "y"));
  EXPECT_EQ(access->ns, "web");
  EXPECT_EQ(access->named, "context here of /dir/config");
}

TEST(Kubeconfig, GivesAnotherContextByName) {
  const auto access = access_of(kMinimal, "there");
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->server, (Url{false, "::1", 8001, "/prefix"}));
  EXPECT_EQ(access->ns, "default");
}

TEST(Kubeconfig, ReadsJsonToo) {
  const auto access = access_of(
      R"({"clusters":[{"name":"a","cluster":{"server":"https://h","insecure-skip-tls-verify":true}}],
          "contexts":[{"name":"c","context":{"cluster":"a","user":""}}],"current-context":"c"})");
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_FALSE(access->tls.verify);
  EXPECT_EQ(access->server.port, 443);
}

TEST(Kubeconfig, TakesOfTwoFilesTheFirstThatNamesAThing) {
  Kubeconfig config;
  ASSERT_TRUE(
      config.add("current-context: two\n"
                 "contexts: [{name: one, context: {cluster: c, namespace: first}}]",
                 "/1"));
  ASSERT_TRUE(
      config.add("current-context: one\n"
                 "clusters: [{name: c, cluster: {server: 'https://h'}}]\n"
                 "contexts: [{name: one, context: {cluster: c, namespace: second}},\n"
                 "           {name: two, context: {cluster: c}}]",
                 "/2"));
  EXPECT_EQ(config.current(), "two");
  EXPECT_THAT(config.contexts(), ElementsAre("one", "two"));
  EXPECT_EQ(config.access("one")->ns, "first");
  EXPECT_EQ(config.access("")->ns, "default");
}

TEST(Kubeconfig, NamesTheContextsThatThereAre) {
  EXPECT_THAT(access_of(kMinimal, "nowhere").error().message,
              HasSubstr("there is no context nowhere; there are: here, there"));
  EXPECT_THAT(access_of("contexts: [{name: x, context: {cluster: none}}]", "x").error().message,
              HasSubstr("names a cluster that is not there: none"));
  EXPECT_THAT(access_of("contexts: []").error().message, HasSubstr("no current-context is set"));
}

TEST(Kubeconfig, RefusesWhatItWouldHaveToIgnore) {
  const std::string head =
      "current-context: c\ncontexts: [{name: c, context: {cluster: a, user: u}}]\n";
  const auto with = [&head](const std::string& cluster, const std::string& user) {
    return access_of(head + "clusters: [{name: a, cluster: {server: 'https://h'" + cluster +
                     "}}]\nusers: [{name: u, user: {" + user + "}}]");
  };
  EXPECT_THAT(with(", proxy-url: 'http://p'", "token: x").error().message, HasSubstr("proxy-url"));
  EXPECT_THAT(with("", "auth-provider: {name: gcp}").error().message, HasSubstr("1.26"));
  EXPECT_THAT(with("", "client-certificate-data: QUJD").error().message, HasSubstr("go together"));
  EXPECT_THAT(with(", certificate-authority-data: '*'", "token: x").error().message,
              HasSubstr("no base64"));
  EXPECT_THAT(with("", "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}")
                  .error()
                  .message,
              HasSubstr("v1beta1; renew the kubeconfig"));
  EXPECT_TRUE(with("", "token: x"));
}

TEST(Kubeconfig, ReadsAPlugin) {
  const auto access = access_of(R"(
current-context: c
contexts: [{name: c, context: {cluster: a, user: u}}]
clusters: [{name: a, cluster: {server: https://h}}]
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: ./get-token
      args: [--cluster, "a"]
      env: [{name: PROFILE, value: work}]
      interactiveMode: Never
      provideClusterInfo: true
)");
  ASSERT_TRUE(access) << access.error().message;
  const ExecPlugin& plugin = access->login.exec;
  EXPECT_EQ(plugin.command, "/dir/./get-token");
  EXPECT_THAT(plugin.arguments, ElementsAre("--cluster", "a"));
  EXPECT_THAT(plugin.environment, ElementsAre(std::pair("PROFILE", "work")));
  EXPECT_FALSE(plugin.may_ask);
  EXPECT_TRUE(plugin.provide_cluster_info);
}

TEST(Kubeconfig, TellsTheLineOfAMistake) {
  Kubeconfig config;
  const auto done = config.add("clusters:\n- name: [a\n", "/dir/config");
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("/dir/config: line "));
  EXPECT_THAT(config.add("kind: Pod\n", "/x").error().message, HasSubstr("is no kubeconfig"));
}

TEST(Kubeconfig, DoesNotGrowWithoutBound) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) yaml += before + (j < 9 ? ", " : "]\n");
  }
  EXPECT_THAT(yaml_to_json(yaml).error().message, HasSubstr("too large"));
}

class KubeconfigFiles : public ::testing::Test {
 protected:
  KubeconfigFiles() {
    std::string name = "/tmp/duress-kubeconfig-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~KubeconfigFiles() override { std::filesystem::remove_all(directory_); }
  std::string write(const std::string& name, std::string_view text) {
    const std::string path = directory_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }
  std::string directory_;
};

TEST_F(KubeconfigFiles, PassesOverAFileOfAListThatIsNotThere) {
  const std::string path = write("a", kMinimal);
  const auto config = load_kubeconfig({.variable = directory_ + "/none::" + path});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->current(), "here");
}

TEST_F(KubeconfigFiles, LooksInHomeLast) {
  write(".kube/config", kMinimal);
  EXPECT_TRUE(load_kubeconfig({.home = directory_}));
  const auto none = load_kubeconfig({.home = directory_ + "/x"});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("/x/.kube/config"));
}

TEST_F(KubeconfigFiles, RefusesAGivenFileThatIsNotThere) {
  EXPECT_EQ(load_kubeconfig({.given = directory_ + "/none"}).error().code, Code::kNotFound);
}

TEST_F(KubeconfigFiles, ReadsCertificatesRelativeToTheFile) {
  write("ca.pem", "authorities");
  const auto config = load_kubeconfig(
      {.given = write("config",
                      "current-context: c\ncontexts: [{name: c, context: {cluster: a}}]\n"
                      "clusters: [{name: a, cluster: {server: 'https://h', "
                      "certificate-authority: ca.pem}}]\n")});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->access("")->tls.authorities, "authorities");
}

TEST_F(KubeconfigFiles, GivesAServiceAccountsAccess) {
  write("token", "t");
  write("ca.crt", "authorities");
  write("namespace", "web\n");
  const std::map<std::string, std::string> environment{{"KUBERNETES_SERVICE_HOST", "fd00::1"},
                                                       {"KUBERNETES_SERVICE_PORT", "443"}};
  const auto access = access_in_cluster(environment, directory_);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->server.host, "fd00::1");
  EXPECT_EQ(access->login.token_file, directory_ + "/token");
  EXPECT_EQ(access->ns, "web");
  EXPECT_THAT(access_in_cluster({}, directory_).error().message, HasSubstr("--kubeconfig"));
  std::filesystem::remove(directory_ + "/ca.crt");
  EXPECT_THAT(access_in_cluster(environment, directory_).error().message,
              HasSubstr("automountServiceAccountToken"));
}

}  // namespace
}  // namespace duress::kube
