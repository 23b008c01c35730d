#include "os/poller.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>

#include <gtest/gtest.h>

namespace duress::os {
namespace {

using std::chrono::milliseconds;

class Polling : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Poller::make();
    ASSERT_TRUE(made) << made.error().message;
    poller_.emplace(std::move(*made));
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    reading_ = Fd(pipe[0]);
    writing_ = Fd(pipe[1]);
  }
  std::optional<Poller> poller_;
  Fd reading_;
  Fd writing_;
};

TEST_F(Polling, GivesTheNumberOfWhatIsReady) {
  ASSERT_TRUE(poller_->add(reading_.get(), 42));
  ASSERT_EQ(::write(writing_.get(), "x", 1), 1);
  const auto ready = poller_->wait(milliseconds(1000));
  ASSERT_TRUE(ready) << ready.error().message;
  ASSERT_EQ(ready->size(), 1U);
  EXPECT_EQ(ready->front().tag, 42U);
}

TEST_F(Polling, GivesNothingWhereNothingIsReady) {
  ASSERT_TRUE(poller_->add(reading_.get(), 42));
  const auto ready = poller_->wait(milliseconds(1));
  ASSERT_TRUE(ready);
  EXPECT_TRUE(ready->empty());
}

TEST_F(Polling, ForgetsWhatIsRemoved) {
  ASSERT_TRUE(poller_->add(reading_.get(), 42));
  ASSERT_EQ(::write(writing_.get(), "x", 1), 1);
  poller_->remove(reading_.get());
  const auto ready = poller_->wait(milliseconds(1));
  ASSERT_TRUE(ready);
  EXPECT_TRUE(ready->empty());
}

TEST_F(Polling, RefusesADescriptorThatIsNone) { EXPECT_FALSE(poller_->add(-1, 1)); }

TEST_F(Polling, SignalsComeByDescriptor) {
  const auto signals = signal_fd({SIGUSR1});
  ASSERT_TRUE(signals) << signals.error().message;
  EXPECT_EQ(next_signal(*signals), 0);
  ASSERT_TRUE(poller_->add(signals->get(), 1));
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  const auto ready = poller_->wait(milliseconds(1000));
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->size(), 1U);
  EXPECT_EQ(next_signal(*signals), SIGUSR1);
  EXPECT_EQ(next_signal(*signals), 0);
}

}  // namespace
}  // namespace duress::os
