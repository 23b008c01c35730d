#include "rehearse/rehearsal.h"

#include <algorithm>

#include "rehearse/rehearsal_body.h"

namespace duress::rehearse {

Rehearsal::Rehearsal(std::unique_ptr<Body> body) : body_(std::move(body)) {}

Rehearsal::~Rehearsal() { (void)close(); }

Result<std::unique_ptr<Rehearsal>> Rehearsal::start(std::vector<spec::Pod> pods, Options options,
                                                    const Clock& clock, Listener& listener) {
  auto poller = os::Poller::make();
  if (!poller) return std::unexpected(poller.error());
  auto body = std::make_unique<Body>(std::move(options), clock, listener, std::move(*poller));
  auto begun = body->begin(std::move(pods));
  if (!begun) {
    (void)body->close();
    return std::unexpected(begun.error());
  }
  return std::unique_ptr<Rehearsal>(new Rehearsal(std::move(body)));
}

const std::vector<std::string>& Rehearsal::notes() const { return body_->notes_; }
int Rehearsal::fd() const { return body_->poller_.fd(); }
Instant Rehearsal::deadline() const { return body_->deadline_; }
Result<> Rehearsal::tick() { return body_->tick(); }
void Rehearsal::stop(std::chrono::seconds most_grace) { body_->stop(most_grace); }
bool Rehearsal::finished() const { return body_->stopped_ && body_->over(); }
bool Rehearsal::all_done() const { return body_->over(); }
std::vector<std::string> Rehearsal::close() { return body_->close(); }
const std::vector<PodState>& Rehearsal::state() const { return body_->states_; }
const std::string& Rehearsal::root_cgroup() const { return body_->root_; }

std::string Rehearsal::output(std::size_t pod, std::size_t container) const {
  const auto& pods = body_->pods_;
  if (pod >= pods.size() || container >= pods[pod]->containers.size()) return "";
  return pods[pod]->containers[container].output.text();
}

bool Rehearsal::Body::over() const {
  return std::ranges::all_of(pods_, [](const auto& pod) { return pod->life.over(); });
}

}  // namespace duress::rehearse
