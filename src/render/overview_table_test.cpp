#include "render/overview_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "render/table.h"

namespace duress::render {
namespace {

using observe::LimitAt;
using observe::Overview;
using observe::Row;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

Row row_of(std::string name, Bytes usage, Bytes limit) {
  Row row;
  row.id = "3f2a91" + std::string(58, '0');
  row.path = "/kubepods/burstable/pod1/" + row.id + name;
  row.name.container = std::move(name);
  row.memory.usage = usage;
  row.memory.anon = usage / 2;
  row.memory.inactive_file = usage / 8;
  row.limit = limit;
  row.limit_at = LimitAt::kContainer;
  row.limit_path = row.path;
  row.processes = 3;
  row.rates.cpu = Cores{0.25};
  return row;
}

std::vector<Row> shop() {
  Row web = row_of("web", mib(400), mib(500));
  web.name.pod = "web-5d9c7b6f8-x2x4q";
  web.name.name_space = "shop";
  web.pod = cgroup::PodPath{.uid = "1", .qos = QosClass::kBurstable};
  web.quota = Cores{0.5};
  web.rates.throttled = Percent{12.5};
  web.rates.memory_pressure = Percent{3.25};
  web.oom_kills = 2;
  web.memory.kernel = kib(640);
  Row lone = row_of("a-name-that-is-rather-long-for-a-narrow-terminal", mib(38), gib(24));
  lone.limit_at = LimitAt::kNode;
  lone.limit_path = "";
  return {web, lone};
}

std::vector<Row> shop_with_load() {
  std::vector<Row> rows = shop();
  rows[0].workers = {.memory = 2, .cpu = 0, .resident = mib(200), .used = {}};
  rows[0].rates.workers_cpu = Cores{0.01};
  return rows;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out = "\n";
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

TEST(OverviewTable, EssentialsStandIn80Columns) {
  EXPECT_EQ(joined(overview_lines(shop(), {.width = 80})), R"(
CONTAINER         POD                  USAGE  LIMIT     % OF THE LIMIT   CPU OOM
web               web-5d9c7b6f8-x2x4q  400Mi  500Mi   80% ████████░░··  0.25   2
a-name-that-is-r… -                     38Mi   24Gi  0.2% ············  0.25   0
)");
}

TEST(OverviewTable, AllStandIn200Columns) {
  EXPECT_EQ(joined(overview_lines(shop(), {.width = 200})), R"(
CONTAINER                      POD                 NAMESPACE QOS         USAGE  LIMIT AT            % OF THE LIMIT WORKSET   ANON ACTIVE INACTIVE  SHMEM KERNEL   CPU %QUOTA THROT  MPSI  CPSI OOM PROCS
web                            web-5d9c7b6f8-x2x4q shop      Burstable   400Mi  500Mi container   80% ████████░░··   350Mi  200Mi      0     50Mi      0  640Ki  0.25    50%   12%  3.2%   n/a   2     3
a-name-that-is-rather-long-fo… -                   -         -            38Mi   24Gi node       0.2% ············  33.2Mi   19Mi      0    4.8Mi      0      -  0.25      -     -   n/a   n/a   0     3
)");
}

TEST(OverviewTable, DuressPartStandsApartWhileALoadIsOn) {
  EXPECT_EQ(joined(overview_lines(shop_with_load(), {.width = 100, .with_load = true})), R"(
CONTAINER        POD                  USAGE  LIMIT     % OF THE LIMIT    APP DURESS  CACHE   CPU OOM
web              web-5d9c7b6f8-x2x4q  400Mi  500Mi   80% ████▓▓▓▓░░··  150Mi  200Mi   50Mi  0.25   2
a-name-that-is-… -                     38Mi   24Gi  0.2% ············ 33.2Mi      0  4.8Mi  0.25   0
)");
}

TEST(OverviewTable, NoLineIsWiderThanTheTerminalAndNoNumberIsCut) {
  for (std::size_t width = 40; width <= 260; ++width) {
    for (const bool load : {false, true}) {
      const TableLook look{.width = width, .with_load = load};
      const std::vector<Row> rows = load ? shop_with_load() : shop();
      for (const std::string& line : overview_lines(rows, look))
        EXPECT_THAT(render::width(line), Le(width)) << line;
      EXPECT_THAT(overview_lines(rows, look)[1], AllOf(HasSubstr("400Mi"), HasSubstr("500Mi")))
          << width;
    }
  }
}

TEST(OverviewTable, WiderShowsWhatNarrowerShows) {
  std::size_t before = 0;
  for (std::size_t width = 60; width <= 260; width += 20) {
    const std::size_t now = columns_that_fit(shop(), {.width = width}).size();
    EXPECT_THAT(now, Ge(before));
    before = now;
  }
}

TEST(OverviewTable, ColumnsMayBeChosen) {
  EXPECT_THAT(overview_lines(shop(), {.width = 80, .columns = {"oom", "name", "throttled"}}),
              ElementsAre("OOM  CONTAINER                                 THROT",
                          "  2  web                                         12%",
                          "  0  a-name-that-is-rather-long-for-a-narrow…      -"));
}

TEST(OverviewTable, PodsColumnsAreLeftOutWhereThereIsNone) {
  const std::vector<Row> rows = {row_of("web", mib(1), mib(2))};
  for (const OverviewColumn* column : columns_that_fit(rows, {.width = 250}))
    EXPECT_THAT(column->key, Not(::testing::AnyOf("pod", "namespace", "qos")));
}

TEST(OverviewTable, ForeignNamesCannotSpeakToTheTerminal) {
  Row row = row_of("a\033[2Jb\n", mib(1), mib(2));
  for (const std::string& line : overview_lines({row}, {.width = 80}))
    EXPECT_THAT(line, AllOf(Not(HasSubstr("\033")), Not(HasSubstr("\n"))));
}

TEST(OverviewTable, PressureThatIsNotAvailableIsNoZero) {
  const std::vector<std::string> lines =
      overview_lines(shop(), {.width = 80, .columns = {"mempressure", "cpupressure"}});
  EXPECT_THAT(lines, ElementsAre(" MPSI   CPSI", " 3.2%    n/a", "  n/a    n/a"));
}

TEST(Gauge, PartsTogetherAreAsLongAsTheUsage) {
  Row row = row_of("web", mib(50), mib(100));
  row.memory.inactive_file = mib(10);
  row.workers.resident = mib(20);
  EXPECT_EQ(gauge(row, 10, {}), "██▓▓░·····");
  EXPECT_EQ(gauge(row, 10, {.utf8 = false}), "##DDc.....");
  EXPECT_EQ(gauge(row, 10, {.colour = true, .utf8 = false}),
            "\033[32m##\033[0m\033[35mDD\033[0m\033[36mc\033[0m\033[2m.....\033[0m");
}

TEST(Gauge, IsFullBeyondTheLimitAndShowsTheSmallestLoad) {
  Row row = row_of("web", mib(300), mib(100));
  row.memory.inactive_file = {};
  EXPECT_EQ(gauge(row, 5, {}), "█████");
  row.memory.usage = mib(10);
  row.workers.resident = kib(64);
  EXPECT_EQ(gauge(row, 10, {}), "█▓········");
}

TEST(MachineLine, SaysWhatFreeSaysAsLongAsThereIsRoom) {
  Overview overview;
  overview.rows = shop();
  overview.node_total = gib(24);
  overview.node_available = gib(22);
  EXPECT_THAT(machine_line(overview, 250),
              AllOf(HasSubstr("2 GiB of 24 GiB used"), HasSubstr("438 MiB"),
                    HasSubstr("54.8 MiB of that file cache")));
  for (const std::size_t width : {20U, 40U, 80U, 120U, 200U})
    EXPECT_THAT(render::width(machine_line(overview, width)), Le(width));
}

TEST(MachineLine, CountsACgroupWithinAnotherOnce) {
  Overview overview;
  overview.rows = {row_of("a", mib(10), mib(20)), row_of("b", mib(10), mib(20))};
  overview.rows[0].path = "/a";
  overview.rows[1].path = "/a/b";
  EXPECT_THAT(machine_line(overview, 80), HasSubstr("10 MiB"));
  overview.rows[1].path = "/ab";
  EXPECT_THAT(machine_line(overview, 80), HasSubstr("20 MiB"));
}

TEST(ShortBytes, TakeSixColumns) {
  EXPECT_EQ(short_bytes(Bytes{0}), "0");
  EXPECT_EQ(short_bytes(Bytes{1023}), "1023");
  EXPECT_EQ(short_bytes(kib(640)), "640Ki");
  EXPECT_EQ(short_bytes(mib(1)), "1Mi");
  EXPECT_EQ(short_bytes(Bytes{92798976}), "88.5Mi");
  EXPECT_EQ(short_bytes(Bytes{1073741823}), "1Gi");
  for (std::int64_t bytes = 1; bytes < (std::int64_t{1} << 60); bytes += bytes / 10 + 1)
    EXPECT_LE(short_bytes(Bytes{bytes}).size(), 6U) << bytes;
}

TEST(ShortPercent, HasADecimalWhereItIsSmall) {
  EXPECT_EQ(short_percent(Percent{0}), "0%");
  EXPECT_EQ(short_percent(Percent{0.44}), "0.4%");
  EXPECT_EQ(short_percent(Percent{9.96}), "10%");
  EXPECT_EQ(short_percent(Percent{99.6}), "100%");
}

TEST(OverviewColumns, KeysAreTheirOwn) {
  std::vector<std::string_view> keys;
  for (const OverviewColumn& column : overview_columns()) {
    EXPECT_THAT(keys, Not(Contains(column.key)));
    EXPECT_EQ(overview_column(column.key), &column);
    EXPECT_FALSE(column.meaning.empty());
    keys.push_back(column.key);
  }
  EXPECT_EQ(overview_column("no such"), nullptr);
}

}  // namespace
}  // namespace duress::render
