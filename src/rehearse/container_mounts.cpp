#include "rehearse/container_mounts.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "cgroup/parse.h"
#include "os/fd.h"
#include "os/file.h"

namespace duress::rehearse {

namespace {

bool exists(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0;
}

// A copy of the mounts at and below a place, attached nowhere yet.
Result<os::Fd> copy_of(int directory, const char* name, unsigned more = 0) {
  os::Fd out(::open_tree(
      directory, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH | more));
  if (!out) return fail_errno(errno, std::string("take ") + name + " into the container");
  return out;
}

Result<> attach(const os::Fd& tree, int directory, const std::string& at) {
  if (::move_mount(tree.get(), "", directory, at.c_str(),
                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0) {
    return fail_errno(errno, "mount onto " + at);
  }
  return {};
}

Result<os::Fd> new_tmpfs(mode_t mode) {
  const os::Fd context(::fsopen("tmpfs", FSOPEN_CLOEXEC));
  char text[16];
  std::snprintf(text, sizeof text, "%o", mode & 07777U);
  if (!context || ::fsconfig(context.get(), FSCONFIG_SET_STRING, "mode", text, 0) < 0 ||
      ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) {
    return fail_errno(errno, "make a tmpfs");
  }
  os::Fd out(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID));
  if (!out) return fail_errno(errno, "make a tmpfs");
  return out;
}

struct Entry {
  std::string name;
  mode_t mode = 0;
  std::string link{};  // of a symbolic link
  os::Fd tree{};       // of anything else
};

// What cannot be taken over (a socket that is gone meanwhile, a place without rights) is left out.
std::vector<Entry> entries_of(const std::string& directory) {
  std::vector<Entry> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.c_str()), ::closedir);
  if (!listing) return out;
  const int at = ::dirfd(listing.get());
  while (const dirent* entry = ::readdir(listing.get())) {
    Entry one{.name = entry->d_name};
    struct stat found{};
    if (one.name == "." || one.name == ".." ||
        ::fstatat(at, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) < 0) {
      continue;
    }
    one.mode = found.st_mode;
    if (S_ISLNK(found.st_mode)) {
      std::array<char, PATH_MAX> link{};
      const ssize_t size = ::readlinkat(at, entry->d_name, link.data(), link.size());
      if (size < 0) continue;
      one.link.assign(link.data(), static_cast<std::size_t>(size));
    } else if (auto tree = copy_of(at, entry->d_name, AT_SYMLINK_NOFOLLOW)) {
      one.tree = std::move(*tree);
    } else {
      continue;
    }
    out.push_back(std::move(one));
  }
  return out;
}

void put(const Entry& entry, const os::Fd& into) {
  const char* name = entry.name.c_str();
  if (S_ISLNK(entry.mode)) {
    ::symlinkat(entry.link.c_str(), into.get(), name);
    return;
  }
  if (S_ISDIR(entry.mode)) {
    ::mkdirat(into.get(), name, 0755);
  } else {
    const os::Fd file(::openat(into.get(), name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  }
  (void)attach(entry.tree, into.get(), entry.name);
}

// A directory's names in memory, each of them the machine's own file: new names are the container's
// alone, and go with it.
Result<> mirror(const std::string& directory) {
  struct stat found{};
  if (::stat(directory.c_str(), &found) < 0) return fail_errno(errno, "look at " + directory);
  if (!S_ISDIR(found.st_mode)) return fail(Code::kRefused, directory + " is not a directory");
  const std::vector<Entry> entries = entries_of(directory);
  auto fresh = new_tmpfs(found.st_mode);
  if (!fresh) return std::unexpected(fresh.error());
  if (auto done = attach(*fresh, AT_FDCWD, directory); !done) return done;
  for (const Entry& entry : entries) put(entry, *fresh);
  if (directory != "/") return {};
  if (::fchdir(fresh->get()) < 0 || ::chroot(".") < 0) return fail_errno(errno, "enter the new /");
  return {};
}

Result<> make_mount_point(const std::string& path, bool file) {
  std::error_code error;
  const std::filesystem::path at(path);
  std::filesystem::create_directories(file ? at.parent_path() : at, error);
  if (error) return fail_errno(error.value(), "make the mount point " + path);
  if (!file) return {};
  const os::Fd made(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  if (!made) return fail_errno(errno, "make the mount point " + path);
  return {};
}

struct Source {
  os::Fd tree{};
  bool file = false;
};

os::Fd open_inside(const os::Fd& volume, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return os::Fd(
      static_cast<int>(::syscall(SYS_openat2, volume.get(), path.c_str(), &how, sizeof how)));
}

// Never out of the volume, whatever links an application has put there. What is missing is made.
Result<os::Fd> open_sub_path(os::Fd volume, const std::string& sub_path) {
  os::Fd at = open_inside(volume, ".");
  std::string prefix;
  for (const std::string& name : cgroup::split(sub_path, '/')) {
    if (name.empty()) continue;
    prefix += prefix.empty() ? name : "/" + name;
    os::Fd below = open_inside(volume, prefix);
    if (!below && errno == ENOENT && ::mkdirat(at.get(), name.c_str(), 0755) == 0) {
      below = open_inside(volume, prefix);
    }
    if (!below) return fail_errno(errno, "open " + sub_path + " of a volume");
    at = std::move(below);
  }
  return at;
}

Result<Source> source_of(const PlannedMount& mount) {
  os::Fd place(::open(mount.source.c_str(), O_PATH | O_CLOEXEC));
  if (!place) return fail_errno(errno, "open the volume " + mount.source);
  if (!mount.sub_path.empty()) {
    auto below = open_sub_path(std::move(place), mount.sub_path);
    if (!below) return std::unexpected(below.error().context(mount.source));
    place = std::move(*below);
  }
  struct stat found{};
  if (::fstat(place.get(), &found) < 0) return fail_errno(errno, "look at " + mount.source);
  auto tree = copy_of(place.get(), "");
  if (!tree) return std::unexpected(tree.error().context(mount.source));
  return Source{std::move(*tree), !S_ISDIR(found.st_mode)};
}

Result<> make_read_only(const std::string& path, bool below) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(AT_FDCWD, path.c_str(), below ? AT_RECURSIVE : 0U, &attributes,
                      sizeof attributes) == 0) {
    return {};
  }
  // Before 5.12, and then only the mount itself.
  if (::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0) {
    return {};
  }
  return fail_errno(errno, "make " + path + " read-only");
}

Result<> bind_onto(const std::string& from, const std::string& onto) {
  if (::mount(from.c_str(), onto.c_str(), nullptr, MS_BIND | MS_REC, nullptr) < 0) {
    return fail_errno(errno, "mount " + from + " onto " + onto);
  }
  return {};
}

Result<> set_up_proc() {
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) < 0) {
    return fail_errno(errno, "mount /proc");
  }
  // The kernel's settings are this machine's, also for a container's root.
  for (const char* path :
       {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"}) {
    if (exists(path) && bind_onto(path, path)) (void)make_read_only(path, false);
  }
  return {};
}

