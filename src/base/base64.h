// Base64, the form in which Kubernetes carries bytes in texts. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace duress {

// Standard alphabet; line breaks are skipped, as `base64 -w 76` makes them.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);
[[nodiscard]] std::string base64_encoded(std::string_view bytes);

}  // namespace duress
