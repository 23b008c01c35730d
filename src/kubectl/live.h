// Objects of a cluster as they are while one looks, kept up to date by a watch: for a subcommand
// that waits for something to become so. It keeps all that it was told of each, so it is for a few
// objects. One thread; outlived by its session.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "kube/watch.h"
#include "kubectl/session.h"

namespace duress::kubectl {

class Live final {
 public:
  Live(Session& session, kube::Place place, kube::WatchOptions options);
  // One object alone, whose name the place has.
  Live(Session& session, const kube::Place& place);
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  ~Live() = default;

  // All that there was at the beginning is known.
  [[nodiscard]] bool is_synced() const { return watch_.is_synced(); }
  // By "namespace/name".
  [[nodiscard]] const std::map<std::string, kube::Json>& all() const { return all_; }
  // Of one object alone; null: it is not there.
  [[nodiscard]] const kube::Json* one() const;
  // Since it was asked last.
  [[nodiscard]] bool take_changed();
  // What it cannot hear the server for at present; empty: nothing.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  // Why nothing will come.
  [[nodiscard]] const std::optional<kube::ApiError>& refused() const { return refused_; }

 private:
  void changed(kube::WatchCalls::Change change, const kube::Json& object);
  void trouble(const kube::ApiError& error);

  std::map<std::string, kube::Json> all_;
  bool changed_ = false;
  std::string trouble_;
  std::optional<kube::ApiError> refused_;
  kube::Watch watch_;
};

}  // namespace duress::kubectl
