#include "spec/yaml_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"

namespace duress::spec {

namespace {

using Json = nlohmann::ordered_json;

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

bool is_plain_inside(char c) {
  constexpr std::string_view others = " ._/-(),;%=+'<>!&|@~^$*?[]{}";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         others.find(c) != std::string_view::npos;
}

// Words that YAML 1.1 or 1.2 reads as something else than text.
bool means_something(std::string_view text) {
  constexpr std::array<std::string_view, 9> words = {"true", "false", "null", "yes", "no",
                                                     "on",   "off",   "y",    "n"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(words, lower) != words.end();
}

// Whether it can stand without quotes: kept narrow, for quotes harm nobody.
bool is_plain(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && text.back() != ' ' &&
         std::ranges::all_of(text, is_plain_inside) && !means_something(text);
}

std::string scalar(const Json& value) {
  if (value.is_string() && is_plain(value.get_ref<const std::string&>()))
    return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void write(const Json& value, std::size_t indent, std::string& out);

// What stands behind "name:" or "-".
void write_behind(const Json& value, std::size_t indent, std::string& out) {
  const bool inner = value.is_structured() && !value.empty();
  if (inner) {
    out += '\n';
    write(value, indent, out);
  } else {
    out += ' ' + scalar(value) + '\n';
  }
}

void write_list(const Json& list, std::size_t indent, std::string& out) {
  for (const Json& item : list) {
    if (!item.is_object() || item.empty()) {
      out += std::string(indent, ' ') + '-';
      write_behind(item, indent + 2, out);
      continue;
    }
    // A map begins on the line of its dash.
    std::string inner;
    write(item, indent + 2, inner);
    inner[indent] = '-';
    out += inner;
  }
}

void write(const Json& value, std::size_t indent, std::string& out) {
  if (value.is_array()) return write_list(value, indent, out);
  if (!value.is_object()) {
    out += std::string(indent, ' ') + scalar(value) + '\n';
    return;
  }
  for (const auto& [name, inner] : value.items()) {
    out += std::string(indent, ' ') + scalar(Json(name)) + ':';
    // A list stands as far left as its name.
    write_behind(inner, inner.is_array() ? indent : indent + 2, out);
  }
}

}  // namespace

std::string yaml_text(const Json& value) {
  std::string out;
  write(value, 0, out);
  return out;
}

}  // namespace duress::spec
