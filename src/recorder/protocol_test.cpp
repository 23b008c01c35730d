#include "recorder/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::recorder {
namespace {

using ::testing::ElementsAre;
using ::testing::Lt;
using ::testing::SizeIs;

Begin beginning() {
  return {.setting = {.path = "/var/lib/duress/recordings/a.duress",
                      .duress_version = "1.2.3",
                      .command = {"duress", "run", "--memory", "50MiB"},
                      .qos_class = "Burstable",
                      .kernel = "6.1.0",
                      .node_cpus = 4,
                      .own_prefixes = {"stress-ng"}},
          .cgroup = "/kubepods/a"};
}

TEST(Protocol, ABeginningComesAsItWent) {
  const auto came = decode_begin(begin_message(beginning()));
  ASSERT_TRUE(came);
  EXPECT_EQ(came->cgroup, "/kubepods/a");
  EXPECT_EQ(came->setting.path, "/var/lib/duress/recordings/a.duress");
  EXPECT_EQ(came->setting.duress_version, "1.2.3");
  EXPECT_EQ(came->setting.qos_class, "Burstable");
  EXPECT_EQ(came->setting.kernel, "6.1.0");
  EXPECT_EQ(came->setting.node_cpus, 4);
  EXPECT_THAT(came->setting.command, ElementsAre("duress", "run", "--memory", "50MiB"));
  EXPECT_THAT(came->setting.own_prefixes, ElementsAre("stress-ng"));
}

TEST(Protocol, ALongCommandIsCutAndTheMessageFits) {
  Begin begin = beginning();
  begin.setting.command.assign(10'000, std::string(100, 'x'));
  const std::string message = begin_message(begin);
  ASSERT_THAT(message.size(), Lt(kMostMessage));
  const auto came = decode_begin(message);
  ASSERT_TRUE(came);
  EXPECT_EQ(came->setting.command.back(), "...");
  EXPECT_THAT(came->setting.own_prefixes, SizeIs(1));
}

TEST(Protocol, WhatIsCutOffOrNoBeginningIsNone) {
  const std::string whole = begin_message(beginning());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_begin(std::string_view(whole).substr(0, size))) << size;
  EXPECT_FALSE(decode_begin(load_message(mib(1), mib(1))));
}

TEST(Protocol, AnAnswerThatCannotBeReadIsAProblem) {
  EXPECT_EQ(decode_answer(answer_message("")), "");
  EXPECT_EQ(decode_answer(answer_message("the disk is full")), "the disk is full");
  EXPECT_NE(decode_answer(""), "");
}

}  // namespace
}  // namespace duress::recorder
