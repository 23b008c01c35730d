#include "rehearse/pod_namespaces.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "os/file.h"

namespace duress::rehearse {

namespace {

constexpr int kShared = CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;

Result<PodNamespaces> own_namespaces() {
  PodNamespaces out{os::Fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)),
                    os::Fd(::open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC)),
                    os::Fd(::open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC))};
  if (!out.network || !out.names || !out.ipc) return fail_errno(errno, "open a namespace");
  return out;
}

void set_address(sockaddr& to, const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, text, &address.sin_addr);
  std::memcpy(&to, &address, sizeof address);
}

Result<> set_up_network(const PlannedPod& pod) {
  const os::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno(errno, "make a socket in the Pod's network");
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name);
  request.ifr_flags = IFF_UP;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) return fail_errno(errno, "bring lo up");
  // A second address under a label, so that 127.0.0.1 stays.
  std::strncpy(request.ifr_name, "lo:1", sizeof request.ifr_name);
  set_address(request.ifr_addr, pod.ip.c_str());
  if (::ioctl(socket.get(), SIOCSIFADDR, &request) < 0) {
    return fail_errno(errno, "give the Pod the address " + pod.ip);
  }
  set_address(request.ifr_netmask, "255.255.255.255");
  if (::ioctl(socket.get(), SIOCSIFNETMASK, &request) < 0) {
    return fail_errno(errno, "set the netmask of " + pod.ip);
  }
  // As containerd 2 has it: a container without root may take port 80.
  std::ofstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") << "0";
  return {};
}

Result<PodNamespaces> set_up(const PlannedPod& pod) {
  if (::sethostname(pod.hostname.data(), pod.hostname.size()) < 0) {
    return fail_errno(errno, "set the Pod's host name " + pod.hostname);
  }
  if (auto done = set_up_network(pod); !done) return std::unexpected(done.error());
  return own_namespaces();
}

// A process that stays in the wrong namespace would start the next Pod's containers there.
Result<> step_back(const PodNamespaces& home) {
  if (::setns(home.network.get(), CLONE_NEWNET) < 0 ||
      ::setns(home.names.get(), CLONE_NEWUTS) < 0 || ::setns(home.ipc.get(), CLONE_NEWIPC) < 0) {
    ::_exit(1);
  }
  return {};
}

Result<> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) < 0 && errno != EEXIST) return fail_errno(errno, "make " + path);
  if (::chmod(path.c_str(), mode) < 0) return fail_errno(errno, "set the mode of " + path);
  return {};
}

Result<> make_tmpfs(const std::string& directory, const std::string& options) {
  if (::mount("tmpfs", directory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) < 0) {
    return fail_errno(errno, "mount a tmpfs at " + directory);
  }
  return {};
}

}  // namespace

Result<PodNamespaces> make_namespaces(const PlannedPod& pod) {
  auto home = own_namespaces();
  if (!home) return std::unexpected(home.error());
  if (::unshare(kShared) < 0) {
    return fail_errno(errno, "make the Pod's namespaces (network, host name, IPC)");
  }
  auto made = set_up(pod);
  (void)step_back(*home);
  return made;
}

Result<> make_volumes(const PlannedPod& pod) {
  constexpr mode_t kForAll = 0777;  // as a kubelet makes an emptyDir
  for (const std::string& directory : {pod.directory, pod.directory + "/volumes"}) {
    if (auto made = make_directory(directory, 0755); !made) return made;
  }
  for (const PlannedVolume& volume : pod.volumes) {
    if (auto made = make_directory(volume.directory, kForAll); !made) return made;
    if (!volume.options) continue;
    if (auto made = make_tmpfs(volume.directory, *volume.options); !made) return made;
  }
  // The size that runtimes give /dev/shm.
  const std::string shm = pod.directory + "/shm";
  if (auto made = make_directory(shm, 01777); !made) return made;
  if (auto made = make_tmpfs(shm, "mode=1777,size=64m"); !made) return made;
  std::ofstream hosts(pod.directory + "/hosts");
  hosts << "# As a kubelet writes it.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost "
           "ip6-loopback\n"
        << pod.ip << "\t" << pod.hostname << "\n";
  hosts.flush();
  if (!hosts) return fail_errno(errno, "write " + pod.directory + "/hosts");
  return {};
}

Result<os::Fd> socket_in(const os::Fd& network, bool ipv6) {
  const os::Fd home(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home || ::setns(network.get(), CLONE_NEWNET) < 0) {
    return fail_errno(errno, "enter the Pod's network");
  }
  os::Fd out(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int error = errno;
  if (::setns(home.get(), CLONE_NEWNET) < 0) ::_exit(1);
  if (!out) return fail_errno(error, "make a socket in the Pod's network");
  return out;
}

}  // namespace duress::rehearse
