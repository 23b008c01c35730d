// Which ID a container has now, as the kubelet's links say it: right after the start of a container
// it makes "<pod>_<namespace>_<container>-<id>.log" -> ".../<container>/<attempt>.log", long before
// the new ID is in the Pod's status. A hint only: a load is put on what runs. One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "base/error.h"
#include "os/fd.h"
#include "spec/node_stress.h"

namespace duress::agent {

// Pure: what was seen of the links.
class ContainerLinks final {
 public:
  // Names of other kinds are passed over.
  void saw(std::string_view name, std::string_view target);
  void gone(std::string_view name);
  void clear() { known_.clear(); }

  // The order's ID, or the one of a later attempt of the same container.
  [[nodiscard]] std::string id_of(const spec::ContainerOrder& container) const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // namespace, Pod, container
  std::map<Key, std::map<std::string, int>> known_;               // ID -> attempt
};

// The directory of the links, kept in sight by inotify.
class LinkWatch final {
 public:
  // kNotFound: there is no such directory.
  [[nodiscard]] static Result<LinkWatch> make(const std::string& directory);

  [[nodiscard]] int fd() const { return inotify_.get(); }  // readable: take()
  void take();
  [[nodiscard]] const ContainerLinks& links() const { return links_; }

 private:
  LinkWatch(std::string directory, os::Fd inotify)
      : directory_(std::move(directory)), inotify_(std::move(inotify)) {}
  void saw(const std::string& name);
  void read_all();

  std::string directory_;
  os::Fd inotify_;
  ContainerLinks links_;
};

}  // namespace duress::agent
