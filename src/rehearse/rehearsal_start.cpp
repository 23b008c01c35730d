// How a rehearsal begins and how all of it is removed: see rehearsal.h.
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>

#include "cgroup/parse.h"
#include "os/file.h"
#include "os/privileges.h"
#include "rehearse/identity.h"
#include "rehearse/layout.h"
#include "rehearse/rehearsal_body.h"
#include "spec/pod_resources.h"

namespace duress::rehearse {

namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr int kLowestScore = -1000;

// Each container costs a few descriptors, and runtimes start containers with many as well.
void raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  constexpr rlim_t kEnough = 65'536;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

int lowest_score(const std::string& proc) {
  if (os::has_capability(CAP_SYS_RESOURCE)) return kLowestScore;
  auto text = os::read_file(proc + "/self/oom_score_adj");
  const auto own = text ? cgroup::number_value(*text) : std::nullopt;
  return static_cast<int>(own.value_or(0));
}

Result<> make_private(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) < 0) return fail_errno(errno, "make " + path);
  return {};
}

std::vector<std::chrono::nanoseconds> jitter_of(const spec::Pod& pod,
                                                std::optional<std::uint64_t> seed,
                                                std::size_t number) {
  std::vector<std::chrono::nanoseconds> out;
  if (!seed) return out;
  std::mt19937_64 random(*seed + number);
  for (const spec::Container* container : containers_of(pod)) {
    for (const auto* probe : {&container->startup, &container->liveness, &container->readiness}) {
      if (!*probe) continue;
      const std::chrono::nanoseconds period = (*probe)->period;
      out.emplace_back(static_cast<std::int64_t>(
          random() % static_cast<std::uint64_t>(std::max<std::int64_t>(period.count(), 1))));
    }
  }
  return out;
}

std::string node_name() {
  char text[256] = {};
  return ::gethostname(text, sizeof text - 1) == 0 ? text : "localhost";
}

}  // namespace

Result<> Rehearsal::Body::take_place() {
  const std::string name = kPlacePrefix + std::to_string(::getpid());
  const Places& places = options_.places;
  (void)::mkdir(places.run.c_str(), 0700);
  (void)::mkdir(places.state.c_str(), 0755);
  const std::string run = places.run + "/" + name;
  const std::string state = places.state + "/" + name;
  if (auto made = make_private(run, 0700); !made) return made;
  estate_.directories = {run};
  auto lock = lock_place(run);
  if (!lock) return std::unexpected(lock.error());
  lock_ = std::move(*lock);
  // Other users' containers go through it to their volumes' mount points only by their mounts.
  if (auto made = make_private(state, 0700); !made) return made;
  estate_.directories = {state, run};
  estate_.parents = {places.state};
  return {};
}

Result<> Rehearsal::Body::make_groups(const std::vector<spec::Pod>& pods) {
  if (auto made = trees_->make(root_, {}); !made) return made;
  const Cores node{static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN))};
  for (const Group& group : groups_of(pods, node)) {
    if (auto made = trees_->make(root_ + group.path, group.setting); !made) return made;
  }
  return {};
}

void Rehearsal::Body::note_differences(const std::vector<spec::Pod>& pods) {
  const int lowest = lowest_score(options_.places.proc);
  const bool lowered = std::ranges::any_of(pods, [&](const spec::Pod& pod) {
    return std::ranges::any_of(containers_of(pod), [&](const spec::Container* container) {
      return oom_score_adj_of(pod, *container, options_.node_memory) < lowest;
    });
  });
  if (lowered) {
    notes_.push_back(
        "Guaranteed containers have the oom_score_adj " + std::to_string(lowest) +
        " here and not the -997 of a cluster: lowering it needs CAP_SYS_RESOURCE, which this "
        "process does not have. The OOM killer takes their processes sooner than it would there.");
  }
  if (options_.oom_group && !trees_->starts_inside()) {
    notes_.emplace_back(
        "This machine has cgroup v1, where the OOM killer takes single processes. On a node with "
        "cgroup v2 a current kubelet has it take the whole container.");
  }
  if (options_.back_off_factor != 1) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", options_.back_off_factor);
    notes_.push_back(std::string("CrashLoopBackOff's times are divided by ") + text +
                     "; all other times are those of the manifests.");
  }
}

Result<> Rehearsal::Body::begin(std::vector<spec::Pod> pods) {
  auto hierarchy = cgroup::detect({.proc = options_.places.proc, .cgroup = ""});
  if (!hierarchy) return std::unexpected(hierarchy.error());
  auto trees = make_trees(*hierarchy);
  if (!trees) return std::unexpected(trees.error());
  trees_ = std::move(*trees);
  auto leftovers = find_leftovers(options_.places.run, options_.places.state, *hierarchy);
  if (leftovers) {
    for (const std::string& left : remove(*leftovers))
      notes_.push_back("Left from before: " + left);
  }
  raise_open_files();
  root_ = std::string("/") + kRootPrefix + std::to_string(::getpid());
  if (auto taken = take_place(); !taken) return taken;
  estate_.cgroups = trees_->directories(root_);
  auto caretaker = Caretaker::start(estate_, lock_);
  if (!caretaker) return std::unexpected(caretaker.error());
  caretaker_.emplace(std::move(*caretaker));
  if (auto made = make_groups(pods); !made) return made;
  note_differences(pods);

  std::vector<Identity> identities;
  for (std::size_t i = 0; i < pods.size(); ++i) identities.push_back({new_uid(), address_of(i)});
  plan_ = plan_of(pods, identities,
                  {.place = estate_.directories.front(),
                   .node_name = node_name(),
                   .node_memory = options_.node_memory,
                   .node_cpu = Cores{static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN))},
                   .lowest_score = lowest_score(options_.places.proc)});
  plan_.cgroup_mounts = trees_->mounts();
  plan_.starts_inside = trees_->starts_inside();
  auto runtime = Runtime::start(plan_);
  if (!runtime) return std::unexpected(runtime.error());
  runtime_.emplace(std::move(*runtime));
  if (auto added = poller_.add(runtime_->fd(), 0); !added) return added;

  const Instant now = clock_.now();
  deadline_ = now;
  states_.resize(pods.size());
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const LifeOptions life{.uid = identities[i].uid,
                           .back_off_factor = options_.back_off_factor,
                           .jitter = jitter_of(pods[i], options_.jitter_seed, i)};
    auto body = std::make_unique<PodBody>(std::move(pods[i]), life, *runtime_, i, now);
    body->containers.resize(plan_.pods[i].containers.size());
    PodState& state = states_[i];
    state.name = body->spec.name;
    state.ns = body->spec.ns;
    state.owner = body->spec.owner;
    state.uid = identities[i].uid;
    state.ip = identities[i].ip;
    state.qos = spec::qos_of(body->spec);
    state.cgroup = root_ + path_of(state.qos, state.uid);
    body->life.describe(state.containers);
    for (std::size_t c = 0; c < state.containers.size(); ++c) {
      state.containers[c].oom_score_adj = plan_.pods[i].containers[c].oom_score_adj;
    }
    pods_.push_back(std::move(body));
  }
  return {};
}

std::vector<std::string> Rehearsal::Body::close() {
  if (closed_) return {};
  closed_ = true;
  askings_.clear();
  runtime_.reset();
  caretaker_.reset();  // it removes everything
  // What it could not, or where somebody has killed it.
  std::vector<std::string> left = clear(estate_, kPatience);
  lock_.reset();
  return left;
}

}  // namespace duress::rehearse
