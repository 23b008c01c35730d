#include "os/message.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include <gtest/gtest.h>

#include "os/file.h"

namespace duress::os {
namespace {

struct Note {
  std::uint32_t kind = 0;
  std::uint64_t amount = 0;
};

class Messages : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pair = message_pair();
    ASSERT_TRUE(pair) << pair.error().message;
    near_ = std::move(pair->first);
    far_ = std::move(pair->second);
  }
  Fd near_;
  Fd far_;
};

TEST_F(Messages, ArriveWhole) {
  ASSERT_TRUE(send(near_, Note{7, 1ULL << 40}));
  Note got;
  ASSERT_TRUE(receive(far_, got, true));
  EXPECT_EQ(got.kind, 7U);
  EXPECT_EQ(got.amount, 1ULL << 40);
}

TEST_F(Messages, CarryDescriptorsThatSpeakOfTheSameFile) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const Fd reading(pipe[0]);
  Fd writing(pipe[1]);
  const std::array<int, 1> passed = {writing.get()};
  ASSERT_TRUE(send(near_, Note{}, passed));
  Note note;
  auto fds = receive(far_, note, true);
  ASSERT_TRUE(fds) << fds.error().message;
  ASSERT_EQ(fds->size(), 1U);
  writing = Fd();
  ASSERT_EQ(::write(fds->front().get(), "x", 1), 1);
  char got = 0;
  ASSERT_EQ(::read(reading.get(), &got, 1), 1);
  EXPECT_EQ(got, 'x');
}

TEST_F(Messages, AreBusyWhereThereIsNone) {
  Note note;
  const auto got = receive(far_, note, false);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kBusy);
}

TEST_F(Messages, TellThatThePeerIsGone) {
  near_ = Fd();
  Note note;
  const auto got = receive(far_, note, true);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kGone);
  EXPECT_FALSE(send(far_, note));
}

TEST_F(Messages, OfAnotherSizeAreRefused) {
  ASSERT_TRUE(send(near_, std::uint32_t{1}));
  Note note;
  const auto got = receive(far_, note, true);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kInternal);
}

}  // namespace
}  // namespace duress::os
