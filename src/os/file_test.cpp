#include "os/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::os {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class File : public ::testing::Test {
 protected:
  File() {
    char pattern[] = "/tmp/duress-file-XXXXXX";
    root_ = ::mkdtemp(pattern);
  }
  ~File() override { std::filesystem::remove_all(root_); }

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(root_ + "/" + name) << text;
  }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream in(root_ + "/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] Fd open_root() const { return std::move(*open_directory(root_)); }

  std::string root_;
};

TEST_F(File, IsReadWhole) {
  const std::string text(100'000, 'x');
  put("long", text + "end");
  EXPECT_EQ(read_file(root_ + "/long").value(), text + "end");
  EXPECT_EQ(read_at(open_root(), "long").value(), text + "end");
}

TEST_F(File, IsReadFromItsBeginningEveryTime) {
  put("counter", "1\n");
  auto fd = open_at(open_root(), "counter", O_RDONLY);
  ASSERT_TRUE(fd);
  EXPECT_EQ(read_fd(*fd, "counter").value(), "1\n");
  put("counter", "22\n");
  EXPECT_EQ(read_fd(*fd, "counter").value(), "22\n");
}

TEST_F(File, OfOneByteMoreThanAllowedIsRefused) {
  put("big", "12345");
  EXPECT_EQ(read_file(root_ + "/big", 5).value(), "12345");
  const auto refused = read_file(root_ + "/big", 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kRefused);
  EXPECT_THAT(refused.error().message, HasSubstr("/big"));
}

TEST_F(File, ThatNeverEndsIsRefusedAndNotReadForEver) {
  const auto refused = read_file("/dev/zero", 1U << 16U);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kRefused);
}

TEST_F(File, ThatIsMissingIsNamedInTheError) {
  const auto missing = read_file(root_ + "/nothing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr(root_ + "/nothing"));
  EXPECT_EQ(read_at(open_root(), "nothing").error().code, Code::kNotFound);
  EXPECT_EQ(write_at(open_root(), "nothing", "1").error().code, Code::kNotFound);
}

TEST_F(File, OfAPipeIsReadToItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd from(ends[0]);
  ASSERT_EQ(::write(ends[1], "abc", 3), 3);
  ::close(ends[1]);
  EXPECT_EQ(read_fd(from, "pipe").value(), "abc");
}

TEST_F(File, IsWrittenAndNeverCreated) {
  put("max", "000000");
  ASSERT_TRUE(write_at(open_root(), "max", "123"));
  EXPECT_THAT(text_of("max"), ::testing::StartsWith("123"));
  EXPECT_FALSE(write_at(open_root(), "new", "1"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/new"));
}

TEST_F(File, DirectoryThatIsNoneIsRefused) {
  put("plain", "");
  EXPECT_FALSE(open_directory(root_ + "/plain"));
  EXPECT_EQ(open_directory(root_ + "/absent").error().code, Code::kNotFound);
}

TEST_F(File, DescriptorsAreClosedOnExec) {
  put("a", "");
  const auto directory = open_directory(root_);
  const auto file = open_at(*directory, "a", O_RDONLY);
  EXPECT_EQ(::fcntl(directory->get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(::fcntl(file->get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(File, SubdirectoriesAreSortedAndLeaveFilesAndLinksOut) {
  std::filesystem::create_directory(root_ + "/b");
  std::filesystem::create_directory(root_ + "/a");
  std::filesystem::create_directory_symlink("/", root_ + "/link");
  put("file", "");
  EXPECT_THAT(subdirectories(root_).value(), ElementsAre("a", "b"));
}

TEST_F(File, SubdirectoriesOfNothingAreAnError) {
  EXPECT_EQ(subdirectories(root_ + "/absent").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace duress::os
