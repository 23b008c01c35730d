#include "stress/warden.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/message.h"

namespace duress::stress {

namespace {

// What does not fit is refused by the caller; a cut path would name another file.
template <std::size_t Size>
bool put(char (&to)[Size], const std::string& text) {
  if (text.size() >= Size) return false;
  std::memcpy(to, text.data(), text.size());
  return true;
}

Error refused(const Event& event) { return {static_cast<Code>(event.code), event.text}; }

}  // namespace

Result<Warden> Warden::start(Journal& journal) {
  auto pair = os::message_pair();
  if (!pair) return std::unexpected(pair.error());
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, "start the warden");
  if (pid == 0) {
    pair->first.reset();
    warden_main(std::move(pair->second), journal);
  }
  return Warden(pid, std::move(pair->first));
}

Result<std::vector<os::Fd>> Warden::answer(Event& event) {
  while (true) {
    auto fds = os::receive(socket_, event, true);
    if (!fds) return std::unexpected(fds.error().context("the warden"));
    if (event.tell != Tell::kEnded) return fds;
    ended_.push_back(event);
  }
}

Result<> Warden::plain(const Request& request, std::span<const int> fds) {
  if (auto sent = os::send(socket_, request, fds); !sent) return sent;
  Event event;
  if (auto got = answer(event); !got) return std::unexpected(got.error());
  if (event.tell == Tell::kRefused) return std::unexpected(refused(event));
  return {};
}

namespace {

std::vector<int> describe(const Placement& placement, Request& request) {
  request.kind = placement.kind;
  request.oom_score_adj = placement.oom_score_adj;
  request.nice = placement.nice;
  request.joins = static_cast<std::uint32_t>(placement.joins.size());
  std::vector<int> fds = placement.joins;
  const auto add = [&fds](int fd, std::uint32_t& flag) {
    flag = fd >= 0 ? 1 : 0;
    if (fd >= 0) fds.push_back(fd);
  };
  add(placement.into, request.into);
  add(placement.outside, request.outside);
  add(placement.pid_namespace_of, request.pid_namespace);
  return fds;
}

}  // namespace

Result<std::vector<pid_t>> Warden::place(const Placement& placement, std::uint32_t first_id,
                                         std::uint32_t first_slot, std::uint32_t count) {
  Request request{.op = Op::kPlace, .id = first_id, .slot = first_slot, .count = count};
  std::vector<int> fds = describe(placement, request);
  fds.insert(fds.begin(), {placement.control, placement.notify});
  if (auto sent = os::send(socket_, request, fds); !sent) return std::unexpected(sent.error());
  std::vector<pid_t> pids;
  while (true) {
    Event event;
    if (auto got = answer(event); !got) return std::unexpected(got.error());
    if (event.tell == Tell::kRefused) return std::unexpected(refused(event));
    if (event.tell == Tell::kDone) return pids;
    pids.push_back(event.pid);
  }
}

Result<pid_t> Warden::run_program(const Placement& placement, int program, int arguments,
                                  std::uint32_t id) {
  Request request{.op = Op::kProgram, .id = id, .count = 1};
  std::vector<int> fds = describe(placement, request);
  fds.insert(fds.begin(), {program, arguments});
  if (auto sent = os::send(socket_, request, fds); !sent) return std::unexpected(sent.error());
  Event event;
  if (auto got = answer(event); !got) return std::unexpected(got.error());
  if (event.tell == Tell::kRefused) return std::unexpected(refused(event));
  return event.pid;
}

Result<> Warden::end(std::uint32_t id) { return plain({.op = Op::kEnd, .id = id}, {}); }

Result<> Warden::change(const std::string& directory, const std::string& file,
                        const std::string& value) {
  Request request{.op = Op::kChange};
  if (!put(request.directory, directory) || !put(request.file, file) ||
      !put(request.value, value)) {
    return fail(Code::kRefused, directory + "/" + file + ": the path is too long");
  }
  return plain(request, {});
}

Result<os::Fd> Warden::make_child(const std::string& directory, const std::string& name) {
  Request request{.op = Op::kMakeChild};
  if (!put(request.directory, directory) || !put(request.file, name)) {
    return fail(Code::kRefused, directory + "/" + name + ": the path is too long");
  }
  if (auto sent = os::send(socket_, request); !sent) return std::unexpected(sent.error());
  Event event;
  auto fds = answer(event);
  if (!fds) return std::unexpected(fds.error());
  if (event.tell == Tell::kRefused) return std::unexpected(refused(event));
  if (fds->size() != 1)
    return fail(Code::kInternal, "the warden: no descriptor of the child cgroup");
  return std::move(fds->front());
}

Result<> Warden::undo() { return plain({.op = Op::kUndo}, {}); }

Result<std::optional<Event>> Warden::next_ended() {
  if (!ended_.empty()) {
    const Event event = ended_.front();
    ended_.pop_front();
    return event;
  }
  Event event;
  auto got = os::receive(socket_, event, false);
  if (got) return event;
  if (got.error().code == Code::kBusy) return std::optional<Event>();
  return std::unexpected(got.error());
}

void Warden::finish() {
  socket_.reset();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace duress::stress
