// Writes the reports of this node's objects into their status: one write at a time an object, paced
// by report.h, and the newest report each time. What cannot be written is tried again. It decides
// on no report. Owned by the daemon; one thread, told from within the reactor's turn.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "agent/report.h"
#include "kube/client.h"
#include "kube/custom_resources.h"

namespace duress::agent {

class Reporter final {
 public:
  struct Calls {
    std::function<std::optional<spec::NodeReport>(const std::string& experiment)> report;
    std::function<void(const std::string&)> say;
  };
  Reporter(kube::Client& client, Calls calls) : client_(client), calls_(std::move(calls)) {}
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  ~Reporter() = default;

  // The object that the experiment's report goes into.
  void known(const std::string& experiment, const std::string& name);
  // Somebody looks at its numbers; unset: nobody does.
  void watched(const std::string& experiment, std::optional<Instant> until);
  void gone(const std::string& experiment) { objects_.erase(experiment); }
  void forget_all() { objects_.clear(); }
  void changed(const std::string& experiment);  // it may have
  [[nodiscard]] bool is_idle() const;           // all that there is to say was written

 private:
  struct Object {
    std::string name;
    ReportPacer pacer;
    Instant looked{};
    bool looks_soon = false;
    bool writes = false;
    kube::Pending pending{};
    kube::Handle timer{};
  };
  void look(const std::string& experiment);
  void write(const std::string& experiment, Object& object, const spec::NodeReport& report);
  void wrote(const std::string& experiment, const kube::Answer<kube::Json>& answer);

  kube::Client& client_;
  Calls calls_;
  std::map<std::string, Object> objects_;
};

}  // namespace duress::agent
