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

Result<os::Fd> make_recording_file(const std::string& path, bool must_be_new) {
  const int how = must_be_new ? O_EXCL : O_TRUNC;
  os::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | how, 0644));
  if (!file) return fail_errno(errno, "make the recording " + path);
  return file;
}

Result<RecordingWriter> RecordingWriter::begin(os::Fd file, const std::string& path,
                                               const Header& header) {
  RecordingWriter out(path, std::move(file));
  if (auto begun = out.append(out.encoder_.header(header)); !begun)
    return std::unexpected(begun.error());
  return out;
}

Result<RecordingWriter> RecordingWriter::create(const std::string& path, const Header& header) {
  auto file = make_recording_file(path);
  if (!file) return std::unexpected(file.error());
  return begin(std::move(*file), path, header);
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
