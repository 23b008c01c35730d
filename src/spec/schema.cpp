#include "spec/schema.h"

namespace duress::spec::schema {

namespace {

Json typed(const char* type, std::string_view description) {
  Json out;
  if (!description.empty()) out["description"] = description;
  out["type"] = type;
  return out;
}

}  // namespace

Json text(std::string_view description, int longest) {
  Json out = typed("string", description);
  out["maxLength"] = longest;
  return out;
}

Json choice(std::string_view description, const std::vector<std::string>& values) {
  Json out = typed("string", description);
  out["enum"] = values;
  return out;
}

Json integer(std::string_view description, std::int64_t least, std::int64_t most) {
  Json out = typed("integer", description);
  out["format"] = "int32";
  out["minimum"] = least;
  out["maximum"] = most;
  return out;
}

Json count(std::string_view description) {
  Json out = typed("integer", description);
  out["format"] = "int64";
  return out;
}

Json yes_or_no(std::string_view description) { return typed("boolean", description); }

Json time(std::string_view description) {
  Json out = typed("string", description);
  out["format"] = "date-time";
  return out;
}

Json number_or_text(std::string_view description, int longest) {
  Json out;
  if (!description.empty()) out["description"] = description;
  out["x-kubernetes-int-or-string"] = true;
  out["maxLength"] = longest;
  return out;
}

Json list(std::string_view description, Json items, int most) {
  Json out = typed("array", description);
  out["maxItems"] = most;
  out["items"] = std::move(items);
  return out;
}

Json map(std::string_view description, Json values, int most) {
  Json out = typed("object", description);
  out["maxProperties"] = most;
  out["additionalProperties"] = std::move(values);
  return out;
}

Json object(std::string_view description, Json properties) {
  Json out = typed("object", description);
  // The server drops an empty one.
  if (!properties.empty()) out["properties"] = std::move(properties);
  return out;
}

Json names(std::string_view description, int most) {
  return list(description, text("", kLongestName), most);
}

void add_rule(Json& schema, const Rule& rule) {
  Json out = {{"rule", rule.holds}, {"message", rule.message}};
  if (!rule.says.empty()) out["messageExpression"] = rule.says;
  if (!rule.at.empty()) out["fieldPath"] = rule.at;
  schema["x-kubernetes-validations"].push_back(std::move(out));
}

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

}  // namespace duress::spec::schema
