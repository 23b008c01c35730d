#include "spec/pod_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/workload_test_text.h"

namespace duress::spec {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Every field of the tables is told as its table says, at the place where it stands.
TEST(PodFields, AreAllTreatedAsTheTablesSay) {
  const auto place = [](std::string_view table, const std::string& field) -> std::string {
    const std::string given = field + ": {x: y}";
    const std::string base = "name: app, command: [a]";
    if (table == "Pod") return pod(base, given);
    if (table == "Pod securityContext") return pod(base, "securityContext: {" + given + "}");
    if (table == "container") return pod(base + ", " + given);
    if (table == "container securityContext")
      return pod(base + ", securityContext: {" + given + "}");
    if (table == "ports") return pod(base + ", ports: [{containerPort: 1, " + given + "}]");
    if (table == "lifecycle") return pod(base + ", lifecycle: {" + given + "}");
    if (table == "volumes") return pod(base, "volumes: [{name: v, " + given + "}]");
    if (table == "env valueFrom") {
      return pod(base + ", env: [{name: A, valueFrom: {" + given + "}}]");
    }
    return "";
  };
  int checked = 0;
  for (const FieldTable& table : field_tables()) {
    for (const KnownField& field : table.fields) {
      const std::string text = place(table.object, std::string(field.name));
      if (field.treatment == Treatment::kHonoured || text.empty()) continue;
      ++checked;
      const std::vector<ManifestText> files = {{"f.yaml", text}};
      const auto got = read_workloads(files, {});
      if (field.treatment == Treatment::kRefused) {
        ASSERT_FALSE(got) << field.name;
        EXPECT_THAT(format_problem(got.error()[0]), AllOf(HasSubstr("." + std::string(field.name)),
                                                          HasSubstr(std::string(field.why))));
      } else if (field.name != "image") {
        ASSERT_TRUE(got) << field.name << ": " << format_problem(got.error()[0]);
        EXPECT_THAT(got->notes, Contains(AllOf(HasSubstr(std::string(field.name)),
                                               HasSubstr(std::string(field.why)))));
      }
    }
  }
  EXPECT_GT(checked, 90);
}

TEST(PodFields, AreAllInTheDocumentation) {
  const std::string page = file("docs/rehearse.md");
  for (const FieldTable& table : field_tables()) {
    for (const KnownField& field : table.fields) {
      EXPECT_THAT(page, HasSubstr("`" + std::string(field.name) + "`")) << table.object;
    }
  }
}

TEST(PodFields, ThatSayNothingAreLeftAlone) {
  const Workloads got = taken(pod("name: app, command: [a], envFrom: [], tty: false, lifecycle: {}",
                                  "hostNetwork: false, affinity: {}, nodeSelector: null, volumes: "
                                  "[]"));
  EXPECT_THAT(got.notes, IsEmpty());
}

TEST(PodFields, ThatAreUnknownAreToldWithTheNearest) {
  EXPECT_THAT(
      refusals(
          pod("name: app, command: [a], livenesProbe: {}, limits: {}", "restartPolcy: Always")),
      ElementsAre(
          "f.yaml: Pod/web: spec.restartPolcy: unknown field: did you mean restartPolicy?",
          "f.yaml: Pod/web: spec.containers[0].livenesProbe: unknown field: did you mean "
          "livenessProbe?",
          HasSubstr("spec.containers[0].limits: unknown field: known here: name, command")));
}

}  // namespace
}  // namespace duress::spec
