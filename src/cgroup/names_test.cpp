#include "cgroup/names.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/fixture_test.h"

namespace duress::cgroup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kId = "3f2a91" + std::string(58, '0');
const std::string kOther = "3f2b00" + std::string(58, '1');

NameRoots roots_in(const FakeMachine& machine) {
  const std::string& root = machine.root();
  return {.docker = {root + "/docker"},
          .containerd = {root + "/containerd"},
          .storages = {root + "/storage"},
          .kubelet_logs = root + "/logs",
          .duress = root + "/duress"};
}

TEST(Names, AreFoundInEveryRuntimesDirectory) {
  const std::string task = "containerd/io.containerd.runtime.v2.task/k8s.io/";
  const FakeMachine machine(
      {{"docker/containers/" + kId + "/config.v2.json", R"({"Name":"/of-docker"})"},
       {task + std::string(64, 'a') + "/config.json",
        R"({"annotations":{"io.kubernetes.cri.container-name":"app",
            "io.kubernetes.cri.sandbox-name":"web","io.kubernetes.cri.sandbox-namespace":"n"}})"},
       {"storage/overlay-containers/containers.json",
        R"([{"id":")" + kOther + R"(","names":["of-podman"]}])"},
       {"storage/overlay-containers/" + kOther + "/userdata/config.json", "{}"},
       {"logs/web-1_shop_app-" + std::string(64, 'b') + ".log", ""},
       {"duress/rehearse-1/names.json",
        R"({")" + std::string(64, 'c') + R"(":{"container":"r","pod":"p","namespace":"n"}})"}});
  Names names(roots_in(machine));
  EXPECT_EQ(names.of(kId).container, "of-docker");
  EXPECT_EQ(names.of(std::string(64, 'a')).pod, "web");
  EXPECT_EQ(names.of(std::string(64, 'a')).runtime, "containerd");
  EXPECT_EQ(names.of(kOther).container, "of-podman");
  EXPECT_EQ(names.of(kOther).runtime, "podman");
  EXPECT_EQ(names.of(std::string(64, 'b')).name_space, "shop");
  EXPECT_EQ(names.of(std::string(64, 'c')).container, "r");
  EXPECT_TRUE(names.of(std::string(64, 'd')).empty());
  EXPECT_THAT(names.take_notes(), IsEmpty());
}

TEST(Names, AreKeptThoughTheFileVanishes) {
  const FakeMachine machine(
      {{"docker/containers/" + kId + "/config.v2.json", R"({"Name":"/web"})"}});
  Names names(roots_in(machine));
  EXPECT_EQ(names.of(kId).container, "web");
  std::filesystem::remove_all(machine.root() + "/docker");
  EXPECT_EQ(names.of(kId).container, "web");
  names.keep_only({});
  EXPECT_TRUE(names.of(kId).empty());
}

TEST(Names, ComeLaterWhereTheRuntimeWritesLater) {
  const FakeMachine machine({{"docker/containers/" + kId + "/config.v2.json", R"({"Name":"/w)"}});
  Names names(roots_in(machine));
  EXPECT_TRUE(names.of(kId).empty());
  machine.put("docker/containers/" + kId + "/config.v2.json", R"({"Name":"/web"})");
  EXPECT_EQ(names.of(kId).container, "web");
}

TEST(Names, StorageIsReadAnewWhenItChanges) {
  const FakeMachine machine(FakeMachine::Files{{"storage/vfs-containers/containers.json", "[]"}});
  Names names(roots_in(machine));
  EXPECT_TRUE(names.of(kId).empty());
  const std::string path = machine.root() + "/storage/vfs-containers/containers.json";
  machine.put("storage/vfs-containers/containers.json",
              R"([{"id":")" + kId + R"(","names":["web"]}])");
  const timespec times[2] = {{.tv_sec = 5, .tv_nsec = 0}, {.tv_sec = 5, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  EXPECT_EQ(names.of(kId).container, "web");
}

TEST(Names, WaitForNoPipe) {
  const FakeMachine machine(FakeMachine::Files{{"docker/containers/" + kId + "/", ""}});
  const std::string path = machine.root() + "/docker/containers/" + kId + "/config.v2.json";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  Names names(roots_in(machine));
  EXPECT_TRUE(names.of(kId).empty());
}

TEST(Names, TellOnceOfADirectoryThatIsClosed) {
  const FakeMachine machine({{"docker/containers/" + kId + "/config.v2.json", "{}"}});
  std::filesystem::permissions(machine.root(), std::filesystem::perms(0755));
  std::filesystem::permissions(machine.root() + "/docker", std::filesystem::perms::none);
  const auto notes_as_nobody = [&] {
    Names names(roots_in(machine));
    (void)names.of(kId);
    (void)names.of(kOther);
    std::vector<std::string> notes = names.take_notes();
    (void)names.of(std::string(64, 'e'));
    for (const std::string& note : names.take_notes()) notes.push_back(note);
    return notes;
  };
  const bool is_root = ::geteuid() == 0;
  ASSERT_EQ(is_root ? ::seteuid(65534) : 0, 0);
  const std::vector<std::string> notes = notes_as_nobody();
  ASSERT_EQ(is_root ? ::seteuid(0) : 0, 0);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("docker")));
  std::filesystem::permissions(machine.root() + "/docker", std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace duress::cgroup
