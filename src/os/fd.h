// A file descriptor that closes itself. It owns exactly one descriptor or none; it is not a stream
// and does no I/O by itself. Move-only; one thread.
#pragma once

#include <utility>

namespace duress::os {

class Fd final {
 public:
  Fd() = default;
  explicit Fd(int raw) : raw_(raw) {}
  Fd(Fd&& other) noexcept : raw_(std::exchange(other.raw_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return raw_; }
  [[nodiscard]] bool valid() const { return raw_ >= 0; }
  [[nodiscard]] explicit operator bool() const { return valid(); }
  [[nodiscard]] int release() { return std::exchange(raw_, -1); }
  void reset();

 private:
  int raw_ = -1;
};

}  // namespace duress::os
