#include "agent/container_links.h"

#include <dirent.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <memory>
#include <optional>

#include "cgroup/names_parse.h"

namespace duress::agent {

namespace {

// ".../app/2.log" is the third attempt.
std::optional<int> attempt_of(std::string_view target) {
  target.remove_prefix(target.rfind('/') + 1);
  int attempt = 0;
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), attempt);
  const std::string_view rest(end, static_cast<std::size_t>(target.data() + target.size() - end));
  return error == std::errc() && rest == ".log" ? std::optional(attempt) : std::nullopt;
}

}  // namespace

void ContainerLinks::saw(std::string_view name, std::string_view target) {
  const auto parsed = cgroup::parse_log_name(name);
  const auto attempt = attempt_of(target);
  if (!parsed || !attempt) return;
  const cgroup::ContainerName& container = parsed->second;
  known_[{container.name_space, container.pod, container.container}][parsed->first] = *attempt;
}

void ContainerLinks::gone(std::string_view name) {
  const auto parsed = cgroup::parse_log_name(name);
  if (!parsed) return;
  const cgroup::ContainerName& container = parsed->second;
  const auto found = known_.find({container.name_space, container.pod, container.container});
  if (found == known_.end()) return;
  found->second.erase(parsed->first);
  if (found->second.empty()) known_.erase(found);
}

std::string ContainerLinks::id_of(const spec::ContainerOrder& container) const {
  const auto found = known_.find({container.ns, container.pod, container.container});
  if (found == known_.end()) return container.id;
  const auto& ids = found->second;
  // An ID that has no link yet is news from the API server.
  const auto ordered = ids.find(container.id);
  if (!container.id.empty() && ordered == ids.end()) return container.id;
  std::string newest = container.id;
  int latest = ordered == ids.end() ? -1 : ordered->second;
  for (const auto& [id, attempt] : ids) {
    if (attempt <= latest) continue;
    newest = id;
    latest = attempt;
  }
  return newest;
}

Result<LinkWatch> LinkWatch::make(const std::string& directory) {
  os::Fd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify) return fail_errno(errno, "watch " + directory);
  if (::inotify_add_watch(inotify.get(), directory.c_str(), IN_CREATE | IN_MOVED_TO | IN_DELETE) <
      0)
    return fail_errno(errno, "watch " + directory);
  LinkWatch out(directory, std::move(inotify));
  out.read_all();
  return out;
}

void LinkWatch::saw(const std::string& name) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink((directory_ + "/" + name).c_str(), target, sizeof target);
  if (size > 0) links_.saw(name, {target, static_cast<std::size_t>(size)});
}

void LinkWatch::read_all() {
  links_.clear();
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory_.c_str()), ::closedir);
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing.get())) saw(entry->d_name);
}

void LinkWatch::take() {
  alignas(inotify_event) char buffer[16384];
  for (ssize_t got = 0; (got = ::read(inotify_.get(), buffer, sizeof buffer)) > 0;) {
    for (ssize_t at = 0; at < got;) {
      inotify_event event{};
      std::memcpy(&event, buffer + at, sizeof event);
      const std::string name(event.len > 0 ? buffer + at + sizeof event : "");
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        read_all();
      } else if ((event.mask & IN_DELETE) != 0) {
        links_.gone(name);
      } else {
        saw(name);
      }
    }
  }
}

}  // namespace duress::agent
