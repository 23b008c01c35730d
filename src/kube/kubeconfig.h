// A kubeconfig as a value: files merged as kubectl merges them, a context chosen, and what it names
// brought together as an Access. It runs no plugin and connects to nothing. Functions without
// state; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "kube/access.h"
#include "kube/json.h"

namespace duress::kube {

// The first one that says something wins, name by name, as `kubectl config view` shows it. Relative
// file names inside are made absolute by each file's own directory.
class Kubeconfig final {
 public:
  // `path` is only for messages and for what relative names are relative to.
  [[nodiscard]] Result<> add(std::string_view yaml, const std::string& path);

  // The context `name`; empty: the current one. Reads the files that it names.
  [[nodiscard]] Result<Access> access(const std::string& name) const;

  [[nodiscard]] std::vector<std::string> contexts() const;
  [[nodiscard]] const std::string& current() const { return current_; }
  [[nodiscard]] bool empty() const { return contexts_.empty() && clusters_.empty(); }

 private:
  struct Entry {
    std::string name;
    Json value;
    std::string path;  // of the file
  };
  [[nodiscard]] static const Entry* entry(const std::vector<Entry>& entries, std::string_view name);
  [[nodiscard]] static Result<> merge(const Json& file, std::string_view list,
                                      std::string_view kind, const std::string& path,
                                      std::vector<Entry>& to);
  [[nodiscard]] static Result<> read_cluster(const Entry& cluster, Access& access);
  [[nodiscard]] static Result<> read_user(const Entry& user, Access& access);

  std::vector<Entry> clusters_;
  std::vector<Entry> users_;
  std::vector<Entry> contexts_;
  std::string current_;
  std::vector<std::string> paths_;
};

// The files that are meant: `given` (of --kubeconfig), else those of `variable` (KUBECONFIG, parted
// by ":"), else HOME/.kube/config. A file of a list that does not exist is passed over.
struct KubeconfigPlaces {
  std::string given{};
  std::string variable{};
  std::string home{};
};
[[nodiscard]] Result<Kubeconfig> load_kubeconfig(const KubeconfigPlaces& places);

// YAML or JSON of a kubeconfig: plain true, false and null are what they say, any other single
// value is text. kUsage with the line of what is wrong.
[[nodiscard]] Result<Json> yaml_to_json(std::string_view text);

}  // namespace duress::kube
