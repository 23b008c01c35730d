#include "cli/recording_setting.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cgroup/pod_path.h"
#include "observe/recording_store.h"

namespace duress::cli {

namespace {

bool is_directory(const std::string& path) {
  struct stat about{};
  return path.ends_with('/') || (::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode));
}

}  // namespace

Result<observe::RecorderSetting> recorder_setting(const std::optional<std::string>& where,
                                                  const std::vector<std::string>& command,
                                                  const cgroup::Target& target,
                                                  const Clock& clock) {
  observe::RecorderSetting out;
  if (where && !is_directory(*where)) {
    out.path = *where;
  } else {
    std::string directory = where.value_or(std::string(observe::kRecordingDirectory));
    while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
    auto path = observe::new_recording_path(directory, target.name, clock.wall(), {});
    if (!path) return std::unexpected(path.error());
    out.path = *path;
    out.must_be_new = true;
  }
  out.duress_version = DURESS_VERSION;
  out.command = command;
  out.command.insert(out.command.begin(), "duress");
  if (const auto pod = cgroup::pod_of(target.path)) out.qos_class = name_of(pod->qos);
  utsname kernel{};
  ::uname(&kernel);
  out.kernel = kernel.release;
  out.node_cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  return out;
}

}  // namespace duress::cli
