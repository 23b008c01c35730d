// The API server's client: objects got, listed, made, changed and removed as JSON, with fresh
// credentials, and asked again where the server says so. It caches nothing and watches nothing
// (watch.h). One thread; outlives what it returns.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "kube/backoff.h"
#include "kube/credentials.h"
#include "kube/http_client.h"
#include "kube/json.h"
#include "kube/resource.h"

namespace duress::kube {

struct ApiRequest {
  std::string method = "GET";
  std::string path{};  // below the server's own
  Query query{};
  std::string body{};
  std::string content_type = "application/json";
  std::string what{};                          // "list pods in namespace a"
  Duration within = std::chrono::seconds(30);  // all attempts together
  bool may_repeat = true;
};

enum class PatchType {
  kMerge,  // RFC 7386; lists are replaced whole
  kApply,  // server-side apply: the fields that are ours, under our name
  kJson,   // RFC 6902: operations
};

struct PatchOptions {
  PatchType type = PatchType::kMerge;
  std::string manager = "duress";
  bool force = true;  // of apply: take fields over from other managers
};

// Dropping it drops the request.
class Pending final {
 public:
  struct State;
  Pending() = default;
  explicit Pending(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Pending(Pending&&) noexcept = default;
  Pending& operator=(Pending&&) noexcept = default;
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() = default;

  void drop() { state_.reset(); }
  [[nodiscard]] bool is_pending() const;

 private:
  std::shared_ptr<State> state_;
};

class Client final {
 public:
  using Done = std::function<void(Answer<Json>)>;

  // Runs a plugin where the access names one. `seed` is of the jitter.
  [[nodiscard]] static Answer<std::unique_ptr<Client>> make(Reactor& reactor, const Access& access,
                                                            std::uint64_t seed);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() = default;

  [[nodiscard]] Pending get(const Place& place, Done done, const Query& query = {});
  [[nodiscard]] Pending create(const Place& place, const Json& object, Done done);
  // With metadata.resourceVersion: kConflict where it has changed since.
  [[nodiscard]] Pending replace(const Place& place, const Json& object, Done done);
  [[nodiscard]] Pending patch(const Place& place, const Json& patch, const PatchOptions& options,
                              Done done);
  [[nodiscard]] Pending remove(const Place& place, const Json& options, Done done);
  // Anything else: "/version", reviews of rights.
  [[nodiscard]] Pending send(ApiRequest request, Done done);

  // For watches: one attempt, the body in pieces. Errors of HTTP are errors here.
  [[nodiscard]] Answer<Call> stream(const ApiRequest& request, Duration quiet,
                                    std::function<void(std::string_view)> on_body,
                                    std::function<void(Answer<>)> on_end);
  [[nodiscard]] bool renew_credentials() { return credentials_.refused(); }

  [[nodiscard]] Reactor& reactor() const { return http_->reactor(); }
  [[nodiscard]] HttpClient& http() { return *http_; }
  [[nodiscard]] std::uint64_t dice() { return dice_.next(); }
  // Answers that were errors, of every attempt, and attempts without one.
  [[nodiscard]] const std::map<Reason, std::uint64_t>& errors() const { return errors_; }

 private:
  Client(Access access, const Clock& clock, std::uint64_t seed)
      : access_(access), credentials_(std::move(access), clock), dice_(seed) {}
  [[nodiscard]] Answer<HttpRequest> signed_request(const ApiRequest& request);
  [[nodiscard]] Answer<HttpResponse> judged(Answer<HttpResponse> response, const std::string& what);
  void attempt(const std::shared_ptr<Pending::State>& state);
  void answered(const std::shared_ptr<Pending::State>& state, Answer<HttpResponse> response);
  [[nodiscard]] bool attempt_again(const std::shared_ptr<Pending::State>& state,
                                   const ApiError& error);

  Access access_;
  Credentials credentials_;
  Dice dice_;
  std::map<Reason, std::uint64_t> errors_;
  std::unique_ptr<HttpClient> http_;
};

}  // namespace duress::kube