// The devices that a container has, and none of the machine's disks.
Result<> set_up_dev(const PlannedPod& pod) {
  constexpr std::array<const char*, 6> kDevices = {"null",   "zero",    "full",
                                                   "random", "urandom", "tty"};
  std::vector<std::pair<std::string, os::Fd>> devices;
  for (const char* name : kDevices) {
    auto tree = copy_of(AT_FDCWD, (std::string("/dev/") + name).c_str());
    if (tree) devices.emplace_back(name, std::move(*tree));
  }
  if (::mount("tmpfs", "/dev", "tmpfs", MS_NOSUID, "mode=755,size=64k") < 0) {
    return fail_errno(errno, "mount /dev");
  }
  for (const auto& [name, tree] : devices) {
    const std::string path = "/dev/" + name;
    if (auto made = make_mount_point(path, true); !made) return made;
    if (auto done = attach(tree, AT_FDCWD, path); !done) return done;
  }
  constexpr std::array<std::pair<const char*, const char*>, 5> kLinks = {
      {{"/proc/self/fd", "/dev/fd"},
       {"/proc/self/fd/0", "/dev/stdin"},
       {"/proc/self/fd/1", "/dev/stdout"},
       {"/proc/self/fd/2", "/dev/stderr"},
       {"pts/ptmx", "/dev/ptmx"}}};
  for (const auto& [to, path] : kLinks) (void)!::symlink(to, path);
  for (const char* path : {"/dev/pts", "/dev/shm", "/dev/mqueue"}) ::mkdir(path, 0755);
  // Where the kernel has no such thing, the container has none.
  (void)!::mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                 "newinstance,ptmxmode=0666,mode=620");
  (void)!::mount("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  return bind_onto(pod.directory + "/shm", "/dev/shm");
}

Result<> set_up_cgroups(const std::vector<CgroupView>& views) {
  std::vector<os::Fd> trees;
  for (const CgroupView& view : views) {
    auto tree = copy_of(AT_FDCWD, view.directory.c_str());
    if (!tree) return std::unexpected(tree.error());
    trees.push_back(std::move(*tree));
  }
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (auto done = attach(trees[i], AT_FDCWD, views[i].mount_point); !done) return done;
  }
  (void)make_read_only("/sys", true);
  return {};
}

Result<> mount_volumes(const PlannedContainer& container, std::vector<Source>& sources) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const PlannedMount& mount = container.mounts[i];
    if (!exists(mount.target)) {  // below a volume or /dev by now
      if (auto made = make_mount_point(mount.target, sources[i].file); !made) return made;
    }
    if (auto done = attach(sources[i].tree, AT_FDCWD, mount.target); !done) return done;
    if (!mount.read_only) continue;
    if (auto done = make_read_only(mount.target, true); !done) return done;
  }
  return {};
}

}  // namespace

bool is_below(const std::string& path, const std::string& directory) {
  return path == directory || directory == "/" || path.starts_with(directory + "/");
}

Result<> set_up_mounts(const PlannedPod& pod, const PlannedContainer& container,
                       const std::vector<CgroupView>& views) {
  std::vector<Source> sources;
  for (const PlannedMount& mount : container.mounts) {
    auto source = source_of(mount);
    if (!source) return std::unexpected(source.error());
    sources.push_back(std::move(*source));
  }
  std::vector<std::string> provided = {"/dev", "/proc"};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::string& target = container.mounts[i].target;
    const bool comes_later = std::ranges::any_of(
        provided, [&target](const std::string& directory) { return is_below(target, directory); });
    provided.push_back(target);
    if (comes_later || exists(target)) continue;
    std::array<char, PATH_MAX> real{};
    const std::string parent = deepest_existing(target, exists);
    if (::realpath(parent.c_str(), real.data()) == nullptr) {
      return fail_errno(errno, "look at " + parent);
    }
    if (auto done = mirror(real.data()); !done) return done;
    if (auto made = make_mount_point(target, sources[i].file); !made) return made;
  }
  if (auto done = set_up_proc(); !done) return done;
  if (auto done = set_up_dev(pod); !done) return done;
  if (auto done = set_up_cgroups(views); !done) return done;
  if (exists("/etc/hosts")) {
    if (auto done = bind_onto(pod.directory + "/hosts", "/etc/hosts"); !done) return done;
  }
  return mount_volumes(container, sources);
}

}  // namespace duress::rehearse
