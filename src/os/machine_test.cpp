#include "os/machine.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::os {
namespace {

using ::testing::HasSubstr;

class Machine : public ::testing::Test {
 protected:
  Machine() {
    char pattern[] = "/tmp/duress-machine-XXXXXX";
    root_ = ::mkdtemp(pattern);
  }
  ~Machine() override { std::filesystem::remove_all(root_); }

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(root_ + "/" + name) << text;
  }

  std::string root_;
};

TEST_F(Machine, MemoryIsReadInKibibytes) {
  put("meminfo",
      "MemTotal:       16384 kB\nMemFree:  1 kB\nMemAvailable:    8192 kB\nSwapTotal:  1024 kB\n");
  const auto info = MemoryInfo::open(root_);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->total(), mib(16));
  EXPECT_EQ(info->swap_total(), mib(1));
  EXPECT_EQ(info->available().value(), mib(8));
}

TEST_F(Machine, AvailableMemoryIsReadAnewFromTheFileThatIsOpen) {
  put("meminfo", "MemTotal: 16384 kB\nMemAvailable: 8192 kB\n");
  const auto info = MemoryInfo::open(root_);
  ASSERT_TRUE(info);
  put("meminfo", "MemTotal: 16384 kB\nMemAvailable: 4096 kB\n");
  EXPECT_EQ(info->available().value(), mib(4));
}

TEST_F(Machine, MemoryFieldsAreFoundByTheirWholeName) {
  put("meminfo", "NotMemTotal: 1 kB\nMemTotalOther: 2 kB\nMemTotal: 3 kB\n");
  EXPECT_EQ(MemoryInfo::open(root_).value().total(), kib(3));
}

TEST_F(Machine, WithoutMemAvailableSaysSo) {
  put("meminfo", "MemTotal: 16384 kB\n");
  const auto available = MemoryInfo::open(root_).value().available();
  ASSERT_FALSE(available);
  EXPECT_EQ(available.error().code, Code::kUnsupported);
  EXPECT_THAT(available.error().message, HasSubstr("MemAvailable"));
}

TEST_F(Machine, WithoutMemTotalIsRefused) {
  put("meminfo", "nothing here\n");
  EXPECT_EQ(MemoryInfo::open(root_).error().code, Code::kUnsupported);
  EXPECT_EQ(MemoryInfo::open(root_ + "/absent").error().code, Code::kNotFound);
}

TEST_F(Machine, FieldThatIsNoSizeCountsAsAbsent) {
  put("meminfo", "MemTotal: 99999999999999999999999 kB\n");
  EXPECT_FALSE(MemoryInfo::open(root_));
  put("meminfo", "MemTotal: 9223372036854775807 kB\n");
  EXPECT_FALSE(MemoryInfo::open(root_));
  put("meminfo", "MemTotal: lots\n");
  EXPECT_FALSE(MemoryInfo::open(root_));
}

TEST_F(Machine, ChosenWordStandsInBrackets) {
  put("enabled", "always [madvise] never\n");
  EXPECT_EQ(chosen(root_ + "/enabled"), "madvise");
}

TEST_F(Machine, ChosenWordIsUnsetWhereNoneIsMarked) {
  put("none", "always madvise never\n");
  put("torn", "] always [\n");
  EXPECT_EQ(chosen(root_ + "/none"), std::nullopt);
  EXPECT_EQ(chosen(root_ + "/torn"), std::nullopt);
  EXPECT_EQ(chosen(root_ + "/absent"), std::nullopt);
}

TEST_F(Machine, PressureIsThatOfTheLastTenSeconds) {
  EXPECT_FALSE(pressure_state(root_).memory);
  std::filesystem::create_directory(root_ + "/pressure");
  put("pressure/memory",
      "some avg10=12.34 avg60=4.00 avg300=0.00 total=1\nfull avg10=99.00 avg60=0.00 avg300=0.00 "
      "total=1\n");
  put("pressure/cpu", "full avg10=1.00\n");
  const PressureState state = pressure_state(root_);
  EXPECT_EQ(state.memory, Percent{12.34});
  EXPECT_FALSE(state.cpu) << "an older kernel's";
  EXPECT_FALSE(state.io);
}

}  // namespace
}  // namespace duress::os
