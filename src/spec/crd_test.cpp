#include "spec/crd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "spec/fields.h"
#include "spec/node_stress.h"

namespace duress::spec {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

std::string committed(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(DURESS_SOURCE_DIR "/" + path).rdbuf();
  return text.str();
}

const Json& version_schema(const Json& crd) {
  return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
}

// Null where there is none.
Json property(const Json& schema, std::string_view path) {
  const std::size_t dot = path.find('.');
  const std::string name(path.substr(0, dot));
  if (!schema.contains("properties") || !schema["properties"].contains(name)) return nullptr;
  const Json& inner = schema["properties"][name];
  return dot == std::string_view::npos ? inner : property(inner, path.substr(dot + 1));
}

// What an API server prunes: a member of the value that the schema does not name.
std::string unknown_member(const Json& schema, const nlohmann::json& value,
                           const std::string& path) {
  if (value.is_array()) {
    for (const auto& item : value) {
      if (auto found = unknown_member(schema["items"], item, path + "[]"); !found.empty())
        return found;
    }
  }
  if (!value.is_object() || !schema.contains("properties") || schema["properties"].empty())
    return "";
  for (const auto& [name, inner] : value.items()) {
    if (!schema["properties"].contains(name)) return path + "." + name;
    auto found = unknown_member(schema["properties"][name], inner, path + "." + name);
    if (!found.empty()) return found;
  }
  return "";
}

void expect_bounded(const Json& schema, const std::string& path) {
  if (schema.value("type", "") == "array") {
    EXPECT_TRUE(schema.contains("maxItems")) << path;
  }
  if (schema.contains("additionalProperties")) {
    EXPECT_TRUE(schema.contains("maxProperties")) << path;
    expect_bounded(schema["additionalProperties"], path + ".*");
  }
  if (schema.value("type", "") == "string" && !schema.contains("enum") &&
      !schema.contains("format")) {
    EXPECT_TRUE(schema.contains("maxLength")) << path;
  }
  if (schema.contains("items")) expect_bounded(schema["items"], path + "[]");
  if (!schema.contains("properties")) return;
  for (const auto& [name, inner] : schema["properties"].items())
    expect_bounded(inner, path + "." + name);
}

TEST(Crd, HasEveryFieldOfTheTable) {
  const Json crd = stress_chaos_crd();
  for (const Field& field : fields()) {
    const Json schema = property(version_schema(crd)["spec"], manifest_path(field.path).substr(5));
    ASSERT_TRUE(schema.is_object()) << field.path;
    EXPECT_THAT(schema.value("description", ""), HasSubstr(std::string(field.allowed)))
        << field.path;
    EXPECT_THAT(schema.value("description", ""), Not(HasSubstr("--"))) << "speaks of a flag";
  }
}

TEST(Crd, TakesTheChoicesOfTheTable) {
  const Json crd = stress_chaos_crd();
  const Json stressors = property(version_schema(crd)["spec"], "stressors");
  EXPECT_EQ(property(stressors, "memory.percentOf")["enum"],
            Json::array({"limit", "request", "node", "available"}));
  EXPECT_EQ(property(stressors, "memory.workers")["maximum"], kMostWorkers);
  EXPECT_FALSE(property(stressors, "memory.oomScoreAdj").contains("default"));
}

TEST(Crd, BoundsEveryListMapAndText) {
  for (const Json& crd : all_crds()) {
    expect_bounded(version_schema(crd)["spec"], "spec");
    expect_bounded(version_schema(crd)["status"], "status");
  }
}

TEST(Crd, KeepsAllThatControllerAndAgentWriteIntoANodeStress) {
  NodeOrder order{.node = "n",
                  .experiment_ns = "ns",
                  .experiment = "e",
                  .experiment_uid = "u",
                  .deadline = WallTime{}};
  order.loads.memory.emplace();
  order.containers = {{"ns", "pod", "uid", "c", "id"}};
  NodeReport report{.observed_generation = 1};
  report.containers.push_back({.ns = "ns",
                               .pod = "pod",
                               .container = "c",
                               .id = "id",
                               .since = WallTime{},
                               .asked = Bytes{1},
                               .held = Bytes{1},
                               .usage = Bytes{1},
                               .working_set = Bytes{1},
                               .limit = Bytes{1},
                               .cpu_asked = Cores{1},
                               .cpu_got = Cores{1},
                               .event = "e",
                               .message = "m",
                               .forecast = "f",
                               .verdict = "v"});
  const Json crd = node_stress_crd();
  EXPECT_EQ(unknown_member(version_schema(crd)["spec"], order_json(order), "spec"), "");
  EXPECT_EQ(unknown_member(version_schema(crd)["status"], report_json(report), "status"), "");
}

TEST(Crd, IsCommittedAsItIsGenerated) {
  EXPECT_TRUE(committed("deploy/crds/duress.yaml") == crds_yaml()) << "run: make manifests";
}

TEST(Reference, IsCommittedAsItIsGenerated) {
  EXPECT_TRUE(committed("docs/reference.md") == reference_markdown()) << "run: make manifests";
}

}  // namespace
}  // namespace duress::spec
