#include "observe/recording_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "observe/example_test.h"

namespace duress::observe {
namespace {

using ::testing::HasSubstr;

class RecordingFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "duress-recording-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
    path = directory + "/a.rec";
  }
  void TearDown() override {
    ::unlink(path.c_str());
    ::rmdir(directory.c_str());
  }
  std::string directory;
  std::string path;
};

TEST_F(RecordingFile, IsReadAsItWasWritten) {
  const Recording before = example_recording(20);
  auto writer = RecordingWriter::create(path, before.header);
  ASSERT_TRUE(writer) << writer.error().message;
  ASSERT_TRUE(writer->plan(*before.plan));
  ASSERT_TRUE(writer->foretold(*before.foretold));
  for (const Look& look : before.looks) ASSERT_TRUE(writer->look(look));
  for (const Event& event : before.events) ASSERT_TRUE(writer->event(event));
  ASSERT_TRUE(writer->end(*before.end));
  const auto open = read_recording(path);
  ASSERT_TRUE(open);
  EXPECT_FALSE(open->complete);
  EXPECT_EQ(open->looks.size(), 20U);
  ASSERT_TRUE(writer->close());
  const auto after = read_recording(path);
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->complete);
  expect_same(*after, before);
}

TEST_F(RecordingFile, ThatMustBeNewDoesNotTakeAnothersPlace) {
  ASSERT_TRUE(make_recording_file(path, true));
  const auto second = make_recording_file(path, true);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr(path));
}

TEST_F(RecordingFile, OnAFullDiskIsAnError) {
  const auto writer = RecordingWriter::create("/dev/full", {});
  ASSERT_FALSE(writer);
  EXPECT_THAT(writer.error().message, HasSubstr("/dev/full"));
}

TEST_F(RecordingFile, ThatIsNoneIsRefusedByName) {
  const auto missing = read_recording(path);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  const auto other = read_recording("/proc/self/status");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kUsage);
  EXPECT_THAT(other.error().message, HasSubstr("/proc/self/status: this is not a recording"));
}

}  // namespace
}  // namespace duress::observe
