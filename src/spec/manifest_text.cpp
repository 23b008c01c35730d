#include "spec/manifest_text.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "spec/fields.h"

namespace duress::spec {

namespace {

using Json = nlohmann::ordered_json;

// "spec.guards.restarts" -> manifest["spec"]["guards"]["restarts"].
Json& at(Json& manifest, std::string_view path) {
  Json* node = &manifest;
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

void put_loads(Json& manifest, const Stressors& loads) {
  for (const Field& field : fields()) {
    if (const auto text = field.text(loads))
      at(manifest, manifest_path(field.path)) = typed(field, *text);
  }
  const auto put = [&](const std::string& path, const auto& value) {
    at(manifest, manifest_path(path)) = value;
  };
  // A load that is all defaults is there too.
  if (loads.memory) put("memory.workers", loads.memory->workers);
  if (loads.cpu) put("cpu.workers", loads.cpu->workers);
  if (loads.memory && !loads.memory->options.empty()) put("memory.options", loads.memory->options);
  if (loads.cpu && !loads.cpu->options.empty()) put("cpu.options", loads.cpu->options);
  if (!loads.stressng.empty()) manifest["spec"]["stressngStressors"] = loads.stressng;
}

}  // namespace

std::string manifest_text(const Stressors& loads, const std::string& name) {
  Json manifest = {{"apiVersion", "chaos-mesh.org/v1alpha1"},
                   {"kind", "StressChaos"},
                   {"metadata", {{"name", name}}},
                   {"spec", Json::object()}};
  put_loads(manifest, loads);
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
