#include "observe/recording_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "os/file.h"

namespace duress::observe {

namespace {

// A month at 10 Hz; what is larger is no recording.
constexpr std::size_t kMostFile = std::size_t{1} << 30U;

}  // namespace

Result<RecordingWriter> RecordingWriter::create(const std::string& path, const Header& header,
                                                const Options& options) {
  const int how = options.must_be_new ? O_EXCL : O_TRUNC;
  os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | how, 0644));
  if (!fd) return fail_errno(errno, "make the recording " + path);
  RecordingWriter out(path, std::move(fd));
  if (auto begun = out.append(out.encoder_.header(header)); !begun)
    return std::unexpected(begun.error());
  return out;
}

// One write: a record is there whole or, on a full disk, known by its checksum to be cut off.
Result<> RecordingWriter::append(const std::string& bytes) {
  ssize_t written = 0;
  do {
    written = ::write(fd_.get(), bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return fail_errno(errno, "write the recording " + path_);
  bytes_ += written;
  if (static_cast<std::size_t>(written) < bytes.size())
    return fail(Code::kIo, "write the recording " + path_ + ": the disk is full");
  return {};
}

Result<> RecordingWriter::close() {
  if (auto closed = append(encoder_.close()); !closed) return closed;
  (void)::fdatasync(fd_.get());  // a pipe or a device cannot; it is written all the same
  return {};
}

Result<Recording> read_recording(const std::string& path) {
  auto bytes = os::read_file(path, kMostFile);
  if (!bytes) return std::unexpected(bytes.error());
  auto out = decode_recording(*bytes);
  if (!out) return std::unexpected(out.error().context(path));
  return out;
}

}  // namespace duress::observe
