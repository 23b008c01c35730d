#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "controller/decide.h"
#include "controller/world_test.h"

namespace duress::controller {
namespace {

using std::chrono::seconds;
using testing::inventory_of;
using testing::World;

World two_nodes() { return World(inventory_of({{.name = "a"}, {.name = "b", .node = "n2"}})); }

TEST(StopAll, EndsForGoodWhatIsNotNewerThanAStopAll) {
  World world = two_nodes();
  world.look();
  world.answer();
  EXPECT_EQ(world.look().status.phase, "Running");
  EXPECT_TRUE(world.stop_all.saw(testing::kStart));
  const Status told = world.view.status;
  const Decision decision = world.look();
  EXPECT_EQ(world.stressed(), "");
  EXPECT_EQ(decision.status.phase, "Stopping");
  EXPECT_FALSE(decision.status.run);
  EXPECT_TRUE(std::ranges::any_of(notes_between(told, decision.status),
                                  [](const Note& note) { return note.reason == "StopAll"; }));
  world.answer();
  EXPECT_EQ(world.look().status.phase, "Finished");
  EXPECT_TRUE(is_true(world.view.status, "Completed"));
  // The StopAll is removed, and the controller is another one.
  world.stop_all = {};
  world.view.status = read_status(status_json(world.view.status));
  EXPECT_EQ(world.look().status.phase, "Finished");
  EXPECT_EQ(world.stressed(), "");
}

TEST(StopAll, ThatNoControllerSawIsKnownFromTheAgents) {
  World world = two_nodes();
  world.settings.recordings_kept = seconds(0);
  world.look();
  world.answer();
  world.look();
  for (auto& [name, order] : world.book) {
    order.report.released = true;
    order.report.containers.clear();
  }
  world.book.begin()->second.report.stopped_for_all = true;
  const Status told = world.look().status;
  EXPECT_EQ(world.stressed(), "");
  EXPECT_EQ(condition_of(told, "Completed")->reason, kStoppedForAll);
  EXPECT_EQ(told.phase, "Stopping");
  world.answer();
  EXPECT_EQ(world.look().status.phase, "Finished");
  EXPECT_TRUE(world.book.empty());
  EXPECT_EQ(world.look().status.phase, "Finished") << "it is known without the reports";
}

TEST(StopAll, IsForgottenByNobodyBeforeTheStatusTellsIt) {
  World world = two_nodes();
  world.settings.recordings_kept = seconds(0);
  world.look();
  world.answer();
  const Status before = world.look().status;
  EXPECT_TRUE(world.stop_all.saw(testing::kStart));
  world.look();
  world.answer();
  world.view.status = before;  // the status could not be written
  world.look();
  EXPECT_FALSE(world.book.empty());
  world.look();
  EXPECT_TRUE(world.book.empty());
}

TEST(StopAll, LetsRunWhatIsNewerThanAStopAll) {
  World world = two_nodes();
  EXPECT_TRUE(world.stop_all.saw(testing::kStart - seconds(1)));
  world.look();
  EXPECT_EQ(world.stressed().size(), 3U);  // both
}

}  // namespace
}  // namespace duress::controller
