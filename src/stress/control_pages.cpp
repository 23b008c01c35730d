#include "stress/control_pages.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "os/process.h"

namespace duress::stress {

namespace {

Result<void*> map_shared(int fd, std::uint32_t count) {
  void* at = ::mmap(nullptr, count * static_cast<std::size_t>(kControlPage), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return fail_errno(errno, "map control pages");
  return at;
}

}  // namespace

Result<ControlPages> ControlPages::make(std::uint32_t count) {
  auto memfd = os::shared_memfd("duress-control", count * static_cast<std::size_t>(kControlPage));
  if (!memfd) return std::unexpected(memfd.error());
  auto at = map_shared(memfd->get(), count);
  if (!at) return std::unexpected(at.error());
  ControlPages pages(std::move(*memfd), *at, count);
  for (std::uint32_t slot = 0; slot < count; ++slot) pages.reset(slot);
  return pages;
}

Result<ControlPages> ControlPages::map(const os::Fd& memfd) {
  struct stat info{};
  if (::fstat(memfd.get(), &info) < 0) return fail_errno(errno, "look at control pages");
  const auto count = static_cast<std::uint32_t>(info.st_size / kControlPage);
  if (count == 0) return fail(Code::kInternal, "no control pages");
  auto at = map_shared(memfd.get(), count);
  if (!at) return std::unexpected(at.error());
  return ControlPages(os::Fd(), *at, count);
}

ControlPages::ControlPages(ControlPages&& other) noexcept
    : memfd_(std::move(other.memfd_)),
      at_(std::exchange(other.at_, nullptr)),
      count_(std::exchange(other.count_, 0)) {}

ControlPages& ControlPages::operator=(ControlPages&& other) noexcept {
  if (this != &other) {
    std::swap(memfd_, other.memfd_);
    std::swap(at_, other.at_);
    std::swap(count_, other.count_);
  }
  return *this;
}

ControlPages::~ControlPages() {
  if (at_ != nullptr) ::munmap(at_, count_ * static_cast<std::size_t>(kControlPage));
}

ControlBlock& ControlPages::block(std::uint32_t slot) const {
  return *std::launder(
      reinterpret_cast<ControlBlock*>(static_cast<char*>(at_) + slot * kControlPage));
}

void ControlPages::reset(std::uint32_t slot) const {
  void* page = static_cast<char*>(at_) + slot * kControlPage;
  std::memset(page, 0, static_cast<std::size_t>(kControlPage));
  auto* block = new (page) ControlBlock{};
  block->wake.store(1);  // odd for ever: 0 is what the kernel writes when the worker dies
}

std::string failure_text(const ControlBlock& block) {
  const char* const stage = [&]() -> const char* {
    switch (static_cast<Stage>(block.stage.load())) {
      case Stage::kJoin:
        return "joining the target's cgroup";
      case Stage::kOomScore:
        return "setting oom_score_adj (lowering it needs CAP_SYS_RESOURCE)";
      case Stage::kExec:
        return "executing the worker program";
      case Stage::kMap:
        return "reserving address space";
      case Stage::kLock:
        return "locking memory (needs CAP_IPC_LOCK; or ask for --swappable)";
      case Stage::kPolicy:
        return "keeping to the target's memory nodes";
      case Stage::kSandbox:
        return "dropping rights";
      case Stage::kOrphan:
        return "the warden had ended";
      case Stage::kToucher:
        return "the process that fills it was killed";
      case Stage::kFill:
        return "giving memory back";
      case Stage::kNone:
      case Stage::kClone:
        break;
    }
    return "starting";
  }();
  const int error = block.error.load();
  return error == 0 ? std::string(stage) : std::string(stage) + ": " + std::strerror(error);
}

void wake(ControlBlock& block) {
  block.wake.fetch_add(2);
  ::syscall(SYS_futex, &block.wake, FUTEX_WAKE, 0x7fffffff, nullptr, nullptr, 0);
}

void order_release(ControlBlock& block) {
  block.order.store(static_cast<std::uint32_t>(Order::kRelease));
  wake(block);
}

}  // namespace duress::stress
