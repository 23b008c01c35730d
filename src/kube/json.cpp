#include "kube/json.h"

#include <charconv>

namespace duress::kube {

namespace {

std::string unescaped(std::string_view token) {
  std::string key;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      ++i;
      key += token[i] == '1' ? '/' : '~';
    } else {
      key += token[i];
    }
  }
  return key;
}

const Json* child(const Json& json, std::string_view token) {
  if (json.is_object()) {
    const auto found = json.find(unescaped(token));
    return found == json.end() ? nullptr : &*found;
  }
  if (json.is_array()) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (error != std::errc{} || end != token.data() + token.size()) return nullptr;
    return index < json.size() ? &json[index] : nullptr;
  }
  return nullptr;
}

}  // namespace

Json parse_json(std::string_view text) {
  // The parser recurses over nothing, but what walks the value does.
  bool too_deep = false;
  const auto shallow = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > static_cast<int>(kMostJsonDepth);
    return !too_deep;
  };
  Json json = Json::parse(text, shallow, false);
  if (too_deep || json.is_discarded()) return nullptr;
  return json;
}

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* find(const Json& json, std::string_view pointer) {
  const Json* at = &json;
  while (at != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    at = child(*at, pointer.substr(0, end));
    pointer.remove_prefix(end);
  }
  return at;
}

std::string text_at(const Json& json, std::string_view pointer) {
  const Json* at = find(json, pointer);
  return at != nullptr && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<std::int64_t> number_at(const Json& json, std::string_view pointer) {
  const Json* at = find(json, pointer);
  if (at == nullptr || !at->is_number_integer()) return std::nullopt;
  return at->get<std::int64_t>();
}

bool is_true_at(const Json& json, std::string_view pointer) {
  const Json* at = find(json, pointer);
  return at != nullptr && at->is_boolean() && at->get<bool>();
}

const Json& list_at(const Json& json, std::string_view pointer) {
  static const Json kEmpty = Json::array();
  const Json* at = find(json, pointer);
  return at != nullptr && at->is_array() ? *at : kEmpty;
}

}  // namespace duress::kube
