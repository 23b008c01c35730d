#include "cluster.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace duress::testing {

using kube::Answer;
using kube::Json;
using kube::Place;

namespace {

kube::Resource service_accounts() { return {"", "v1", "serviceaccounts", true}; }

}  // namespace

std::string cluster_directory() {
  const char* directory = std::getenv("DURESS_K8S");
  return directory == nullptr ? "" : directory;
}

std::string file_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

kube::Access access_of(const std::string& user) {
  const auto config = kube::load_kubeconfig({.given = cluster_directory() + "/" + user + ".conf"});
  if (!config) {
    ADD_FAILURE() << config.error().message;
    return {};
  }
  return config->access("").value();
}

void api_server(const std::string& what) {
  const std::string command = DURESS_TESTBED_SCRIPTS "/k8s-apiserver.sh " + what;
  EXPECT_EQ(std::system(command.c_str()), 0);
}

Cluster::Cluster(const kube::Access& access) : reactor_(kube::Reactor::make(clock_).value()) {
  auto client = kube::Client::make(*reactor_, access, 1);
  if (client)
    client_ = std::move(*client);
  else
    ADD_FAILURE() << client.error().message;
}

Answer<Json> Cluster::ask(
    const std::function<kube::Pending(kube::Client&, kube::Client::Done)>& begin) {
  return kube::await<Json>(
      *reactor_, [&](kube::Client::Done done) { return begin(*client_, std::move(done)); });
}

bool Cluster::until(const std::function<bool()>& predicate, std::chrono::milliseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > end) return false;
    if (!reactor_->turn(std::chrono::milliseconds(100))) return false;
  }
  return true;
}

Answer<Json> Cluster::get(const Place& place) {
  return ask([&](auto& client, auto done) { return client.get(place, std::move(done)); });
}

std::vector<Json> Cluster::objects(const Place& place) {
  const auto list = get(place);
  if (!list) return {};
  const Json& items = kube::list_at(*list, "/items");
  return {items.begin(), items.end()};
}

Answer<Json> Cluster::create(const Place& place, const Json& object) {
  return ask(
      [&](auto& client, auto done) { return client.create(place, object, std::move(done)); });
}

Answer<Json> Cluster::patch(const Place& place, const Json& patch,
                            const kube::PatchOptions& options) {
  return ask([&](auto& client, auto done) {
    return client.patch(place, patch, options, std::move(done));
  });
}

Answer<Json> Cluster::remove(const Place& place) {
  return ask(
      [&](auto& client, auto done) { return client.remove(place, nullptr, std::move(done)); });
}

Namespace::Namespace(Cluster& cluster)
    : cluster_(cluster),
      name_("duress-it-" + std::to_string(::getpid()) + "-" +
            std::to_string(std::chrono::steady_clock::now().time_since_epoch().count() % 1000000)) {
  const auto made = cluster_.create(
      {kube::namespaces(), "", "", ""},
      {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name_}}}});
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  // Pods need it. Beside a controller manager it is there already, or will be.
  static_cast<void>(cluster_.create(
      {service_accounts(), name_, "", ""},
      {{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", {{"name", "default"}}}}));
}

Namespace::~Namespace() {
  // Without a controller manager nobody empties a namespace: what is in it goes first.
  static_cast<void>(cluster_.remove(config_map()));
  static_cast<void>(cluster_.remove({service_accounts(), name_, "default", ""}));
  static_cast<void>(cluster_.remove({kube::namespaces(), "", name_, ""}));
}

void Namespace::make_config_map(const std::string& name, const std::string& value) {
  const auto made = cluster_.create(config_map(), {{"apiVersion", "v1"},
                                                   {"kind", "ConfigMap"},
                                                   {"metadata", {{"name", name}}},
                                                   {"data", {{"value", value}}}});
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
}

}  // namespace duress::testing
