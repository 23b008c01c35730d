#include "rehearse_scene.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "world.h"

namespace duress::testing {

using std::chrono::steady_clock;

spec::Container a_container(const std::string& name, std::vector<std::string> command) {
  spec::Container out;
  out.name = name;
  out.command = std::move(command);
  return out;
}

spec::Pod a_pod(const std::string& name, spec::Container container) {
  spec::Pod out;
  out.name = name;
  out.hostname = name;
  out.containers.push_back(std::move(container));
  return out;
}

std::string answerer() { return DURESS_ANSWERER; }
std::string testapp() { return DURESS_TESTAPP; }

Scene::Scene(std::vector<spec::Pod> pods, rehearse::Options options) {
  if (options.node_memory.value == 0) options.node_memory = gib(16);
  auto started = rehearse::Rehearsal::start(std::move(pods), std::move(options), clock_, *this);
  if (!started) throw std::runtime_error(started.error().message);
  rehearsal_ = std::move(*started);
}

void Scene::event(const rehearse::Event& event) { events.push_back(event); }
void Scene::container_started(std::size_t, std::size_t) { ++starts; }
void Scene::container_ended(std::size_t, std::size_t, const rehearse::Termination& termination) {
  terminations.push_back(termination);
}
void Scene::probed(const rehearse::ProbeResult& result) { probes.push_back(result); }

bool Scene::until(const std::function<bool()>& predicate, std::chrono::milliseconds time) {
  const auto end = steady_clock::now() + patience(time);
  while (!predicate()) {
    const auto now = steady_clock::now();
    if (now > end) return false;
    const auto wait = std::min<steady_clock::duration>(
        std::max<steady_clock::duration>(rehearsal_->deadline() - now, steady_clock::duration(0)),
        end - now);
    pollfd ready{rehearsal_->fd(), POLLIN, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    ::poll(&ready, 1, static_cast<int>(std::min<std::int64_t>(ms, 1000)));
    if (auto done = rehearsal_->tick(); !done) throw std::runtime_error(done.error().message);
  }
  return true;
}

std::vector<std::string> Scene::end(std::chrono::seconds grace) {
  rehearsal_->stop(grace);
  std::vector<std::string> left;
  if (!until([this] { return rehearsal_->finished(); })) left.emplace_back("not finished");
  for (std::string& one : rehearsal_->close()) left.push_back(std::move(one));
  return left;
}

bool Scene::saw(const std::string& reason, const std::string& text) const {
  return std::ranges::any_of(events, [&](const rehearse::Event& event) {
    return event.reason == reason && event.message.find(text) != std::string::npos;
  });
}

std::string Scene::story() const {
  std::string out;
  for (const rehearse::Event& event : events) out += event.reason + ": " + event.message + "\n";
  return out;
}

}  // namespace duress::testing
