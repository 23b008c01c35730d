#include "os/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace duress::os {
namespace {

// A child that sleeps, ended and reaped with the test.
class Child final {
 public:
  Child() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::pause();
    ::_exit(0);
  }
  ~Child() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  [[nodiscard]] pid_t pid() const { return pid_; }
  int reap() {
    if (pid_ <= 0) return 0;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_;
};

TEST(Pidfd, SignalsItsProcessAndKnowsItsEnd) {
  Child child;
  const auto pidfd = pidfd_open(child.pid());
  ASSERT_TRUE(pidfd) << pidfd.error().message;
  EXPECT_FALSE(has_ended(*pidfd));
  ASSERT_TRUE(pidfd_signal(*pidfd, SIGKILL));
  EXPECT_TRUE(WIFSIGNALED(child.reap()));
  EXPECT_TRUE(has_ended(*pidfd));
  const auto again = pidfd_signal(*pidfd, SIGKILL);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kGone);
}

TEST(Pidfd, OfNoProcessIsGone) {
  Child child;
  const pid_t pid = child.pid();
  ::kill(pid, SIGKILL);
  child.reap();
  const auto pidfd = pidfd_open(pid);
  ASSERT_FALSE(pidfd);
  EXPECT_EQ(pidfd.error().code, Code::kGone);
}

TEST(ForkInto, NoCgroupIsAPlainFork) {
  Fd pidfd;
  const auto pid = fork_into(Fd(), &pidfd);
  ASSERT_TRUE(pid) << pid.error().message;
  if (*pid == 0) ::_exit(7);
  int status = 0;
  ASSERT_EQ(::waitpid(*pid, &status, 0), *pid);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(SealedMemfd, CannotBeChanged) {
  const auto fd = sealed_memfd("duress-test", "abc", 3);
  ASSERT_TRUE(fd) << fd.error().message;
  EXPECT_LT(::pwrite(fd->get(), "x", 1, 0), 0);
  EXPECT_LT(::ftruncate(fd->get(), 0), 0);
  char got[4] = {};
  EXPECT_EQ(::pread(fd->get(), got, 3, 0), 3);
  EXPECT_STREQ(got, "abc");
}

TEST(SharedMemfd, IsSharedAndOfFixedSize) {
  const auto fd = shared_memfd("duress-test", 4096);
  ASSERT_TRUE(fd) << fd.error().message;
  EXPECT_LT(::ftruncate(fd->get(), 8192), 0);
  const auto map = [&] {
    return static_cast<char*>(
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd->get(), 0));
  };
  char* one = map();
  char* other = map();
  ASSERT_NE(one, MAP_FAILED);
  ASSERT_NE(other, MAP_FAILED);
  one[7] = 'x';
  EXPECT_EQ(other[7], 'x');
  ::munmap(one, 4096);
  ::munmap(other, 4096);
}

TEST(KillTree, TakesTheDescendantsToo) {
  int pipe[2] = {};
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const pid_t grandchild = ::fork();
    if (grandchild != 0) (void)!::write(pipe[1], &grandchild, sizeof grandchild);
    for (;;) ::pause();
  }
  pid_t grandchild = 0;
  ASSERT_EQ(::read(pipe[0], &grandchild, sizeof grandchild), ssize_t{sizeof grandchild});
  const auto pidfd = pidfd_open(grandchild);
  ASSERT_TRUE(pidfd);
  kill_tree(pid);
  ::waitpid(pid, nullptr, 0);
  for (int i = 0; i < 1000 && !has_ended(*pidfd); ++i) ::usleep(1000);
  EXPECT_TRUE(has_ended(*pidfd));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(StartTime, NamesAProcess) {
  const auto own = start_time(::getpid());
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(*own, *start_time(::getpid()));
  Child later;
  EXPECT_GE(*start_time(later.pid()), *own);
  EXPECT_FALSE(start_time(0x7FFFFFFF));
}

}  // namespace
}  // namespace duress::os
