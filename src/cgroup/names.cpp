#include "cgroup/names.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <bit>
#include <cerrno>
#include <memory>

#include "base/text.h"
#include "os/file.h"

namespace duress::cgroup {

namespace {

constexpr std::size_t kLargestFile = 4U << 20U;
constexpr const char* kLayouts[] = {"overlay-containers", "vfs-containers", "btrfs-containers",
                                    "zfs-containers"};

// Names of what is in a directory; empty where it cannot be read, with errno set.
std::vector<std::string> entries(const std::string& path) {
  errno = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(path.c_str()), ::closedir);
  std::vector<std::string> out;
  if (!listing) return out;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") out.push_back(name);
  }
  return out;
}

// Outside of Kubernetes there is no Pod to wait for.
bool is_complete(const ContainerName& name) {
  const bool of_kubernetes = !name.name_space.empty() || name.is_sandbox;
  return !name.container.empty() && (!of_kubernetes || !name.pod.empty());
}

}  // namespace

NameRoots NameRoots::of_this_machine() {
  return {.docker = {"/var/lib/docker", "/var/snap/docker/common/var-lib-docker"},
          .containerd = {"/run/containerd", "/run/k3s/containerd",
                         "/var/snap/microk8s/common/run/containerd"},
          .storages = {"/var/lib/containers/storage", "/run/containers/storage"},
          .kubelet_logs = "/var/log/containers",
          .duress = "/run/duress"};
}

// "" where it cannot be had: another place may know the name.
std::string Names::read(const std::string& path) {
  // Never waits, whatever kind of file stands there.
  const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) {
    if (errno == EACCES || errno == EPERM) note(path.substr(0, path.rfind('/')));
    return "";
  }
  struct stat about{};
  if (::fstat(file.get(), &about) < 0 || !S_ISREG(about.st_mode)) return "";
  auto text = os::read_fd(file, path, kLargestFile);
  return text ? std::move(*text) : std::string();
}

void Names::note(const std::string& directory) {
  // Of the many directories below one that is closed, one note.
  for (const auto* roots : {&roots_.docker, &roots_.containerd, &roots_.storages}) {
    for (const std::string& root : *roots) {
      if (directory.starts_with(root) && noted_.insert(root).second)
        notes_.push_back("names below " + root +
                         " are not shown: it may not be read by this user (run as root)");
      if (directory.starts_with(root)) return;
    }
  }
  if (noted_.insert(directory).second)
    notes_.push_back("names below " + directory +
                     " are not shown: it may not be read by this user (run as root)");
}

std::vector<std::string> Names::take_notes() { return std::exchange(notes_, {}); }

void Names::keep_only(const std::set<std::string>& ids) {
  std::erase_if(known_, [&](const auto& entry) { return !ids.contains(entry.first); });
}

const ContainerName& Names::of(const std::string& id) {
  Known& known = known_[id];
  if (is_complete(known.name)) return known.name;
  // At the 1st, 2nd, 4th, 8th ... time that it is asked for.
  if (std::has_single_bit(++known.asked)) known.name = look_up(id);
  return known.name;
}

ContainerName Names::look_up(const std::string& id) {
  ContainerName out;
  ask_rehearse(id, out);
  if (!is_complete(out)) ask_docker(id, out);
  if (!is_complete(out)) ask_containerd(id, out);
  if (!is_complete(out)) ask_storages(id, out);
  if (!is_complete(out)) ask_kubelet(id, out);
  return out;
}

void Names::ask_rehearse(const std::string& id, ContainerName& name) {
  for (const std::string& entry : entries(roots_.duress)) {
    if (!entry.starts_with("rehearse-")) continue;
    const std::string text = read(roots_.duress + "/" + entry + "/names.json");
    if (!text.empty()) complete(name, parse_rehearse(text, id));
  }
}

void Names::ask_docker(const std::string& id, ContainerName& name) {
  for (const std::string& root : roots_.docker) {
    const std::string text = read(root + "/containers/" + id + "/config.v2.json");
    if (!text.empty()) complete(name, parse_docker(text));
  }
}

void Names::ask_containerd(const std::string& id, ContainerName& name) {
  for (const std::string& root : roots_.containerd) {
    const std::string tasks = root + "/io.containerd.runtime.v2.task";
    const std::vector<std::string> spaces = entries(tasks);
    if (spaces.empty() && errno == EACCES) note(tasks);
    for (const std::string& space : spaces) {
      const std::string text = read(tasks + "/" + space + "/" + id + "/config.json");
      if (text.empty()) continue;
      ContainerName found = parse_bundle(text);
      // Docker runs its containers by containerd, in a namespace of its own.
      if (found.runtime.empty() && space != "moby") found.runtime = "containerd";
      complete(name, found);
    }
  }
}

const Names::Storage& Names::storage_of(const std::string& path) {
  Storage& storage = storages_[path];
  struct stat about{};
  const bool there = ::stat(path.c_str(), &about) == 0;
  const std::int64_t changed =
      there ? about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec : 0;
  if (changed == storage.changed) return storage;
  storage.changed = changed;
  storage.names = parse_storage(read(path));
  return storage;
}

void Names::ask_storages(const std::string& id, ContainerName& name) {
  for (const std::string& root : roots_.storages) {
    for (const char* layout : kLayouts) {
      const std::string directory = root + "/" + layout;
      const std::string text = read(directory + "/" + id + "/userdata/config.json");
      if (!text.empty()) complete(name, parse_bundle(text));
      const Storage& storage = storage_of(directory + "/containers.json");
      const auto found = storage.names.find(id);
      if (found == storage.names.end()) continue;
      if (const auto k8s = parse_k8s_name(found->second)) {
        complete(name, *k8s);
      } else if (name.container.empty()) {
        name.container = found->second;
      }
      if (name.runtime.empty()) name.runtime = "podman";
    }
  }
}

void Names::ask_kubelet(const std::string& id, ContainerName& name) const {
  for (const std::string& entry : entries(roots_.kubelet_logs)) {
    if (!entry.contains(id)) continue;
    if (const auto found = parse_log_name(entry); found && found->first == id)
      complete(name, found->second);
  }
}

}  // namespace duress::cgroup
