#include "os/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <gtest/gtest.h>

namespace duress::os {
namespace {

int open_null() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_open(int raw) { return ::fcntl(raw, F_GETFD) >= 0; }

TEST(Fd, IsInvalidUntilItHoldsOne) {
  const Fd fd;
  EXPECT_FALSE(fd.valid());
  EXPECT_FALSE(static_cast<bool>(fd));
  EXPECT_EQ(fd.get(), -1);
}

TEST(Fd, ClosesWhatItHoldsWhenItGoes) {
  const int raw = open_null();
  {
    const Fd fd(raw);
    EXPECT_TRUE(is_open(raw));
  }
  EXPECT_FALSE(is_open(raw));
  EXPECT_EQ(errno, EBADF);
}

TEST(Fd, MovesLeaveTheSourceEmptyAndTheDescriptorOpen) {
  const int raw = open_null();
  Fd first(raw);
  const Fd second(std::move(first));
  EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(second.get(), raw);
  EXPECT_TRUE(is_open(raw));
}

TEST(Fd, AssignmentClosesTheOldDescriptor) {
  const int old_one = open_null();
  const int new_one = open_null();
  Fd fd(old_one);
  fd = Fd(new_one);
  EXPECT_FALSE(is_open(old_one));
  EXPECT_TRUE(is_open(new_one));
  EXPECT_EQ(fd.get(), new_one);
}

TEST(Fd, SurvivesBeingMovedToItself) {
  const int raw = open_null();
  Fd fd(raw);
  Fd& same = fd;
  fd = std::move(same);
  EXPECT_EQ(fd.get(), raw);
  EXPECT_TRUE(is_open(raw));
}

TEST(Fd, ReleaseHandsTheDescriptorOver) {
  Fd fd(open_null());
  const int raw = fd.release();
  EXPECT_FALSE(fd.valid());
  EXPECT_TRUE(is_open(raw));
  ::close(raw);
}

TEST(Fd, ResetClosesOnceAndCanBeRepeated) {
  const int raw = open_null();
  Fd fd(raw);
  fd.reset();
  fd.reset();
  EXPECT_FALSE(is_open(raw));
  EXPECT_FALSE(fd.valid());
}

}  // namespace
}  // namespace duress::os
