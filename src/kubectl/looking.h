// That somebody looks: has the agents of the experiments on the screen tell their numbers each
// second, by an annotation that names a time half a minute ahead and is renewed while one looks.
// Who has no right to that sees what there is, and is told so once. One thread; outlived by its
// session.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "kubectl/session.h"

namespace duress::kubectl {

class Looking final {
 public:
  static constexpr auto kAhead = std::chrono::seconds(30);
  static constexpr auto kRenewed = std::chrono::seconds(15);
  static constexpr std::size_t kMost = 50;  // of more at once nobody reads the numbers

  Looking(Session& session, std::function<void(const std::string&)> say)
      : session_(session), say_(std::move(say)) {}
  Looking(const Looking&) = delete;
  Looking& operator=(const Looking&) = delete;
  ~Looking() = default;

  // The experiment is on the screen now.
  void at(const kube::Json& experiment);

 private:
  struct One {
    Instant renewed{};
    kube::Pending pending{};
  };
  void answered(const kube::Answer<kube::Json>& answer);

  Session& session_;
  std::function<void(const std::string&)> say_;
  std::map<std::string, One> all_;  // by UID
  bool refused_ = false;
};

}  // namespace duress::kubectl
