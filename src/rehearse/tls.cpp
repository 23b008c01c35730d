#include "rehearse/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace duress::rehearse {

namespace {

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return errno == 0 ? "EOF" : std::strerror(errno);
  if (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER) {
    return "http: server gave HTTP response to HTTPS client";
  }
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return "EOF";
  const char* reason = ERR_reason_error_string(code);
  return std::string("tls: ") + (reason != nullptr ? reason : "unknown error");
}

}  // namespace

Tls::Tls(int fd, const std::string& host) {
  // The machine's openssl.cnf is for programs that mean to be safe from their peers' mistakes; a
  // probe has to reach whatever the application speaks.
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  context_ = SSL_CTX_new(TLS_client_method());
  if (context_ != nullptr) {
    SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);  // as Go's client
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    session_ = SSL_new(context_);
  }
  if (session_ == nullptr || SSL_set_fd(session_, fd) != 1) {
    error_ = last_error();
    return;
  }
  // A name may be asked for, an address may not (RFC 6066).
  const bool address =
      std::ranges::all_of(
          host, [](unsigned char c) { return std::isdigit(c) != 0 || c == '.' || c == ':'; }) ||
      host.find(':') != std::string::npos;
  if (!address)
    SSL_ctrl(session_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
}

Tls::~Tls() {
  SSL_free(session_);
  SSL_CTX_free(context_);
}

Flow Tls::after(int result) {
  wants_to_write_ = false;
  if (result > 0) return Flow::kMore;
  const int error = SSL_get_error(session_, result);
  if (error == SSL_ERROR_WANT_READ) return Flow::kWait;
  if (error == SSL_ERROR_WANT_WRITE) {
    wants_to_write_ = true;
    return Flow::kWait;
  }
  if (error != SSL_ERROR_ZERO_RETURN) error_ = last_error();
  return Flow::kGone;
}

Flow Tls::shake_hands() {
  if (!error_.empty()) return Flow::kGone;
  ERR_clear_error();
  errno = 0;
  return after(SSL_connect(session_));
}

Flow Tls::send(std::string& text) {
  while (!text.empty()) {
    ERR_clear_error();
    errno = 0;
    const int sent = SSL_write(session_, text.data(), static_cast<int>(text.size()));
    if (const Flow flow = after(sent); flow != Flow::kMore) return flow;
    text.erase(0, static_cast<std::size_t>(sent));
  }
  return Flow::kMore;
}

Flow Tls::receive(std::string& to) {
  std::array<char, 16UL * 1024> part;
  ERR_clear_error();
  errno = 0;
  const int got = SSL_read(session_, part.data(), static_cast<int>(part.size()));
  const Flow flow = after(got);
  if (flow == Flow::kMore) to.append(part.data(), static_cast<std::size_t>(got));
  // Many servers end without a close_notify: what was said is what counts.
  if (flow == Flow::kGone && error_ == "EOF") error_.clear();
  return flow;
}

}  // namespace duress::rehearse
