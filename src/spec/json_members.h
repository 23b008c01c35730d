// Members of a JSON object as plain values, and back: what is missing or of another kind reads as
// nothing, what is empty is not written. For what this folder has as JSON; it knows no pointers
// (kube/json.h does). Pure; any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace duress::spec {

// Null where there is none.
[[nodiscard]] const nlohmann::json& object_at(const nlohmann::json& object, const char* name);
[[nodiscard]] std::string text_at(const nlohmann::json& object, const char* name);
// Those of a list that are texts.
[[nodiscard]] std::vector<std::string> texts_at(const nlohmann::json& object, const char* name);
[[nodiscard]] std::optional<std::int64_t> number_at(const nlohmann::json& object, const char* name);
[[nodiscard]] std::optional<Bytes> bytes_at(const nlohmann::json& object, const char* name);

void put(nlohmann::json& to, const char* name, const std::string& text);
void put(nlohmann::json& to, const char* name, const std::vector<std::string>& texts);
void put(nlohmann::json& to, const char* name, std::optional<Bytes> bytes);

}  // namespace duress::spec
