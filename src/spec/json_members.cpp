#include "spec/json_members.h"

#include <nlohmann/json.hpp>

namespace duress::spec {

using nlohmann::json;

const json& object_at(const json& object, const char* name) {
  static const json kNothing;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() ? *found : kNothing;
}

std::string text_at(const json& object, const char* name) {
  const json& found = object_at(object, name);
  return found.is_string() ? found.get<std::string>() : std::string();
}

std::vector<std::string> texts_at(const json& object, const char* name) {
  std::vector<std::string> out;
  const json& found = object_at(object, name);
  if (!found.is_array()) return out;
  for (const json& one : found) {
    if (one.is_string()) out.push_back(one.get<std::string>());
  }
  return out;
}

std::optional<std::int64_t> number_at(const json& object, const char* name) {
  const json& found = object_at(object, name);
  return found.is_number_integer() ? std::optional(found.get<std::int64_t>()) : std::nullopt;
}

std::optional<Bytes> bytes_at(const json& object, const char* name) {
  const auto number = number_at(object, name);
  return number ? std::optional(Bytes{*number}) : std::nullopt;
}

void put(json& to, const char* name, const std::string& text) {
  if (!text.empty()) to[name] = text;
}
void put(json& to, const char* name, const std::vector<std::string>& texts) {
  if (!texts.empty()) to[name] = texts;
}
void put(json& to, const char* name, std::optional<Bytes> bytes) {
  if (bytes) to[name] = bytes->value;
}

}  // namespace duress::spec
