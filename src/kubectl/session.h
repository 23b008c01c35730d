// One conversation with a cluster's API server about experiments: what the subcommands of the
// plugin ask and order. It waits for each answer, so it is for command lines only. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kube/client.h"
#include "kube/custom_resources.h"
#include "kubectl/arguments.h"

namespace duress::kubectl {

class Session final {
 public:
  struct World {
    const Clock& clock;
    std::string variable{};  // $KUBECONFIG
    std::string home{};
    std::uint64_t seed = 0;
  };
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const World& world,
                                                             const Arguments& arguments);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() = default;

  [[nodiscard]] const std::string& ns() const { return ns_; }
  [[nodiscard]] const std::string& server() const { return server_; }
  [[nodiscard]] kube::Reactor& reactor() { return *reactor_; }
  [[nodiscard]] kube::Client& client() { return *client_; }
  // By the API server's clock, as far as it was heard.
  [[nodiscard]] WallTime server_now() const;

  // Those that the arguments name; without names, all of the namespace, or of all. kNotFound where
  // one that was named is not there.
  [[nodiscard]] kube::Answer<std::vector<kube::Json>> experiments(const Arguments& arguments);
  [[nodiscard]] kube::Answer<kube::Json> get(const kube::Place& place);
  // All pages of it.
  [[nodiscard]] kube::Answer<std::vector<kube::Json>> list(const kube::Place& place);
  [[nodiscard]] kube::Answer<kube::Json> create(const kube::Resource& resource,
                                                const kube::Json& object);
  [[nodiscard]] kube::Answer<kube::Json> remove(const kube::Place& place);
  // Metadata's annotation, by a merge patch.
  [[nodiscard]] kube::Answer<kube::Json> annotate(const kube::Place& place, const std::string& name,
                                                  const std::string& value);
  [[nodiscard]] kube::Answer<kube::Json> ask(kube::ApiRequest request);

 private:
  using Begin = std::function<kube::Pending(kube::Client&, kube::Client::Done)>;
  Session() = default;
  [[nodiscard]] kube::Answer<kube::Json> await(const Begin& begin);

  std::unique_ptr<kube::Reactor> reactor_;
  std::unique_ptr<kube::Client> client_;
  std::string ns_;
  std::string server_;
};

[[nodiscard]] kube::Place place_of(const kube::Json& experiment);

}  // namespace duress::kubectl
