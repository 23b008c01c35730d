#include "spec/manifest_text.h"

#include <gtest/gtest.h>

#include "spec/fields.h"
#include "spec/manifest.h"

namespace duress::spec {
namespace {

// A text that each field takes, and that is not its default's.
std::string other_than_default(std::string_view flag) {
  if (flag == "--memory") return "12.5%";
  if (flag == "--size-of") return "worker";
  if (flag == "--mode" || flag == "--cpu-mode") return "reach";
  if (flag == "--metric") return "workingSet";
  if (flag == "--percent-of") return "node";
  if (flag == "--ramp") return "1m30.25s";
  if (flag == "--swappable") return "true";
  if (flag == "--oom-score-adj") return "-7";
  if (flag == "--when-oom") return "stressorFirst";
  if (flag == "--max-kills") return "0";
  if (flag == "--then") return "regrow";
  if (flag == "--cpu") return "37.5%";
  if (flag == "--cpu-percent-of") return "limit";
  if (flag == "--rewrite") return "10MiB/s";
  if (flag == "--guard") return "12.5%";
  if (flag == "--guard-not-ready") return "30s";
  if (flag == "--guard-restarts") return "3";
  if (flag.starts_with("--guard")) return "20%";
  return flag == "--workers" || flag == "--cpu-workers" ? "3" : "64MiB";
}

TEST(FieldText, IsTakenBackByItsField) {
  for (const Field& field : fields()) {
    Stressors loads;
    ASSERT_TRUE(field.set(loads, other_than_default(field.flag))) << field.flag;
    const auto text = field.text(loads);
    ASSERT_TRUE(text) << field.flag;
    Stressors again;
    ASSERT_TRUE(field.set(again, *text)) << field.flag << " " << *text;
    EXPECT_EQ(field.text(again), text) << field.flag;
  }
}

TEST(FieldText, IsUnsetWhereNothingWasSaid) {
  Stressors loads;
  for (const Field& field : fields()) EXPECT_FALSE(field.text(loads)) << field.flag;
  loads.memory.emplace();
  loads.cpu.emplace();
  for (const Field& field : fields()) EXPECT_FALSE(field.text(loads)) << field.flag;
}

TEST(FieldText, SaysASizeThatIsTheDefaultsWhereItWasSaid) {
  Stressors loads;
  const Field* size = field_by_flag("--memory");
  ASSERT_TRUE(size->set(loads, "100%"));
  EXPECT_EQ(size->text(loads), "100%");
}

TEST(ManifestText, ReadsBackAsTheSameLoads) {
  Stressors loads;
  for (const Field& field : fields())
    ASSERT_TRUE(field.set(loads, other_than_default(field.flag))) << field.flag;
  const auto read = parse_manifest(manifest_text(loads, "again"));
  ASSERT_TRUE(read) << format_problem(read.error().front());
  EXPECT_EQ(read->name, "again");
  for (const Field& field : fields())
    EXPECT_EQ(field.text(read->stressors), field.text(loads)) << field.flag;
}

TEST(ManifestText, KeepsWhatHasNoField) {
  Stressors loads;
  loads.memory.emplace();
  loads.memory->options = {"--vm-keep", "a \"b\": c"};
  const auto read = parse_manifest(manifest_text(loads, "x"));
  ASSERT_TRUE(read) << format_problem(read.error().front());
  ASSERT_TRUE(read->stressors.memory);
  EXPECT_EQ(read->stressors.memory->options, loads.memory->options);
  EXPECT_FALSE(read->stressors.cpu);
  Stressors only;
  only.stressng = "--vm 4 --vm-bytes 50M";
  const auto dialect = parse_manifest(manifest_text(only, "x"));
  ASSERT_TRUE(dialect) << format_problem(dialect.error().front());
  EXPECT_EQ(dialect->stressors.stressng, only.stressng);
}

TEST(FlagsText, IsTheCommandLine) {
  Stressors loads;
  for (const auto& [flag, text] :
       {std::pair("--memory", "3000MiB"), {"--workers", "4"}, {"--swappable", "true"}})
    ASSERT_TRUE(field_by_flag(flag)->set(loads, text));
  EXPECT_EQ(flags_text(loads), "--memory 3000MiB --workers 4 --swappable");
}

}  // namespace
}  // namespace duress::spec
