#include "kube/kubeconfig.h"

#include <algorithm>

#include "base/base64.h"
#include "base/text.h"
#include "os/file.h"

namespace duress::kube {

namespace {

constexpr std::size_t kMostNames = 20;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string absolute(const std::string& name, const std::string& path) {
  return name.empty() || name.starts_with('/') ? name : directory_of(path) + "/" + name;
}

// "certificate-authority-data" (base64) or the file that "certificate-authority" names. Data wins,
// as it does in kubectl.
Result<std::string> data_or_file(const Json& value, const std::string& field,
                                 const std::string& path) {
  if (const std::string data = text_at(value, "/" + field + "-data"); !data.empty()) {
    auto bytes = base64_decoded(data);
    if (!bytes) return fail(Code::kUsage, field + "-data is no base64");
    return *bytes;
  }
  const std::string file = absolute(text_at(value, "/" + field), path);
  if (file.empty()) return std::string();
  auto text = os::read_file(file);
  if (!text) return std::unexpected(text.error().context(field));
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i)
    text += (i == 0 ? "" : ", ") + quoted(names[i]);
  return names.size() > kMostNames ? text + ", ..." : text;
}

Result<ExecPlugin> read_plugin(const Json& exec, const std::string& path) {
  ExecPlugin plugin;
  plugin.command = text_at(exec, "/command");
  if (plugin.command.empty()) return fail(Code::kUsage, "exec.command is missing");
  // A name with a slash is a file beside the kubeconfig, another one is searched for in PATH.
  if (plugin.command.contains('/')) plugin.command = absolute(plugin.command, path);
  plugin.api_version = text_at(exec, "/apiVersion");
  constexpr std::string_view group = "client.authentication.k8s.io/";
  if (plugin.api_version != std::string(group) + "v1" &&
      plugin.api_version != std::string(group) + "v1beta1")
    return fail(Code::kUsage, "exec.apiVersion " + quoted(std::string_view(plugin.api_version)) +
                                  " is not known: allowed are " + std::string(group) + "v1 and " +
                                  std::string(group) + "v1beta1; renew the kubeconfig");
  for (const Json& argument : list_at(exec, "/args"))
    if (argument.is_string()) plugin.arguments.push_back(argument.get<std::string>());
  for (const Json& variable : list_at(exec, "/env"))
    plugin.environment.emplace_back(text_at(variable, "/name"), text_at(variable, "/value"));
  plugin.install_hint = text_at(exec, "/installHint");
  plugin.provide_cluster_info = is_true_at(exec, "/provideClusterInfo");
  plugin.may_ask = text_at(exec, "/interactiveMode") != "Never";
  return plugin;
}

}  // namespace

Result<> Kubeconfig::merge(const Json& file, std::string_view list, std::string_view kind,
                           const std::string& path, std::vector<Entry>& to) {
  for (const Json& item : list_at(file, "/" + std::string(list))) {
    const std::string name = text_at(item, "/name");
    const Json* value = find(item, "/" + std::string(kind));
    if (name.empty() || value == nullptr || !value->is_object())
      return fail(Code::kUsage, path + ": an item of " + std::string(list) +
                                    " lacks its name or its " + std::string(kind));
    if (entry(to, name) == nullptr) to.push_back({name, *value, path});
  }
  return {};
}

const Kubeconfig::Entry* Kubeconfig::entry(const std::vector<Entry>& entries,
                                           std::string_view name) {
  const auto found = std::ranges::find(entries, name, &Entry::name);
  return found == entries.end() ? nullptr : &*found;
}

Result<> Kubeconfig::add(std::string_view yaml, const std::string& path) {
  const auto file = yaml_to_json(yaml);
  if (!file) return std::unexpected(file.error().context(path));
  paths_.push_back(path);
  if (file->is_null()) return {};
  if (const std::string kind = text_at(*file, "/kind"); !kind.empty() && kind != "Config")
    return fail(Code::kUsage, path + " is no kubeconfig: its kind is " + quoted(kind));
  if (auto done = merge(*file, "clusters", "cluster", path, clusters_); !done) return done;
  if (auto done = merge(*file, "users", "user", path, users_); !done) return done;
  if (auto done = merge(*file, "contexts", "context", path, contexts_); !done) return done;
  if (current_.empty()) current_ = text_at(*file, "/current-context");
  return {};
}

std::vector<std::string> Kubeconfig::contexts() const {
  std::vector<std::string> names;
  for (const Entry& context : contexts_) names.push_back(context.name);
  return names;
}

