#include "spec/manifest_text.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "spec/fields.h"

namespace duress::spec {

namespace {

using Json = nlohmann::ordered_json;

// "memory.whenOOM.policy" -> stressors["memory"]["whenOOM"]["policy"].
Json& at(Json& stressors, std::string_view path) {
  Json* node = &stressors;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    node = &(*node)[std::string(path.substr(0, dot))];
    path.remove_prefix(dot + 1);
  }
  return (*node)[std::string(path)];
}

// Numbers and switches as such: a schema of Kubernetes takes no text for them.
Json typed(const Field& field, const std::string& text) {
  if (field.kind == FieldKind::kSwitch) return text == "true";
  if (field.kind != FieldKind::kInteger) return text;
  const auto number = parse_integer(text);
  return number ? Json(*number) : Json(text);
}

Json stressors_of(const Stressors& loads) {
  Json stressors = Json::object();
  for (const Field& field : fields()) {
    if (const auto text = field.text(loads)) at(stressors, field.path) = typed(field, *text);
  }
  // A load that is all defaults is there too.
  if (loads.memory) stressors["memory"]["workers"] = loads.memory->workers;
  if (loads.cpu) stressors["cpu"]["workers"] = loads.cpu->workers;
  if (loads.memory && !loads.memory->options.empty())
    stressors["memory"]["options"] = loads.memory->options;
  if (loads.cpu && !loads.cpu->options.empty()) stressors["cpu"]["options"] = loads.cpu->options;
  return stressors;
}

}  // namespace

std::string manifest_text(const Stressors& loads, const std::string& name) {
  const Json stressors = stressors_of(loads);
  Json spec = {{"stressors", stressors}};
  if (stressors.empty()) spec.erase("stressors");
  if (!loads.stressng.empty()) spec["stressngStressors"] = loads.stressng;
  const Json manifest = {{"apiVersion", "chaos-mesh.org/v1alpha1"},
                         {"kind", "StressChaos"},
                         {"metadata", {{"name", name}}},
                         {"spec", spec}};
  return manifest.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string flags_text(const Stressors& loads) {
  std::string out;
  for (const Field& field : fields()) {
    const auto text = field.text(loads);
    if (!text) continue;
    out += (out.empty() ? "" : " ") + std::string(field.flag);
    if (!field.is_switch) out += " " + *text;
  }
  return out;
}

}  // namespace duress::spec
