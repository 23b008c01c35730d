// The last of what a container wrote: 64 KiB, however much it was, and a file of its own where one
// is wanted, up to the 10 MiB at which a kubelet begins a new one. One thread.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>

#include "os/fd.h"

namespace duress::rehearse {

class OutputRing final {
 public:
  static constexpr std::size_t kKept = 64UL * 1024;
  static constexpr std::size_t kMostFile = 10UL * 1024 * 1024;

  void write_to(os::Fd file) { file_ = std::move(file); }

  void add(std::string_view text) {
    if (file_ && in_file_ < kMostFile) {
      in_file_ += text.size();
      if (::write(file_.get(), text.data(), text.size()) < 0) file_.reset();
    }
    if (text.size() >= kKept) {
      kept_ = text.substr(text.size() - kKept);
      return;
    }
    // Cut by halves, so that a talkative container does not have 64 KiB moved for every line.
    if (kept_.size() + text.size() > 2 * kKept) kept_.erase(0, kept_.size() - kKept);
    kept_ += text;
  }

  [[nodiscard]] std::string text() const {
    return kept_.size() <= kKept ? kept_ : kept_.substr(kept_.size() - kKept);
  }

 private:
  std::string kept_;
  os::Fd file_;
  std::size_t in_file_ = 0;
};

}  // namespace duress::rehearse
