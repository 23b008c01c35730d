// JSON of the API server, read without exceptions: parsing that gives null, and looking that gives
// nothing where a path is missing or of another kind. It knows no object of Kubernetes. Pure
// functions over nlohmann's type; any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace duress::kube {

using Json = nlohmann::json;

inline constexpr std::size_t kMostJsonDepth = 200;

// null for what is no JSON, or is nested deeper than any object that the API server takes.
[[nodiscard]] Json parse_json(std::string_view text);

// On one line; invalid UTF-8 is replaced.
[[nodiscard]] std::string to_text(const Json& json);

// By JSON pointer: "/metadata/name", "/items/0/kind". A "/" in a key is "~1", a "~" is "~0".
[[nodiscard]] const Json* find(const Json& json, std::string_view pointer);
[[nodiscard]] std::string text_at(const Json& json,
                                  std::string_view pointer);  // "" if there is none
[[nodiscard]] std::optional<std::int64_t> number_at(const Json& json, std::string_view pointer);
[[nodiscard]] bool is_true_at(const Json& json, std::string_view pointer);
// An empty array if there is none.
[[nodiscard]] const Json& list_at(const Json& json, std::string_view pointer);

}  // namespace duress::kube
