#include "spec/recording_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/wall_time.h"

namespace duress::spec {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;

const WallTime kNow = parse_time("2026-11-25T12:00:00Z").value();

RecordingObject example() {
  return {.node = "n1",
          .experiment_ns = "shop",
          .experiment = "mem",
          .experiment_uid = "e1",
          .ns = "web",
          .pod = "a-0",
          .container = "app",
          .container_id = "c0",
          .asked = kNow,
          .taken = kNow + seconds(1),
          .bytes = std::string("\0\xff\x01 whatever", 12)};
}

TEST(RecordingObject, ComesBackAsItWas) {
  const auto object = recording_json(example());
  EXPECT_EQ(object["kind"], "Recording");
  EXPECT_EQ(object["metadata"]["namespace"], "shop") << "the experiment's, not the container's";
  EXPECT_EQ(object["metadata"]["labels"]["duress.dev/experiment-uid"], "e1");
  EXPECT_FALSE(object["metadata"].contains("ownerReferences")) << "it outlives the experiment";
  const auto back = read_recording_object(object);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->bytes, example().bytes);
  EXPECT_EQ(back->id(), "web/a-0/app");
  EXPECT_EQ(back->asked, kNow);
  EXPECT_EQ(recording_json(*back), object);
}

TEST(RecordingObject, SaysWhyThereIsNone) {
  RecordingObject none = example();
  none.bytes.clear();
  none.problem = "nothing was recorded";
  const auto object = recording_json(none);
  EXPECT_FALSE(object["spec"].contains("data"));
  EXPECT_EQ(read_recording_object(object)->problem, "nothing was recorded");
  auto broken = object;
  broken["spec"]["data"] = "%%%";
  EXPECT_THAT(read_recording_object(broken).error().message, HasSubstr("web/a-0/app"));
}

TEST(RecordingObject, OfAContainerOnAnotherNodeIsAnotherObject) {
  RecordingObject other = example();
  other.taken = kNow + hours(1);
  EXPECT_EQ(recording_name(other), recording_name(example())) << "it takes the old one's place";
  other.node = "n2";
  EXPECT_NE(recording_name(other), recording_name(example()))
      << "no agent writes what another node's wrote";
}

TEST(RecordingObject, AsLargeAsAllowedFitsWithAllItsNames) {
  RecordingObject large = example();
  large.bytes.assign(kMostRecordingBytes, '\xff');
  for (std::string* name : {&large.node, &large.pod, &large.container, &large.experiment})
    *name = std::string(253, 'n');
  // Names and who wrote which field come beside it: a kilobyte.
  EXPECT_LE(recording_json(large).dump().size() + 1024, kMostRecordingObject);
}

TEST(RecordingObject, GoesAfterItsTimeWhateverItSays) {
  auto object = recording_json(example());
  EXPECT_EQ(recording_ends(object, hours(1), kNow + seconds(30)), kNow + seconds(1) + hours(1));
  object["spec"]["takenAt"] = "2126-11-25T12:00:00Z";
  EXPECT_EQ(recording_ends(object, hours(1), kNow), kNow + hours(1));
  object["spec"].erase("takenAt");
  object["metadata"]["creationTimestamp"] = "2026-11-25T11:00:00Z";
  EXPECT_EQ(recording_ends(object, hours(1), kNow), kNow);
  object["metadata"].erase("creationTimestamp");
  EXPECT_LE(recording_ends(object, hours(1), kNow), kNow) << "what has no time at all goes at once";
}

}  // namespace
}  // namespace duress::spec
