#include "controller/status.h"

#include <gtest/gtest.h>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

Status status_with(std::size_t records) {
  Status out{.generation = 3, .phase = "Running", .targets = static_cast<std::int64_t>(records)};
  for (std::size_t i = 0; i < records; ++i) {
    Record record{.id = "a-namespace-of-some-length/a-pod-of-a-deployment-" +
                        std::to_string(100000 + i) + "/container",
                  .injected = true,
                  .injected_count = 1};
    for (int event = 0; event < 3; ++event)
      record.events.push_back({"Succeeded", "Apply", std::string(60, 'x'), testing::kStart});
    record.measured.held = mib(50);
    record.measured.usage = mib(70);
    record.measured.verdict = std::string(200, 'v');
    record.measured.since = testing::kStart;
    out.records.push_back(std::move(record));
  }
  return out;
}

TEST(Status, ReadsBackWhatItWrote) {
  Status status = status_with(3);
  status.conditions.push_back({"Selected", true, "Selected", "all", testing::kStart, 3});
  status.run = false;
  status.asked = "50 MiB";
  const Status back = read_status(status_json(status));
  EXPECT_EQ(difference(status, back), Change::kNone);
  EXPECT_EQ(back.conditions, status.conditions);
  EXPECT_EQ(back.records[1].events, status.records[1].events);
  EXPECT_EQ(back.records[1].measured.since, testing::kStart);
  EXPECT_FALSE(back.run);
}

TEST(Status, IsWordedAsChaosMeshWordsIt) {
  const Json json = status_json(status_with(1));
  EXPECT_EQ(kube::text_at(json, "/experiment/desiredPhase"), "Run");
  EXPECT_EQ(kube::text_at(json, "/experiment/containerRecords/0/phase"), "Injected");
  EXPECT_EQ(kube::text_at(json, "/experiment/containerRecords/0/selectorKey"), ".");
  EXPECT_EQ(kube::text_at(json, "/experiment/containerRecords/0/events/0/operation"), "Apply");
}

TEST(Status, NeverGrowsBeyondWhatAnObjectMayHave) {
  for (const std::size_t records : {500U, 501U, 2000U, 2001U, 6000U})
    EXPECT_LT(kube::to_text(status_json(status_with(records))).size(), 1'000'000U) << records;
  EXPECT_EQ(kube::list_at(status_json(status_with(2000)), "/experiment/containerRecords").size(),
            2000U);
}

TEST(Status, OfVeryManyKeepsTheWorst) {
  Status status = status_with(6000);
  status.records[4567].injected = false;
  const Json json = status_json(status);
  const Json& records = kube::list_at(json, "/experiment/containerRecords");
  EXPECT_EQ(records.size(), kWorst);
  bool found = false;
  for (const Json& record : records)
    found = found || kube::text_at(record, "/id") == status.records[4567].id;
  EXPECT_TRUE(found);
  EXPECT_EQ(kube::number_at(json, "/targets"), 6000);
}

TEST(Status, CutsLongMessages) {
  Status status;
  status.conditions.push_back({"Selected", false, "x", std::string(100000, 'x'), {}, 1});
  EXPECT_LT(kube::to_text(status_json(status)).size(), 2000U);
}

TEST(Difference, TellsHowSoonItMatters) {
  const Status told = status_with(2);
  Status now = told;
  EXPECT_EQ(difference(told, now), Change::kNone);
  now.records[0].measured.held = mib(50) + Bytes{1000};
  EXPECT_EQ(difference(told, now), Change::kNone);
  now.records[0].measured.held = mib(52);
  EXPECT_EQ(difference(told, now), Change::kNumbers);
  now.records[0].measured.kills = 1;
  EXPECT_EQ(difference(told, now), Change::kCounters);
  now.records[1].injected = false;
  EXPECT_EQ(difference(told, now), Change::kState);
}

TEST(Status, ReadsAnythingWithoutHarm) {
  EXPECT_EQ(read_status(Json("x")).records.size(), 0U);
  EXPECT_EQ(read_status(Json{{"conditions", {1, "x"}}}).conditions.size(), 2U);
}

}  // namespace
}  // namespace duress::controller
