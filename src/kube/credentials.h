// What goes into a request's head to say who we are, kept fresh: a fixed token, a token file that
// is read again, or a plugin's token that is renewed before it expires. Owned by the client; one
// thread.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "kube/access.h"
#include "kube/answer.h"
#include "kube/exec_plugin.h"
#include "kube/http_message.h"

namespace duress::kube {

class Credentials final {
 public:
  Credentials(Access access, const Clock& clock) : access_(std::move(access)), clock_(clock) {}

  // Authorization and Impersonate-*. Runs a plugin when its token is about to expire.
  [[nodiscard]] Answer<Headers> headers();

  // The server did not accept them. True: there may be others now, so ask again.
  [[nodiscard]] bool refused();

  // A plugin's certificate belongs into the TLS settings, before the first connection.
  [[nodiscard]] Answer<TlsSettings> tls();

 private:
  [[nodiscard]] Answer<> renew_by_plugin();
  [[nodiscard]] Answer<std::string> token();

  Access access_;
  const Clock& clock_;
  std::optional<ExecCredential> by_plugin_;
  std::string from_file_;
  std::optional<Instant> read_at_;
};

}  // namespace duress::kube
