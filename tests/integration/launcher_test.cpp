// The agent's launcher on the real kernel: it starts loads on containers and on nothing else, and
// whoever is killed, nothing of them is left.
#include "agent/launcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "agent/recordings.h"
#include "world.h"

namespace duress::testing {
namespace {

using agent::Launcher;
using agent::LoadNews;
using agent::LoadOver;

constexpr std::int64_t kSize = 50 * kMiB;

// A cgroup that bears a container's ID, with an application in it.
struct Container {
  Container() {
    if (is_v2()) pod.pass_controllers_on();
    cgroup.emplace(pod, std::string(64, 'd'));
    cgroup->limit_memory(300 * kMiB);
    app.emplace(*cgroup, std::vector<std::string>{"--hold", "5M"});
    EXPECT_TRUE(wait_until([&] { return cgroup->usage() > 5 * kMiB; }));
    before = cgroup->usage();
  }
  [[nodiscard]] bool is_loaded() const {
    return cgroup->usage() >= before + kSize - counter_batch();
  }
  [[nodiscard]] bool is_free() const {
    return workers_in(*cgroup).empty() && cgroup->usage() < before + kMiB + counter_batch();
  }

  Cgroup pod;
  std::optional<Cgroup> cgroup;
  std::optional<App> app;
  std::int64_t before = 0;
};

agent::StartLoad load_on(const Container& container, std::uint64_t number = 1) {
  agent::StartLoad out{.number = number, .cgroup = container.cgroup->path(), .name = "test"};
  out.loads.memory.emplace();
  out.loads.memory->size = Bytes{kSize};
  out.loads.memory->size_given = true;
  out.loads.memory->workers = 2;
  return out;
}

Launcher launcher(int held = -1, const std::string& recordings = "") {
  auto out =
      Launcher::start({.program = Duress::program(), .recordings = recordings, .held = held});
  EXPECT_TRUE(out) << (out ? "" : out.error().message);
  return std::move(*out);
}

std::vector<LoadNews> news_until_over(agent::LoadOutput& output) {
  std::vector<LoadNews> out;
  EXPECT_TRUE(wait_until([&] {
    for (LoadNews& news : output.take()) out.push_back(std::move(news));
    return output.over();
  }));
  return out;
}

const LoadOver& end_of(const std::vector<LoadNews>& news) {
  static const LoadOver kNone;
  if (news.empty()) return kNone;
  const auto* over = std::get_if<LoadOver>(&news.back());
  return over != nullptr ? *over : kNone;
}

TEST(Launcher, StartsALoadOnAContainerAndEndsIt) {
  const Container container;
  Launcher started = launcher();
  auto load = started.start(load_on(container));
  ASSERT_TRUE(load) << load.error().message;
  ASSERT_TRUE(wait_until([&] { return container.is_loaded(); }));
  ASSERT_TRUE(started.stop(1));
  const auto news = news_until_over(load->output);
  EXPECT_THAT(news, ::testing::Contains(::testing::VariantWith<agent::LoadStarted>(::testing::_)));
  EXPECT_EQ(end_of(news).end.reason, "signal");
  EXPECT_TRUE(wait_until([&] { return container.is_free(); }));
}

TEST(Launcher, EndsALoadThatWasGivenATime) {
  const Container container;
  Launcher started = launcher();
  agent::StartLoad wanted = load_on(container);
  wanted.duration = std::chrono::milliseconds(500);
  auto load = started.start(wanted);
  ASSERT_TRUE(load) << load.error().message;
  EXPECT_EQ(end_of(news_until_over(load->output)).end.reason, "deadline");
  EXPECT_TRUE(wait_until([&] { return container.is_free(); }));
}

std::string recordings_directory() {
  return std::filesystem::temp_directory_path() /
         ("duress-it-recordings-" + std::to_string(::getpid()));
}

TEST(Launcher, RecordsALoadForWhoeverHoldsTheFile) {
  const Container container;
  const std::string directory = recordings_directory();
  {
    Launcher started = launcher(-1, directory);
    auto load = started.start(load_on(container));
    ASSERT_TRUE(load) << load.error().message;
    ASSERT_TRUE(load->recording);
    ASSERT_TRUE(wait_until([&] { return container.is_loaded(); }));
    ASSERT_TRUE(started.stop(1));
    news_until_over(load->output);
    const auto recording = agent::read_recording(load->recording);
    ASSERT_TRUE(recording) << recording.error().message;
    EXPECT_TRUE(recording->complete) << recording->damage;
    EXPECT_EQ(recording->plan->memory, Bytes{kSize});
  }
  EXPECT_FALSE(std::filesystem::exists(directory))
      << "nobody would know whose recordings these are";
}

TEST(Launcher, RecordsAllLoadsInOneProcessAndGoesOnWithoutIt) {
  const Container one;
  const Container other;
  Launcher started = launcher(-1, recordings_directory());
  auto first = started.start(load_on(one, 1));
  auto second = started.start(load_on(other, 2));
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(wait_until([&] { return one.is_loaded() && other.is_loaded(); }));
  const std::vector<pid_t> recorders = processes_named("duress-recorder");
  ASSERT_THAT(recorders, ::testing::SizeIs(1));
  ASSERT_TRUE(started.stop(1));
  news_until_over(first->output);
  EXPECT_TRUE(agent::read_recording(first->recording)->complete);

  ::kill(recorders.front(), SIGKILL);
  auto third = started.start(load_on(one, 3));
  ASSERT_TRUE(third) << third.error().message;
  ASSERT_TRUE(wait_until([&] { return one.is_loaded(); }));
  EXPECT_TRUE(other.is_loaded());
  EXPECT_THAT(processes_named("duress-recorder"),
              ::testing::ElementsAre(::testing::Ne(recorders.front())));
  for (const std::uint64_t number : {2U, 3U}) ASSERT_TRUE(started.stop(number));
  news_until_over(second->output);
  news_until_over(third->output);
  const auto cut = agent::read_recording(second->recording);
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_FALSE(cut->complete);
  EXPECT_THAT(cut->looks, ::testing::Not(::testing::IsEmpty()));
  EXPECT_TRUE(agent::read_recording(third->recording)->complete);
}

TEST(Launcher, RefusesWhatIsNoContainer) {
  const Container container;
  Launcher started = launcher();
  for (const std::string& cgroup : {container.pod.path(), std::string("/"), std::string()}) {
    agent::StartLoad wanted = load_on(container);
    wanted.cgroup = cgroup;
    const auto load = started.start(wanted);
    ASSERT_FALSE(load) << cgroup;
    EXPECT_EQ(load.error().code, Code::kRefused);
    EXPECT_THAT(load.error().message, ::testing::HasSubstr("is no container's"));
  }
}

TEST(Launcher, StartsNoNumberTwice) {
  const Container container;
  Launcher started = launcher();
  auto load = started.start(load_on(container));
  ASSERT_TRUE(load);
  EXPECT_FALSE(started.start(load_on(container)));
  ASSERT_TRUE(wait_until([&] { return container.is_loaded(); }));
  EXPECT_EQ(workers_in(*container.cgroup).size(), 2U);
}

TEST(Launcher, EndsAllLoadsWhenTheAgentIsKilled) {
  const Container container;
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC | O_NONBLOCK), 0);
  const os::Fd read(pipe[0]);
  os::Fd held(pipe[1]);
  const pid_t agent = ::fork();
  ASSERT_GE(agent, 0);
  if (agent == 0) {
    auto started = Launcher::start({.program = Duress::program(), .held = held.get()});
    auto load = started ? started->start(load_on(container)) : std::unexpected(started.error());
    while (load) ::pause();
    ::_exit(1);
  }
  held.reset();
  EXPECT_TRUE(wait_until([&] { return container.is_loaded(); }));
  ::kill(agent, SIGKILL);
  ::waitpid(agent, nullptr, 0);
  char byte = 0;
  EXPECT_TRUE(wait_until([&] { return ::read(read.get(), &byte, 1) == 0; }));  // all have ended
  EXPECT_TRUE(container.is_free());
}

TEST(Launcher, IsOutlivedByNoLoadAndTellsByItsDescriptorWhenTheLastIsGone) {
  const Container container;
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC | O_NONBLOCK), 0);
  const os::Fd read(pipe[0]);
  os::Fd held(pipe[1]);
  Launcher started = launcher(held.get());
  held.reset();
  auto load = started.start(load_on(container));
  ASSERT_TRUE(load);
  ASSERT_TRUE(wait_until([&] { return container.is_loaded(); }));
  char byte = 0;
  EXPECT_EQ(::read(read.get(), &byte, 1), -1);  // somebody holds it
  ::kill(started.pid(), SIGKILL);
  EXPECT_TRUE(wait_until([&] { return ::read(read.get(), &byte, 1) == 0; }));
  EXPECT_TRUE(container.is_free());
  EXPECT_EQ(started.start(load_on(container, 2)).error().code, Code::kGone);
}

}  // namespace
}  // namespace duress::testing
