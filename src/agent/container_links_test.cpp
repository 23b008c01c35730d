#include "agent/container_links.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace duress::agent {
namespace {

std::string id(char digit) { return std::string(64, digit); }
std::string name(char digit) { return "web_shop_app-" + id(digit) + ".log"; }
std::string target(int attempt) {
  return "/var/log/pods/shop_web_uid/app/" + std::to_string(attempt) + ".log";
}

spec::ContainerOrder ordered(const std::string& container_id) {
  return {.ns = "shop", .pod = "web", .pod_uid = "uid", .container = "app", .id = container_id};
}

TEST(ContainerLinks, TellTheIdOfALaterAttempt) {
  ContainerLinks links;
  links.saw(name('a'), target(0));
  EXPECT_EQ(links.id_of(ordered(id('a'))), id('a'));
  links.saw(name('b'), target(1));
  EXPECT_EQ(links.id_of(ordered(id('a'))), id('b'));
  EXPECT_EQ(links.id_of(ordered("")), id('b'));
  links.saw(name('c'), target(0));  // of an earlier attempt, seen later
  EXPECT_EQ(links.id_of(ordered(id('b'))), id('b'));
}

TEST(ContainerLinks, BelieveAnOrderThatKnowsMore) {
  ContainerLinks links;
  links.saw(name('a'), target(3));
  EXPECT_EQ(links.id_of(ordered(id('d'))), id('d'));
  EXPECT_EQ(ContainerLinks().id_of(ordered(id('d'))), id('d'));
}

TEST(ContainerLinks, ForgetWhatIsGoneAndPassOverWhatIsNotTheirs) {
  ContainerLinks links;
  for (const char* other : {"", "x.log", "a_b_c.log", "a_b_c-xyz.log"}) links.saw(other, target(1));
  links.saw(name('b'), "/elsewhere");
  EXPECT_EQ(links.id_of(ordered("")), "");
  links.saw(name('b'), target(1));
  links.gone(name('b'));
  EXPECT_EQ(links.id_of(ordered("")), "");
}

TEST(LinkWatch, SeesLinksThatComeAndGo) {
  const std::string directory =
      std::filesystem::temp_directory_path() / ("duress-links-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  ASSERT_EQ(::symlink(target(0).c_str(), (directory + "/" + name('a')).c_str()), 0);
  auto watch = LinkWatch::make(directory);
  ASSERT_TRUE(watch) << watch.error().message;
  EXPECT_EQ(watch->links().id_of(ordered("")), id('a'));
  ASSERT_EQ(::symlink(target(1).c_str(), (directory + "/" + name('b')).c_str()), 0);
  watch->take();
  EXPECT_EQ(watch->links().id_of(ordered(id('a'))), id('b'));
  std::filesystem::remove(directory + "/" + name('b'));
  watch->take();
  EXPECT_EQ(watch->links().id_of(ordered("")), id('a'));
  std::filesystem::remove_all(directory);
  EXPECT_FALSE(LinkWatch::make(directory));
}

}  // namespace
}  // namespace duress::agent
