#include "kubectl/session.h"

#include "kube/await.h"
#include "kube/kubeconfig.h"

namespace duress::kubectl {

using kube::Answer;
using kube::Json;

Result<std::unique_ptr<Session>> Session::open(const World& world, const Arguments& arguments) {
  auto config = kube::load_kubeconfig(
      {.given = arguments.kubeconfig, .variable = world.variable, .home = world.home});
  if (!config) return std::unexpected(config.error());
  auto access = config->access(arguments.context);
  if (!access) return std::unexpected(access.error());
  std::unique_ptr<Session> out(new Session());
  auto reactor = kube::Reactor::make(world.clock);
  if (!reactor) return std::unexpected(reactor.error());
  out->reactor_ = std::move(*reactor);
  auto client = kube::Client::make(*out->reactor_, *access, world.seed);
  if (!client) return std::unexpected(client.error().plain());
  out->client_ = std::move(*client);
  out->ns_ = arguments.ns.empty() ? access->ns : arguments.ns;
  out->server_ = access->named;
  return out;
}

WallTime Session::server_now() const {
  const auto heard = client_->http().server_time();
  if (!heard) return reactor_->clock().wall();
  return heard->told + (reactor_->now() - heard->heard);
}

Answer<Json> Session::await(const Begin& begin) {
  return kube::await(
      *reactor_, std::function<kube::Pending(kube::Client::Done)>(
                     [&](kube::Client::Done done) { return begin(*client_, std::move(done)); }));
}

Answer<Json> Session::get(const kube::Place& place) {
  return await([&](kube::Client& client, kube::Client::Done done) {
    return client.get(place, std::move(done));
  });
}

Answer<std::vector<Json>> Session::list(const kube::Place& place) {
  std::vector<Json> out;
  std::string next;
  do {
    kube::Query query = {{"limit", "500"}};
    if (!next.empty()) query.emplace_back("continue", next);
    auto page = await([&](kube::Client& client, kube::Client::Done done) {
      return client.get(place, std::move(done), query);
    });
    if (!page) return std::unexpected(page.error());
    for (const Json& item : kube::list_at(*page, "/items")) out.push_back(item);
    next = kube::text_at(*page, "/metadata/continue");
  } while (!next.empty());
  return out;
}

Answer<std::vector<Json>> Session::experiments(const Arguments& arguments) {
  if (arguments.names.empty())
    return list({kube::stress_chaos(), arguments.all_namespaces ? "" : ns_, "", ""});
  std::vector<Json> out;
  for (const std::string& name : arguments.names) {
    auto one = get({kube::stress_chaos(), ns_, name, ""});
    if (!one) return std::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

Answer<Json> Session::create(const kube::Resource& resource, const Json& object) {
  const kube::Place place{resource, kube::text_at(object, "/metadata/namespace"),
                          kube::text_at(object, "/metadata/name"), ""};
  return await([&](kube::Client& client, kube::Client::Done done) {
    return client.create(place, object, std::move(done));
  });
}

Answer<Json> Session::remove(const kube::Place& place) {
  return await([&](kube::Client& client, kube::Client::Done done) {
    return client.remove(place, Json(), std::move(done));
  });
}

Answer<Json> Session::annotate(const kube::Place& place, const std::string& name,
                               const std::string& value) {
  const Json patch = {{"metadata", {{"annotations", {{name, value}}}}}};
  return await([&](kube::Client& client, kube::Client::Done done) {
    return client.patch(place, patch, {}, std::move(done));
  });
}

Answer<Json> Session::ask(kube::ApiRequest request) {
  return await([&](kube::Client& client, kube::Client::Done done) {
    return client.send(request, std::move(done));
  });
}

kube::Place place_of(const Json& experiment) {
  return {kube::stress_chaos(), kube::text_at(experiment, "/metadata/namespace"),
          kube::text_at(experiment, "/metadata/name"), ""};
}

}  // namespace duress::kubectl