Result<Access> Kubeconfig::access(const std::string& name) const {
  const std::string& chosen = name.empty() ? current_ : name;
  const std::string files = joined(paths_);
  if (chosen.empty())
    return fail(Code::kUsage, files + ": no current-context is set; choose one with --context: " +
                                  joined(contexts()));
  const Entry* context = entry(contexts_, chosen);
  if (context == nullptr)
    return fail(Code::kUsage, files + ": there is no context " + quoted(chosen) + "; there are: " +
                                  (contexts_.empty() ? "none" : joined(contexts())));
  Access access;
  access.named = "context " + quoted(chosen) + " of " + context->path;
  if (const auto ns = text_at(context->value, "/namespace"); !ns.empty()) access.ns = ns;

  const std::string cluster_name = text_at(context->value, "/cluster");
  const Entry* cluster = entry(clusters_, cluster_name);
  if (cluster == nullptr)
    return fail(Code::kUsage,
                access.named + " names a cluster that is not there: " + quoted(cluster_name));
  if (auto done = read_cluster(*cluster, access); !done)
    return std::unexpected(
        done.error().context("cluster " + quoted(cluster->name) + " of " + cluster->path));

  const std::string user_name = text_at(context->value, "/user");
  if (user_name.empty()) return access;
  const Entry* user = entry(users_, user_name);
  if (user == nullptr)
    return fail(Code::kUsage,
                access.named + " names a user that is not there: " + quoted(user_name));
  if (auto done = read_user(*user, access); !done)
    return std::unexpected(
        done.error().context("user " + quoted(user->name) + " of " + user->path));
  return access;
}

Result<> Kubeconfig::read_cluster(const Entry& cluster, Access& access) {
  const Json& value = cluster.value;
  auto server = parse_url(text_at(value, "/server"));
  if (!server) return std::unexpected(server.error().context("server"));
  access.server = *server;
  // Silently going another way than kubectl would be worse than not going.
  if (const auto proxy = text_at(value, "/proxy-url"); !proxy.empty())
    return fail(Code::kUnsupported,
                "proxy-url is not supported; run `kubectl proxy` and name http://localhost:8001");
  auto authorities = data_or_file(value, "certificate-authority", cluster.path);
  if (!authorities) return std::unexpected(authorities.error());
  access.tls.authorities = std::move(*authorities);
  access.tls.server_name = text_at(value, "/tls-server-name");
  access.tls.verify = !is_true_at(value, "/insecure-skip-tls-verify");
  return {};
}

Result<> Kubeconfig::read_user(const Entry& user, Access& access) {
  const Json& value = user.value;
  auto certificate = data_or_file(value, "client-certificate", user.path);
  if (!certificate) return std::unexpected(certificate.error());
  auto key = data_or_file(value, "client-key", user.path);
  if (!key) return std::unexpected(key.error());
  if (certificate->empty() != key->empty())
    return fail(Code::kUsage, "client-certificate and client-key go together");
  access.tls.certificate = std::move(*certificate);
  access.tls.key = std::move(*key);

  Login& login = access.login;
  login.token = text_at(value, "/token");
  login.token_file = absolute(text_at(value, "/tokenFile"), user.path);
  login.user = text_at(value, "/username");
  login.password = text_at(value, "/password");
  login.as = text_at(value, "/as");
  for (const Json& group : list_at(value, "/as-groups"))
    if (group.is_string()) login.as_groups.push_back(group.get<std::string>());
  if (find(value, "/auth-provider") != nullptr)
    return fail(
        Code::kUnsupported,
        "auth-provider was removed from Kubernetes in 1.26; renew the kubeconfig so that it "
        "uses an exec plugin");
  const Json* exec = find(value, "/exec");
  if (exec == nullptr || exec->is_null()) return {};
  auto plugin = read_plugin(*exec, user.path);
  if (!plugin) return std::unexpected(plugin.error());
  login.exec = std::move(*plugin);
  return {};
}

Result<Kubeconfig> load_kubeconfig(const KubeconfigPlaces& places) {
  std::vector<std::string> paths;
  std::string_view list = places.variable;
  while (places.given.empty() && !list.empty()) {
    const std::size_t end = std::min(list.find(':'), list.size());
    if (end > 0) paths.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  if (!places.given.empty()) paths = {places.given};
  if (paths.empty() && !places.home.empty()) paths = {places.home + "/.kube/config"};

  Kubeconfig config;
  for (const std::string& path : paths) {
    const auto text = os::read_file(path);
    if (!text && text.error().code == Code::kNotFound && places.given.empty()) continue;
    if (!text) return std::unexpected(text.error());
    if (auto done = config.add(*text, path); !done) return std::unexpected(done.error());
  }
  if (config.empty())
    return fail(Code::kNotFound, "no kubeconfig names a cluster: looked for " +
                                     (paths.empty() ? std::string("none") : joined(paths)) +
                                     "; name one with --kubeconfig FILE or KUBECONFIG");
  return config;
}

}  // namespace duress::kube
