// What went wrong, as a value: a code to branch on and a sentence that tells the user what to do.
// It is not an exception and never carries a stack; callers add where it happened with context().
// Plain value, owned by whoever holds it; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace duress {

enum class Code {
  kUsage,        // the command line or manifest is wrong
  kRefused,      // well-formed, but it may not or cannot be done here; nothing was touched
  kNotFound,     // no such file, process, container or cgroup
  kPermission,   // a right is missing; the message names it
  kGone,         // it existed and ended meanwhile (ESRCH, ENODEV)
  kBusy,         // EBUSY, EAGAIN: try again
  kUnsupported,  // this kernel or machine has no such thing
  kIo,           // any other failed system call
  kInternal,     // a promise of our own was broken
};

struct Error {
  Code code = Code::kInternal;
  std::string message;

  // "set memory.max of /a" + "permission denied" -> "set memory.max of /a: permission denied"
  [[nodiscard]] Error context(std::string_view where) const {
    return {code, std::string(where) + ": " + message};
  }
};

template <class T = void>
using Result = std::expected<T, Error>;

using Failure = std::unexpected<Error>;

[[nodiscard]] inline Failure fail(Code code, std::string message) {
  return Failure(Error{code, std::move(message)});
}

// The one place where an errno becomes a code. `what` is what was tried: "open /proc/1/status".
[[nodiscard]] Failure fail_errno(int error_number, std::string_view what);

}  // namespace duress
