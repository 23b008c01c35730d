// A rehearsal on the real kernel for tests: Pods in one expression, a loop, and all that was told.
// One thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "rehearse/rehearsal.h"
#include "spec/pod.h"

namespace duress::testing {

[[nodiscard]] spec::Container a_container(const std::string& name,
                                          std::vector<std::string> command);
[[nodiscard]] spec::Pod a_pod(const std::string& name, spec::Container container);
[[nodiscard]] std::string answerer();
[[nodiscard]] std::string testapp();

class Scene final : public rehearse::Listener {
 public:
  explicit Scene(std::vector<spec::Pod> pods, rehearse::Options options = {});
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() override = default;

  void event(const rehearse::Event& event) override;
  void container_started(std::size_t pod, std::size_t container) override;
  void container_ended(std::size_t pod, std::size_t container,
                       const rehearse::Termination& termination) override;
  void probed(const rehearse::ProbeResult& result) override;
  void pod_changed(std::size_t pod) override { changes.push_back(pod); }

  // Runs the loop until it holds.
  [[nodiscard]] bool until(const std::function<bool()>& predicate,
                           std::chrono::milliseconds time = std::chrono::seconds(15));
  // kubectl delete, and everything removed; what is left.
  [[nodiscard]] std::vector<std::string> end(std::chrono::seconds grace = std::chrono::seconds(1));
  [[nodiscard]] bool saw(const std::string& reason, const std::string& text) const;
  [[nodiscard]] std::string story() const;  // all events, for a failed assertion

  [[nodiscard]] rehearse::Rehearsal& rehearsal() { return *rehearsal_; }
  [[nodiscard]] const rehearse::PodState& pod(std::size_t number = 0) const {
    return rehearsal_->state()[number];
  }
  [[nodiscard]] const rehearse::ContainerState& container(std::size_t number = 0,
                                                          std::size_t of_pod = 0) const {
    return pod(of_pod).containers[number];
  }

  std::vector<rehearse::Event> events;
  std::vector<rehearse::Termination> terminations;
  std::vector<rehearse::ProbeResult> probes;
  std::vector<std::size_t> changes;
  int starts = 0;

 private:
  SystemClock clock_;
  std::unique_ptr<rehearse::Rehearsal> rehearsal_;
};

}  // namespace duress::testing
