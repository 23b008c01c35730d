#include "kube/exec_plugin.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "base/base64.h"
#include "base/text.h"
#include "base/wall_time.h"
#include "kube/json.h"
#include "os/fd.h"
#include "os/process.h"

namespace duress::kube {

namespace {

constexpr std::size_t kMostOutput = 1U << 20U;

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_of(const Access& access) {
  std::vector<std::string> variables;
  const ExecPlugin& plugin = access.login.exec;
  const auto is_replaced = [&plugin](std::string_view variable) {
    const std::string_view name = variable.substr(0, variable.find('='));
    return name == "KUBERNETES_EXEC_INFO" ||
           std::ranges::any_of(plugin.environment,
                               [name](const auto& own) { return own.first == name; });
  };
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    if (!is_replaced(*variable)) variables.emplace_back(*variable);
  for (const auto& [name, value] : plugin.environment) variables.push_back(name + "=" + value);
  variables.push_back("KUBERNETES_EXEC_INFO=" + exec_info(access));
  return variables;
}

class Actions final {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// The child's error, 0 if it runs.
int spawn(const Access& access, int output, pid_t& pid) {
  const ExecPlugin& plugin = access.login.exec;
  std::vector<std::string> words{plugin.command};
  words.insert(words.end(), plugin.arguments.begin(), plugin.arguments.end());
  std::vector<std::string> variables = environment_of(access);
  Actions actions;
  ::posix_spawn_file_actions_adddup2(actions.get(), output, STDOUT_FILENO);
  if (!plugin.may_ask || ::isatty(STDIN_FILENO) == 0)
    ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  return ::posix_spawnp(&pid, plugin.command.c_str(), actions.get(), nullptr,
                        pointers(words).data(), pointers(variables).data());
}

// False: the time is over.
bool read_all(const os::Fd& from, Duration most, std::string& text) {
  const auto until = std::chrono::steady_clock::now() + most;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd wait{from.get(), POLLIN, 0};
    if (left.count() <= 0 || text.size() > kMostOutput) return false;
    if (::poll(&wait, 1, static_cast<int>(left.count())) <= 0) continue;
    std::array<char, 4096> piece{};
    const auto got = ::read(from.get(), piece.data(), piece.size());
    if (got <= 0) return true;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

ApiError failed(const ExecPlugin& plugin, std::string_view why) {
  std::string message = "the credential plugin " + quoted(plugin.command) + " " + std::string(why);
  if (!plugin.install_hint.empty()) message += "; " + quoted(trim(plugin.install_hint), 400);
  return {Reason::kUnauthorized, std::move(message)};
}

}  // namespace

std::string exec_info(const Access& access) {
  const ExecPlugin& plugin = access.login.exec;
  Json spec{{"interactive", plugin.may_ask && ::isatty(STDIN_FILENO) != 0}};
  if (plugin.provide_cluster_info) {
    const Url& server = access.server;
    Json cluster{
        {"server", (server.tls ? "https://" : "http://") + host_and_port(server) + server.path}};
    if (!access.tls.authorities.empty())
      cluster["certificate-authority-data"] = base64_encoded(access.tls.authorities);
    if (!access.tls.server_name.empty()) cluster["tls-server-name"] = access.tls.server_name;
    if (!access.tls.verify) cluster["insecure-skip-tls-verify"] = true;
    spec["cluster"] = std::move(cluster);
  }
  return to_text(
      Json{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", spec}});
}

Result<ExecCredential> parse_exec_credential(std::string_view text, const ExecPlugin& plugin) {
  const Json json = parse_json(text);
  const std::string name = "the credential plugin " + quoted(plugin.command);
  if (text_at(json, "/kind") != "ExecCredential")
    return fail(Code::kRefused, name + " printed no ExecCredential but " + quoted(trim(text)));
  if (const auto version = text_at(json, "/apiVersion"); version != plugin.api_version)
    return fail(Code::kRefused, name + " speaks " + quoted(version) + ", the kubeconfig asks for " +
                                    quoted(plugin.api_version) + "; renew one of the two");
  ExecCredential credential;
  credential.token = text_at(json, "/status/token");
  credential.certificate = text_at(json, "/status/clientCertificateData");
  credential.key = text_at(json, "/status/clientKeyData");
  if (credential.token.empty() && (credential.certificate.empty() || credential.key.empty()))
    return fail(Code::kRefused, name + " gave neither a token nor a certificate with its key");
  if (const auto expires = text_at(json, "/status/expirationTimestamp"); !expires.empty()) {
    credential.expires = parse_time(expires);
    if (!credential.expires)
      return fail(Code::kRefused,
                  name + ": expirationTimestamp " + quoted(expires) + " is no time");
  }
  return credential;
}

Answer<ExecCredential> run_exec_plugin(const Access& access, Duration most) {
  const ExecPlugin& plugin = access.login.exec;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return std::unexpected(failed(plugin, std::strerror(errno)));
  const os::Fd from(ends[0]);
  os::Fd to(ends[1]);
  pid_t pid = -1;
  if (const int error = spawn(access, to.get(), pid); error != 0)
    return std::unexpected(
        failed(plugin, std::string("cannot be started: ") + std::strerror(error)));
  to.reset();

  std::string text;
  const bool in_time = read_all(from, most, text);
  if (!in_time) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time)
    return std::unexpected(failed(plugin, "did not end in time, or printed without end"));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return std::unexpected(failed(
        plugin, WIFEXITED(status) ? "ended with code " + std::to_string(WEXITSTATUS(status))
                                  : "was killed by signal " + std::to_string(WTERMSIG(status))));
  auto credential = parse_exec_credential(text, plugin);
  if (!credential) return refuse(Reason::kUnauthorized, credential.error().message);
  return *credential;
}

}  // namespace duress::kube
