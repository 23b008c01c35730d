// All objects of a place, now and as they change, across everything that goes wrong on the way: the
// listener hears of each change of state once, of what vanished while nobody watched too, and never
// sees pages, versions or broken connections. It keeps of each object only its name, UID and
// version; who needs more keeps it. One thread; told from within the reactor's turn.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "kube/client.h"
#include "kube/watch_plan.h"

namespace duress::kube {

struct WatchCalls {
  enum class Change { kAdded, kModified, kDeleted };
  // Of a deleted object that nobody saw go, only metadata's name, namespace and uid are there.
  std::function<void(Change, const Json& object)> on_change{};
  // All that there is has been told: after every complete list.
  std::function<void()> on_synced{};
  // It goes on by itself; this is for people. Contact is back with the next on_contact.
  std::function<void(const ApiError&)> on_trouble{};
  // The server was heard: a page, an event or a bookmark.
  std::function<void()> on_contact{};
};

struct WatchOptions {
  std::string label_selector{};
  std::string field_selector{};
  int page_size = 200;  // what is in memory at once
  // The server ends a watch after this to twice this; then the next one begins where it ended.
  std::chrono::seconds renewed_after = std::chrono::seconds(290);
};

class Watch final {
 public:
  Watch(Client& client, Place place, WatchOptions options, WatchCalls calls);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() = default;

  [[nodiscard]] bool is_synced() const { return synced_; }
  [[nodiscard]] std::size_t objects() const { return known_.size(); }

 private:
  struct Known {
    std::string uid;
    std::string version;
    std::uint64_t seen;  // in which list
  };
  void follow(const WatchStep& step);
  void list(const std::string& from);
  void listed(Answer<Json> page);
  void watch(const std::string& version);
  void take(std::string_view piece);
  void take_line(std::string_view line);
  void ended(Answer<> result);
  void trouble(const ApiError& error) const;
  void saw(const Json& object);
  void gone(const std::string& key, const Json& object);
  void sweep();

  Client& client_;
  Place place_;
  WatchOptions options_;
  WatchCalls calls_;
  WatchPlan plan_;
  std::map<std::string, Known> known_;  // by "namespace/name"
  std::uint64_t list_ = 0;
  bool synced_ = false;
  std::string line_;               // the part of one that came
  std::optional<ApiError> error_;  // that an event of the present watch told
  Pending page_;
  Call stream_;
  Handle timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace duress::kube
