#include "os/fd.h"

#include <unistd.h>

namespace duress::os {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    raw_ = other.release();
  }
  return *this;
}

void Fd::reset() {
  if (raw_ >= 0) ::close(raw_);
  raw_ = -1;
}

}  // namespace duress::os
