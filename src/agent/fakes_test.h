// Loads, containers and a clock that the tests of this folder move by hand.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "agent/containers.h"
#include "agent/launcher.h"
#include "base/clock.h"

namespace duress::agent::testing {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override {
    return WallTime(std::chrono::seconds(1'790'000'000)) + now_.time_since_epoch();
  }
  void pass(Duration time) { now_ += time; }

 private:
  Instant now_{std::chrono::seconds(100)};
};

// Loads that tell what the test has them tell.
class FakeLoads final : public Loads {
 public:
  struct One {
    StartLoad wanted;
    os::Fd line;  // to write its output into
    os::Fd end;   // an eventfd in place of a pidfd
    bool told_to_stop = false;
    bool over = false;
  };

  Result<StartedLoad> start(const StartLoad& load) override {
    if (refuses) return fail(*refuses, "no room");
    int output[2];
    int errors[2];
    EXPECT_EQ(::pipe2(output, O_CLOEXEC | O_NONBLOCK), 0);
    EXPECT_EQ(::pipe2(errors, O_CLOEXEC | O_NONBLOCK), 0);
    const os::Fd unused(errors[1]);
    os::Fd end(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    os::Fd process(::dup(end.get()));
    all.push_back({load, os::Fd(output[1]), std::move(end)});
    return StartedLoad{LoadOutput(std::move(process), os::Fd(output[0]), os::Fd(errors[0])), {}};
  }
  Result<> stop(std::uint64_t number) override {
    find(number).told_to_stop = true;
    return {};
  }
  Result<> kill(std::uint64_t number) override {
    killed.push_back(number);
    return {};
  }

  One& find(std::uint64_t number) {
    return *std::ranges::find(all, number, [](const One& one) { return one.wanted.number; });
  }
  static void tell(One& one, const std::string& line) {
    ASSERT_EQ(::write(one.line.get(), (line + "\n").data(), line.size() + 1),
              static_cast<ssize_t>(line.size() + 1));
  }
  static void end(One& one, const std::string& reason) {
    if (!reason.empty()) tell(one, R"({"type":"end","message":"m","reason":")" + reason + R"("})");
    one.line.reset();
    ::eventfd_write(one.end.get(), 1);
    one.over = true;
  }
  [[nodiscard]] std::size_t alive() const {
    return static_cast<std::size_t>(std::ranges::count(all, false, &One::over));
  }

  std::vector<One> all;
  std::vector<std::uint64_t> killed;
  std::optional<Code> refuses{};
};

class FakeContainers final : public Containers {
 public:
  void look() override {}
  [[nodiscard]] std::optional<std::string> running(const std::string& id) const override {
    return ids.contains(id) ? std::optional("/pod/" + id) : std::nullopt;
  }
  std::set<std::string> ids{"A", "B", "C", "D"};
};

}  // namespace duress::agent::testing
