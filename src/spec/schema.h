// The pieces of an OpenAPI schema as an API server wants them in a custom resource, and the rules
// in CEL that stand beside them. It knows no field of ours. JSON values in the order that people
// read them; pure; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace duress::spec::schema {

using Json = nlohmann::ordered_json;

// What people write into a manifest's lists, maps and names is bounded: an API server refuses rules
// over what has no end.
inline constexpr int kMostItems = 128;
inline constexpr int kLongestName = 253;

[[nodiscard]] Json text(std::string_view description, int longest);
[[nodiscard]] Json choice(std::string_view description, const std::vector<std::string>& values);
[[nodiscard]] Json integer(std::string_view description, std::int64_t least, std::int64_t most);
[[nodiscard]] Json count(std::string_view description);  // 0 or more, 64 bits
[[nodiscard]] Json yes_or_no(std::string_view description);
[[nodiscard]] Json time(std::string_view description);
[[nodiscard]] Json number_or_text(std::string_view description, int longest);
[[nodiscard]] Json list(std::string_view description, Json items, int most = kMostItems);
[[nodiscard]] Json map(std::string_view description, Json values, int most = kMostItems);
[[nodiscard]] Json object(std::string_view description, Json properties);

// A list of names.
[[nodiscard]] Json names(std::string_view description, int most = kMostItems);

struct Rule {
  std::string holds{};    // CEL
  std::string message{};  // for who cannot evaluate `says`
  std::string says{};     // CEL of the message; empty: the message itself
  std::string at{};       // the field that is wrong, below the rule's own: ".mode"
};
void add_rule(Json& schema, const Rule& rule);

// A string of CEL.
[[nodiscard]] std::string literal(std::string_view text);

}  // namespace duress::spec::schema
