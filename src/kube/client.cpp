#include "kube/client.h"

#include <algorithm>

namespace duress::kube {

namespace {

constexpr BackoffPolicy kRetries{.first = std::chrono::milliseconds(200),
                                 .most = std::chrono::seconds(5)};

std::string_view content_type_of(PatchType type) {
  switch (type) {
    case PatchType::kApply:
      return "application/apply-patch+yaml";
    case PatchType::kJson:
      return "application/json-patch+json";
    default:
      return "application/merge-patch+json";
  }
}

}  // namespace

struct Pending::State {
  ApiRequest request;
  Client::Done done;
  Instant until;
  Backoff backoff;
  bool renewed = false;  // the credentials, once
  bool finished = false;
  Call call{};
  Handle timer{};
};

bool Pending::is_pending() const { return state_ && !state_->finished; }

Answer<std::unique_ptr<Client>> Client::make(Reactor& reactor, const Access& access,
                                             std::uint64_t seed) {
  auto client = std::unique_ptr<Client>(new Client(access, reactor.clock(), seed));
  const auto tls = client->credentials_.tls();
  if (!tls) return std::unexpected(tls.error());
  auto http = HttpClient::make(reactor, access.server, *tls);
  if (!http) return refuse(Reason::kInvalid, http.error().context(access.named).message);
  client->http_ = std::move(*http);
  return client;
}

Pending Client::get(const Place& place, Done done, const Query& query) {
  return send({.path = path_of(place),
               .query = query,
               .what = (place.name.empty() ? "list " : "get ") + words_of(place)},
              std::move(done));
}

Pending Client::create(const Place& place, const Json& object, Done done) {
  Place in = place;
  const std::string name = text_at(object, "/metadata/name");
  if (place.subresource.empty()) in.name.clear();
  Place named = place;
  if (named.name.empty()) named.name = name;
  return send({.method = "POST",
               .path = path_of(in),
               .body = to_text(object),
               .what = "create " + words_of(named),
               .may_repeat = false},
              std::move(done));
}

Pending Client::replace(const Place& place, const Json& object, Done done) {
  return send({.method = "PUT",
               .path = path_of(place),
               .body = to_text(object),
               .what = "replace " + words_of(place)},
              std::move(done));
}

Pending Client::patch(const Place& place, const Json& patch, const PatchOptions& options,
                      Done done) {
  ApiRequest request{.method = "PATCH",
                     .path = path_of(place),
                     .query = {{"fieldManager", options.manager}},
                     .body = to_text(patch),
                     .content_type = std::string(content_type_of(options.type)),
                     .what = "patch " + words_of(place)};
  if (options.type == PatchType::kApply && options.force)
    request.query.emplace_back("force", "true");
  // Adding to a list twice is not adding once.
  request.may_repeat = options.type != PatchType::kJson;
  return send(std::move(request), std::move(done));
}

Pending Client::remove(const Place& place, const Json& options, Done done) {
  return send({.method = "DELETE",
               .path = path_of(place),
               .body = options.is_null() ? "" : to_text(options),
               .what = "delete " + words_of(place)},
              std::move(done));
}

Pending Client::send(ApiRequest request, Done done) {
  const Instant until = reactor().now() + request.within;
  auto state = std::make_shared<Pending::State>(
      Pending::State{std::move(request), std::move(done), until, Backoff(kRetries, dice_.next())});
  // Told from the reactor's turn, whatever becomes of it.
  const std::weak_ptr<Pending::State> weak = state;
  state->timer = reactor().after(Duration{0}, [this, weak] {
    if (const auto again = weak.lock()) attempt(again);
  });
  return Pending(std::move(state));
}

Answer<HttpRequest> Client::signed_request(const ApiRequest& request) {
  auto headers = credentials_.headers();
  if (!headers) return std::unexpected(headers.error());
  HttpRequest signed_one{.method = request.method,
                         .target = access_.server.path + request.path + query_text(request.query),
                         .headers = std::move(*headers),
                         .body = request.body};
  signed_one.headers.emplace_back("Accept", "application/json");
  if (!request.body.empty()) signed_one.headers.emplace_back("Content-Type", request.content_type);
  return signed_one;
}

void Client::attempt(const std::shared_ptr<Pending::State>& state) {
  auto request = signed_request(state->request);
  if (!request)
    return answered(state, std::unexpected(request.error().context(state->request.what)));
  const std::weak_ptr<Pending::State> weak = state;
  const Duration left = std::max<Duration>(state->until - reactor().now(), std::chrono::seconds(1));
  state->call = http_->send({.request = std::move(*request),
                             .what = state->request.what,
                             .within = left,
                             .may_repeat = state->request.may_repeat,
                             .on_end = [this, weak](Answer<HttpResponse> response) {
                               if (const auto again = weak.lock())
                                 answered(again, std::move(response));
                             }});
}

// What HTTP calls an error is one here, and every error is counted.
Answer<HttpResponse> Client::judged(Answer<HttpResponse> response, const std::string& what) {
  if (response && response->status >= 400)
    response = std::unexpected(error_of(response->status, response->body,
                                        header_of(response->headers, "Retry-After"), what));
  if (!response) ++errors_[response.error().reason];
  return response;
}

void Client::answered(const std::shared_ptr<Pending::State>& state, Answer<HttpResponse> response) {
  response = judged(std::move(response), state->request.what);
  if (!response && attempt_again(state, response.error())) return;
  state->finished = true;
  const Done done = std::move(state->done);
  if (!response) return done(std::unexpected(std::move(response.error())));
  Json json = parse_json(response->body);
  if (json.is_null() && !response->body.empty()) {
    // "/readyz" and its like answer in plain text.
    if (header_of(response->headers, "Content-Type").starts_with("text/"))
      return done(Json(std::move(response->body)));
    return done(refuse(Reason::kMalformed, state->request.what +
                                               ": the answer is no JSON; is this address an API "
                                               "server's?"));
  }
  done(std::move(json));
}

// 429, and 503 with a Retry-After, were not carried out: the server asks us to come again.
bool Client::attempt_again(const std::shared_ptr<Pending::State>& state, const ApiError& error) {
  Duration wait{0};
  if (error.reason == Reason::kUnauthorized && error.status != 0 && !state->renewed) {
    state->renewed = true;
    if (!credentials_.refused()) return false;
  } else if (error.reason == Reason::kTooMany || (error.status == 503 && error.retry_after)) {
    wait = std::max<Duration>(state->backoff.failed(reactor().now()),
                              error.retry_after.value_or(std::chrono::seconds(0)));
    if (reactor().now() + wait > state->until) return false;
  } else {
    return false;
  }
  const std::weak_ptr<Pending::State> weak = state;
  state->timer = reactor().after(wait, [this, weak] {
    if (const auto again = weak.lock()) attempt(again);
  });
  return true;
}

Answer<Call> Client::stream(const ApiRequest& request, Duration quiet,
                            std::function<void(std::string_view)> on_body,
                            std::function<void(Answer<>)> on_end) {
  auto ready = signed_request(request);
  if (!ready) return std::unexpected(ready.error().context(request.what));
  return http_->send({.request = std::move(*ready),
                      .what = request.what,
                      .within = request.within,
                      .quiet = quiet,
                      .on_body = std::move(on_body),
                      .on_end = [this, what = request.what,
                                 on_end = std::move(on_end)](Answer<HttpResponse> response) {
                        response = judged(std::move(response), what);
                        if (response) return on_end({});
                        on_end(std::unexpected(std::move(response.error())));
                      }});
}

}  // namespace duress::kube
