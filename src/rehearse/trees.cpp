#include "rehearse/trees.h"

#include <sys/stat.h>

#include <cerrno>

#include "os/file.h"

namespace duress::rehearse {

Result<std::unique_ptr<Trees>> make_trees(const cgroup::Hierarchy& hierarchy) {
  return hierarchy.version == cgroup::Version::kV1 ? make_v1_trees(hierarchy)
                                                   : make_v2_trees(hierarchy);
}

Result<> make_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) == 0) return {};
  auto failed = fail_errno(errno, "make the cgroup " + directory);
  if (failed.error().code == Code::kPermission || errno == EROFS) {
    return fail(Code::kPermission, failed.error().message +
                                       ": a rehearsal needs root and a cgroup tree that can be "
                                       "written; in a container it has to be mounted read-write");
  }
  return failed;
}

Result<> set_control(const std::string& directory, const std::string& file,
                     const std::string& value) {
  auto opened = os::open_directory(directory);
  if (!opened) return std::unexpected(opened.error());
  auto written = os::write_at(*opened, file, value);
  if (written) return {};
  return std::unexpected(
      written.error().context("set " + file + " of " + directory + " to " + value));
}

void lift_cpu_quota(const std::string& directory) {
  (void)v1_lift_cpu_quota(directory);
  (void)v2_lift_cpu_quota(directory);
}

}  // namespace duress::rehearse
