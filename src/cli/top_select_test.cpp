#include "cli/top_select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::cli {
namespace {

using observe::Row;
using ::testing::ElementsAre;

Row row_of(const std::string& name, Bytes usage, std::optional<Cores> cpu = {}) {
  Row row;
  row.id = "3f2a91" + std::string(58, '0');
  row.path = "/docker/" + row.id;
  row.name.container = name;
  row.name.pod = "pod-of-" + name;
  row.name.name_space = "shop";
  row.memory.usage = usage;
  row.limit = mib(100);
  row.rates.cpu = cpu;
  return row;
}

std::vector<std::string> sorted(std::vector<Row> rows, const Order& order) {
  put_in_order(rows, order);
  std::vector<std::string> out;
  for (const Row& row : rows) out.push_back(row.name.container);
  return out;
}

TEST(TopOrder, FiguresFromTheHighestAndNamesFromA) {
  const std::vector<Row> rows = {row_of("b", mib(2)), row_of("c", mib(3)), row_of("a", mib(2))};
  EXPECT_THAT(sorted(rows, {.key = "usage"}), ElementsAre("c", "a", "b"));
  EXPECT_THAT(sorted(rows, {.key = "usage", .reversed = true}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(sorted(rows, {.key = "name"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(sorted(rows, {.key = "name", .reversed = true}), ElementsAre("c", "b", "a"));
}

TEST(TopOrder, WhatHasNoFigureStandsLast) {
  const std::vector<Row> rows = {row_of("new", mib(2)), row_of("idle", mib(2), Cores{0}),
                                 row_of("busy", mib(2), Cores{1})};
  EXPECT_THAT(sorted(rows, {.key = "cpu"}), ElementsAre("busy", "idle", "new"));
}

TEST(TopOrder, KeySGoesRoundTheColumnsThatAreShown) {
  const std::vector<std::string> shown = {"name", "percent", "gauge", "cpu"};
  EXPECT_EQ(next_order("name", shown), "percent");
  EXPECT_EQ(next_order("percent", shown), "cpu");
  EXPECT_EQ(next_order("cpu", shown), "name");
  EXPECT_EQ(next_order("anon", shown), "name");
  EXPECT_EQ(next_order("anon", {}), "anon");
}

TEST(TopSelection, ContainerByAPartOfItsNameOrTheBeginningOfItsID) {
  const Row row = row_of("Web-server", mib(1));
  EXPECT_TRUE(selects({}, row));
  EXPECT_TRUE(selects({.container = "web"}, row));
  EXPECT_TRUE(selects({.container = "3f2a91"}, row));
  EXPECT_TRUE(selects({.container = "docker://3f2a91"}, row));
  EXPECT_FALSE(selects({.container = "2a91"}, row));
  EXPECT_FALSE(selects({.container = "3f2"}, row)) << "too short to be an ID";
}

TEST(TopSelection, AllThatIsGivenMustHold) {
  const Row row = row_of("web", mib(1));
  EXPECT_TRUE(selects({.container = "web", .pod = "of-web", .name_space = "shop"}, row));
  EXPECT_FALSE(selects({.container = "web", .name_space = "sho"}, row));
  EXPECT_FALSE(selects({.pod = "other"}, row));
}

TEST(TopSelection, TextIsAPartOfAnything) {
  const Row row = row_of("web", mib(1));
  for (const char* text : {"web", "POD-OF", "shop", "/docker/3f", "3f2a"})
    EXPECT_TRUE(selects({.text = text}, row)) << text;
  EXPECT_FALSE(selects({.text = "nowhere"}, row));
}

}  // namespace
}  // namespace duress::cli
