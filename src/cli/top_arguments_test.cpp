#include "cli/top_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(const std::vector<std::string>& words) {
  const auto parsed = parse_top_arguments(words);
  return parsed ? "" : parsed.error().message;
}

TEST(TopArguments, AreReadWithAndWithoutEquals) {
  const auto out = parse_top_arguments({"--sort=cpu", "--columns", "name, cpu", "--container",
                                        "web", "--interval", "500ms", "--count", "3", "-o", "jsonl",
                                        "--reverse", "--names=/x", "--pid", "7"});
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->order.key, "cpu");
  EXPECT_TRUE(out->order.reversed);
  EXPECT_THAT(out->columns, ElementsAre("name", "cpu"));
  EXPECT_EQ(out->selection.container, "web");
  EXPECT_EQ(out->interval, milliseconds(500));
  EXPECT_EQ(out->count, 3);
  EXPECT_EQ(out->format, TopFormat::kJsonLines);
  EXPECT_EQ(std::get<cgroup::ByPid>(out->named.at(0)).pid, 7);
}

TEST(TopArguments, JsonIsOneObject) { EXPECT_TRUE(parse_top_arguments({"-o", "json"})->once); }

TEST(TopArguments, EverythingThatIsWrongIsToldAtOnce) {
  EXPECT_THAT(error_of({"--sort", "cpus", "--intervall", "1s", "--count", "0"}),
              AllOf(HasSubstr("did you mean cpu?"), HasSubstr("did you mean --interval?"),
                    HasSubstr("--count")));
}

TEST(TopArguments, BadValuesAreRefused) {
  EXPECT_THAT(error_of({"--interval", "1ms"}), HasSubstr("at least 100ms"));
  EXPECT_THAT(error_of({"--interval", "soon"}), HasSubstr("--interval"));
  EXPECT_THAT(error_of({"--for", "0s"}), HasSubstr("--for"));
  EXPECT_THAT(error_of({"--for", "-1s"}), HasSubstr("--for"));
  EXPECT_THAT(error_of({"-o", "xml"}), HasSubstr("jsonl"));
  EXPECT_THAT(error_of({"--pid", "0"}), HasSubstr("no PID"));
  EXPECT_THAT(error_of({"--container"}), HasSubstr("needs a value"));
  EXPECT_THAT(error_of({"--container", ""}), HasSubstr("nothing was given"));
  EXPECT_THAT(error_of({"--once=yes"}), HasSubstr("takes no value"));
  EXPECT_THAT(error_of({"--once", "--count", "3"}), HasSubstr("jsonl"));
}

TEST(TopArguments, HelpNamesEveryColumn) {
  EXPECT_TRUE(parse_top_arguments({"-h"})->help);
  EXPECT_THAT(top_help(), AllOf(HasSubstr("workingset"), HasSubstr("--explain")));
}

}  // namespace
}  // namespace duress::cli
