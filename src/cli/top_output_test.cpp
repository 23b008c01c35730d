#include "cli/top_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "render/overview_columns.h"
#include "render/table.h"

namespace duress::cli {
namespace {

using observe::Overview;
using observe::Row;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::ResultOf;
using ::testing::SizeIs;

Overview overview_of(int count) {
  Overview out;
  out.node_total = gib(24);
  out.node_available = gib(20);
  for (int i = 0; i < count; ++i) {
    Row row;
    row.id = std::string(64, 'a');
    row.path = "/docker/" + std::to_string(i);
    row.name.container = "web-" + std::to_string(i);
    row.memory.usage = mib(10);
    row.limit = mib(100);
    row.limit_path = row.path;
    row.limit_at = observe::LimitAt::kContainer;
    out.rows.push_back(row);
  }
  return out;
}

TEST(TopJson, WhatIsNotKnownIsNullAndNeverZero) {
  const auto json = nlohmann::json::parse(top_json(overview_of(1), {}, 1.5, true));
  EXPECT_EQ(json["seconds"], 1.5);
  EXPECT_EQ(json["cgroupVersion"], 1);
  EXPECT_EQ(json["node"]["usedBytes"], gib(4).value);
  const auto& container = json["containers"][0];
  EXPECT_EQ(container["container"], "web-0");
  EXPECT_EQ(container["memory"]["usageBytes"], mib(10).value);
  EXPECT_EQ(container["limit"]["usedPercent"], 10.0);
  for (const auto& value :
       {container["pod"], container["qosClass"], container["memory"]["kernelBytes"],
        container["cpu"]["usedCores"], container["pressure"]["memoryPercent"]})
    EXPECT_TRUE(value.is_null());
}

TEST(TopJson, NodesLimitBelongsToNoCgroup) {
  Overview overview = overview_of(1);
  overview.rows[0].limit_at = observe::LimitAt::kNode;
  const auto json = nlohmann::json::parse(top_json(overview, {}, 0, false));
  EXPECT_EQ(json["containers"][0]["limit"]["at"], "node");
  EXPECT_TRUE(json["containers"][0]["limit"]["cgroup"].is_null());
}

TEST(TopExplanation, NamesTheFilesOfBothVersionsForEveryColumn) {
  const std::string text = top_explanation();
  EXPECT_THAT(text, AllOf(HasSubstr("memory.usage_in_bytes"), HasSubstr("memory.current"),
                          HasSubstr("total_inactive_file"), HasSubstr("MemAvailable")));
  for (const render::OverviewColumn& column : render::overview_columns()) {
    const std::size_t at = text.find("(" + std::string(column.key) + ")\n");
    ASSERT_NE(at, text.npos) << column.key;
    const std::size_t meaning = text.find("\n  ", at);
    const std::string entry = text.substr(text.find("\n  ", meaning + 1), 8);
    EXPECT_THAT(entry, ::testing::AnyOf(HasSubstr("  v1"), HasSubstr("  from")))
        << column.key << " has no source";
  }
}

TopFrame frame_of(int columns, int rows) {
  TopFrame out;
  out.columns = columns;
  out.rows = rows;
  out.look.width = static_cast<std::size_t>(columns);
  out.version = "v1";
  out.interval = "1s";
  out.clock = "14:03:07";
  out.all = 100;
  return out;
}

TEST(TopScreen, FillsTheTerminalExactlyAndNeverWraps) {
  for (const auto& [columns, rows] : {std::pair{80, 24}, {200, 50}, {40, 10}, {20, 6}}) {
    for (const int count : {0, 1, 100}) {
      const auto lines = top_screen(overview_of(count), {}, frame_of(columns, rows));
      EXPECT_THAT(lines, SizeIs(rows));
      EXPECT_THAT(lines, Each(ResultOf(render::width, Le(static_cast<std::size_t>(columns)))))
          << columns << " x " << rows << ", " << count;
    }
  }
}

TEST(TopScreen, ScrollsNoFurtherThanToTheLast) {
  TopView view;
  view.scroll = 1000;
  const auto lines = top_screen(overview_of(100), view, frame_of(80, 24));
  EXPECT_THAT(lines[0], HasSubstr("100 containers, 82 to 100"));
  EXPECT_THAT(lines[20], HasSubstr("web-99"));
  EXPECT_THAT(lines[21], HasSubstr("free, top: 4 GiB of 24 GiB used"));
}

TEST(TopScreen, SignsOfTheBarAreToldOnALineOfTheirOwnWhereItIsNarrow) {
  EXPECT_THAT(top_screen(overview_of(1), {}, frame_of(80, 24))[22], HasSubstr("file cache"));
  EXPECT_THAT(top_screen(overview_of(1), {}, frame_of(120, 24))[23],
              AllOf(HasSubstr("file cache"), HasSubstr("q end")));
}

TEST(TopScreen, SaysWhyThereIsNothing) {
  TopFrame frame = frame_of(80, 24);
  frame.all = 0;
  const auto joined = [](const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += line + " ";
    return out;
  };
  EXPECT_THAT(joined(top_screen({}, {}, frame)),
              AllOf(HasSubstr("no container on this machine"), HasSubstr("--cgroup PATH")));
  frame.all = 5;
  TopView view;
  view.selection.container = "nobody";
  EXPECT_THAT(joined(top_screen({}, view, frame)),
              AllOf(HasSubstr("nobody"), Not(HasSubstr("no container on this machine"))));
}

TEST(TopScreen, ExplainsItsColumns) {
  TopView view;
  view.explaining = true;
  const auto lines = top_screen(overview_of(3), view, frame_of(80, 24));
  EXPECT_THAT(lines[2], HasSubstr("CONTAINER"));
  EXPECT_THAT(lines, SizeIs(24));
}

}  // namespace
}  // namespace duress::cli
