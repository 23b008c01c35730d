#include "kube/credentials.h"

#include "base/base64.h"
#include "base/text.h"
#include "os/file.h"

namespace duress::kube {

namespace {

// Service accounts' tokens are renewed at 80 % of their life of an hour or more.
constexpr auto kReadAgain = std::chrono::minutes(1);
constexpr auto kPluginTakes = std::chrono::seconds(60);
constexpr auto kBeforeExpiry = std::chrono::seconds(10);

}  // namespace

Answer<> Credentials::renew_by_plugin() {
  if (by_plugin_ && (!by_plugin_->expires || clock_.wall() + kBeforeExpiry < *by_plugin_->expires))
    return {};
  auto credential = run_exec_plugin(access_, kPluginTakes);
  if (!credential) return std::unexpected(credential.error());
  by_plugin_ = std::move(*credential);
  return {};
}

Answer<std::string> Credentials::token() {
  const Login& login = access_.login;
  if (!login.exec.command.empty()) {
    if (auto done = renew_by_plugin(); !done) return std::unexpected(done.error());
    return by_plugin_->token;
  }
  if (login.token_file.empty()) return login.token;
  if (read_at_ && clock_.now() - *read_at_ < kReadAgain) return from_file_;
  const auto text = os::read_file(login.token_file);
  // The old one may still do: the file is replaced while we look.
  if (!text && from_file_.empty())
    return refuse(Reason::kUnauthorized,
                  "the token of " + access_.named + ": " + text.error().message);
  if (text) from_file_ = trim(*text);
  read_at_ = clock_.now();
  return from_file_;
}

Answer<Headers> Credentials::headers() {
  Headers headers;
  const Login& login = access_.login;
  const auto bearer = token();
  if (!bearer) return std::unexpected(bearer.error());
  if (!bearer->empty())
    headers.emplace_back("Authorization", "Bearer " + *bearer);
  else if (!login.user.empty())
    headers.emplace_back("Authorization",
                         "Basic " + base64_encoded(login.user + ":" + login.password));
  if (!login.as.empty()) headers.emplace_back("Impersonate-User", login.as);
  for (const std::string& group : login.as_groups) headers.emplace_back("Impersonate-Group", group);
  return headers;
}

bool Credentials::refused() {
  if (!access_.login.exec.command.empty()) {
    const bool was_there = by_plugin_.has_value();
    by_plugin_.reset();
    return was_there;
  }
  if (access_.login.token_file.empty()) return false;
  const std::string before = from_file_;
  read_at_.reset();
  const auto now = token();
  return now && *now != before;
}

Answer<TlsSettings> Credentials::tls() {
  TlsSettings settings = access_.tls;
  if (access_.login.exec.command.empty()) return settings;
  if (auto done = renew_by_plugin(); !done) return std::unexpected(done.error());
  if (by_plugin_->certificate.empty()) return settings;
  settings.certificate = by_plugin_->certificate;
  settings.key = by_plugin_->key;
  return settings;
}

}  // namespace duress::kube
