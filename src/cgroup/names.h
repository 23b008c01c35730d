// What people call a container: its name, Pod and namespace, from the state directories that the
// runtimes and the kubelet keep on disk, and from those that `duress rehearse` gives. No runtime is
// asked and no socket is opened; what cannot be read is told once as a note and is no error. The
// directories are foreign: every file is bounded, may be corrupt and may vanish. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cgroup/names_parse.h"

namespace duress::cgroup {

// Directories that are not there are of no consequence.
struct NameRoots {
  std::vector<std::string> docker;      // <root>/containers/<id>/config.v2.json
  std::vector<std::string> containerd;  // <root>/io.containerd.runtime.v2.task/<namespace>/<id>/...
  std::vector<std::string> storages;    // podman, CRI-O: <root>/overlay-containers/<id>/userdata/
  std::string kubelet_logs;             // <pod>_<namespace>_<container>-<id>.log
  std::string duress;                   // <root>/rehearse-*/names.json (docs/json.md)

  // Where Debian, k3s, MicroK8s and snaps have them.
  [[nodiscard]] static NameRoots of_this_machine();
};

class Names final {
 public:
  explicit Names(NameRoots roots) : roots_(std::move(roots)) {}

  // Cached by ID; a container without a name is looked for again, ever more rarely, because a
  // runtime may write its files after the cgroup is there.
  [[nodiscard]] const ContainerName& of(const std::string& id);

  // What could not be read, a sentence each; every call hands out only the new ones.
  [[nodiscard]] std::vector<std::string> take_notes();

  // Forgets all but these, so that a machine of years does not fill the memory.
  void keep_only(const std::set<std::string>& ids);

 private:
  struct Known {
    ContainerName name;
    std::uint32_t asked = 0;
  };
  [[nodiscard]] ContainerName look_up(const std::string& id);
  void ask_rehearse(const std::string& id, ContainerName& name);
  void ask_docker(const std::string& id, ContainerName& name);
  void ask_containerd(const std::string& id, ContainerName& name);
  void ask_storages(const std::string& id, ContainerName& name);
  void ask_kubelet(const std::string& id, ContainerName& name) const;
  [[nodiscard]] std::string read(const std::string& path);
  void note(const std::string& directory);

  // containers.json of a storage holds the names of all its containers: parsed anew when it
  // changes.
  struct Storage {
    std::int64_t changed = -1;
    std::map<std::string, std::string> names;
  };
  [[nodiscard]] const Storage& storage_of(const std::string& path);

  NameRoots roots_;
  std::map<std::string, Known> known_;
  std::map<std::string, Storage> storages_;
  std::set<std::string> noted_;
  std::vector<std::string> notes_;
};

}  // namespace duress::cgroup
