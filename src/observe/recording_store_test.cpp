#include "observe/recording_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace duress::observe {
namespace {

using std::chrono::seconds;

class RecordingStore : public ::testing::Test {
 protected:
  RecordingStore() {
    std::string name = ::testing::TempDir() + "duress-store-XXXXXX";
    parent = ::mkdtemp(name.data());
    directory = parent + "/a/b";
  }
  ~RecordingStore() override { std::filesystem::remove_all(parent); }

  void put(const std::string& name, int age_seconds, std::size_t size = 1) const {
    std::filesystem::create_directories(directory);
    const std::string path = directory + "/" + name;
    std::ofstream(path) << std::string(size, 'x');
    std::filesystem::last_write_time(
        path, std::filesystem::file_time_type::clock::now() - seconds(age_seconds));
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      out.push_back(entry.path().filename());
    return out;
  }

  std::string parent;
  std::string directory;
  const WallTime moment{seconds(1'700'000'000)};
};

TEST_F(RecordingStore, NamesByTimeAndTargetAndMakesTheDirectory) {
  const auto path = new_recording_path(directory, "/kubepods/a b\n", moment, {});
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(*path, directory + "/20231114T221320Z-kubepods-a-b-.duress");
  std::ofstream(*path) << "x";
  EXPECT_EQ(*new_recording_path(directory, "/kubepods/a b\n", moment, {}),
            directory + "/20231114T221320Z-kubepods-a-b--2.duress");
}

TEST_F(RecordingStore, TheOldestGoWhenThereAreTooMany) {
  put("c.duress", 10);
  put("a.duress", 20);
  put("b.duress", 30);
  put("mine.txt", 99);
  ASSERT_TRUE(new_recording_path(directory, "x", moment, {.files = 3}));
  EXPECT_THAT(names(), ::testing::UnorderedElementsAre("a.duress", "c.duress", "mine.txt"));
}

TEST_F(RecordingStore, TheOldestGoWhenTheyAreTooLarge) {
  put("a.duress", 20, 600);
  put("b.duress", 10, 600);
  ASSERT_TRUE(new_recording_path(directory, "x", moment, {.bytes = Bytes{1000}}));
  EXPECT_THAT(names(), ::testing::ElementsAre("b.duress"));
}

TEST_F(RecordingStore, TheNewestIsTheOneWrittenLast) {
  put("z.duress", 20);
  put("a.duress", 10);
  put("b.txt", 0);
  EXPECT_EQ(*newest_recording(directory), directory + "/a.duress");
}

TEST_F(RecordingStore, WithoutAnyThereIsNoNewest) {
  const auto none = newest_recording(directory);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::kNotFound);
}

TEST_F(RecordingStore, ADirectoryThatCannotBeMadeIsNamed) {
  const auto path = new_recording_path("/proc/none", "x", moment, {});
  ASSERT_FALSE(path);
  EXPECT_THAT(path.error().message, ::testing::HasSubstr("/proc/none"));
}

}  // namespace
}  // namespace duress::observe
