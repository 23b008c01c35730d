#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace duress {

namespace {

Code code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EPERM:
    case EACCES:
      return Code::kPermission;
    case ESRCH:
    case ENODEV:
    case ECHILD:
      return Code::kGone;
    case EBUSY:
    case EAGAIN:
      return Code::kBusy;
    case ENOSYS:
    case EOPNOTSUPP:
      return Code::kUnsupported;
    default:
      return Code::kIo;
  }
}

}  // namespace

Failure fail_errno(int error_number, std::string_view what) {
  return fail(code_of(error_number), std::string(what) + ": " + std::strerror(error_number));
}

}  // namespace duress
