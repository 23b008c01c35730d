// The agent's loop: watches this node's NodeStress objects, hands them to the node, has its reports
// written, and lets everything go when the API server has not been heard for too long, when it is
// told to end, or when its launcher is gone. It decides on no load (reconcile.h does). Lives as
// long as the agent; one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/contact.h"
#include "agent/container_links.h"
#include "agent/containers.h"
#include "agent/launcher.h"
#include "agent/node.h"
#include "agent/recording_sender.h"
#include "agent/reporter.h"
#include "kube/watch.h"
#include "spec/asked.h"

namespace duress::agent {

struct DaemonSetting {
  std::string node{};
  Duration disconnected_for = std::chrono::seconds(60);  // 0: never
  bool record = true;
  Bounds bounds{};
};

class Daemon final {
 public:
  struct World {
    kube::Reactor& reactor;
    kube::Client& client;
    Loads& loads;
    Containers& containers;
    LinkWatch* links;        // null: there are none
    const os::Fd& launcher;  // readable: it has ended
    const os::Fd& signals;   // signalfd of those that end the agent
    std::function<void(const std::string&)> say;
  };
  Daemon(World world, DaemonSetting setting);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  // Until a signal comes (true), or the launcher is gone (false). Nothing runs then any more.
  [[nodiscard]] Result<bool> run();

  [[nodiscard]] AgentState state() const;
  // It knows all orders, and hears the API server.
  [[nodiscard]] bool is_ready() const { return watch_ && watch_->is_synced() && !is_lost_; }

 private:
  struct Known {
    std::string experiment;
    std::string uid;  // of the object
    std::int64_t generation = 0;
    spec::Asked asked{};
  };
  [[nodiscard]] Result<> watch_descriptors();
  void begin_watch();
  void begin_orders();
  void trouble(const kube::ApiError& error);
  void changed(kube::WatchCalls::Change change, const kube::Json& object);
  void gone(const std::string& name);
  void take_asked(const Known& object);
  void heard();
  void prove_contact();
  void proved(const kube::Answer<kube::Json>& answer);
  void check_contact();
  void lost();
  void end(const std::string& why, bool in_order);
  [[nodiscard]] Duration proof_every() const;

  World world_;
  DaemonSetting setting_;
  kube::ServerClock clock_;
  DeadMan dead_man_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Reporter> reporter_;
  std::unique_ptr<RecordingSender> recordings_;
  std::unique_ptr<kube::Watch> stops_;  // read before the first order
  std::unique_ptr<kube::Watch> watch_;
  std::map<std::string, Known> objects_;  // by name
  bool is_lost_ = false;
  std::string trouble_;  // the last one told
  kube::Pending proof_;
  kube::Handle proof_timer_;
  kube::Handle contact_timer_;
  kube::Handle links_ready_;
  kube::Handle launcher_ready_;
  kube::Handle signals_ready_;
  bool ending_ = false;
  bool in_order_ = true;
  Instant ends_at_{};
};

}  // namespace duress::agent
