// What tests need of the test bed's real API server: ways to reach it, a namespace of their own,
// and its death. The namespace is removed with the object. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kube/await.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"

namespace duress::testing {

[[nodiscard]] std::string cluster_directory();  // $DURESS_K8S
[[nodiscard]] std::string file_text(const std::string& path);
void write_file(const std::string& path, const std::string& text);

// The access that a kubeconfig of the test bed gives: "admin", "alice".
[[nodiscard]] kube::Access access_of(const std::string& user);

// "start", "stop", "kill", "restart".
void api_server(const std::string& what);

class Cluster final {
 public:
  explicit Cluster(const kube::Access& access = access_of("admin"));

  [[nodiscard]] kube::Client& client() { return *client_; }
  [[nodiscard]] kube::Reactor& reactor() { return *reactor_; }
  [[nodiscard]] kube::Answer<kube::Json> ask(
      const std::function<kube::Pending(kube::Client&, kube::Client::Done)>& begin);
  // Turns until it holds; false: it did not in time.
  [[nodiscard]] bool until(const std::function<bool()>& predicate,
                           std::chrono::milliseconds most = std::chrono::seconds(30));

  [[nodiscard]] kube::Answer<kube::Json> get(const kube::Place& place);
  // What a list has; nothing where there is no answer.
  [[nodiscard]] std::vector<kube::Json> objects(const kube::Place& place);
  [[nodiscard]] kube::Answer<kube::Json> create(const kube::Place& place, const kube::Json& object);
  [[nodiscard]] kube::Answer<kube::Json> patch(const kube::Place& place, const kube::Json& patch,
                                               const kube::PatchOptions& options = {});
  [[nodiscard]] kube::Answer<kube::Json> remove(const kube::Place& place);

 private:
  SystemClock clock_;
  std::unique_ptr<kube::Reactor> reactor_;
  std::unique_ptr<kube::Client> client_;
};

class Namespace final {
 public:
  explicit Namespace(Cluster& cluster);
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;
  ~Namespace();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] kube::Place config_map(const std::string& name = "") const {
    return {kube::config_maps(), name_, name, ""};
  }
  void make_config_map(const std::string& name, const std::string& value);

 private:
  Cluster& cluster_;
  std::string name_;
};

}  // namespace duress::testing
