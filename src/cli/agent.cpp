#include "cli/agent.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "agent/daemon.h"
#include "agent/rights.h"
#include "cli/cluster_access.h"
#include "cli/flag_values.h"
#include "cli/metrics_page.h"
#include "os/file.h"
#include "os/machine.h"
#include "os/process.h"
#include "os/random_seed.h"
#include "stress/leftovers.h"

namespace duress::cli {

namespace {

constexpr int kUsage = 2;

constexpr const char* kHelp =
    R"(duress agent: what a node's experiments ask for, on its containers

  --node NAME               the node's name in Kubernetes (default: $NODE_NAME)
  --kubeconfig FILE         how to reach the API server (default: as this Pod, else
                            $KUBECONFIG, else ~/.kube/config)
  --context NAME            of the kubeconfig
  --disconnected-for TIME   without a sign of the API server for so long, everything is
                            released (default: 60s; 0: never)
  --container-logs DIR      the kubelet's links, which tell a restarted container's ID early
                            (default: /var/log/containers, where it is there)
  --recordings DIR          where loads are recorded, for their verdicts: an hour, 200 at most
                            (default: recordings below the run directory; "": not at all)
  --run-directory DIR       what must outlive the agent (default: /run/duress)
  --metrics ADDRESS:PORT    answer /metrics, /healthz and /readyz there (default: nothing
                            listens)
  --most-memory SIZE|PERCENT
                            what all loads of the node may hold together, percent of the node's
                            memory; others wait (default: no bound)
  --most-fills N            so many loads fill memory at a time, others wait (default: 0, any
                            number)
  --help                    print this

It starts as root and keeps its rights in one process, which only starts and ends loads
(docs/agent.md). Exit codes: 0 it was told to end, 1 it failed, 2 usage.
)";

constexpr std::array<std::string_view, 11> kFlags = {
    "--node",           "--kubeconfig", "--context",       "--disconnected-for",
    "--container-logs", "--recordings", "--run-directory", "--metrics",
    "--most-memory",    "--most-fills", "--help"};

class Parser final {
 public:
  Result<AgentArguments> parse(const std::vector<std::string>& words, const std::string& node) {
    out_.node = node;
    for (std::size_t i = 0; i < words.size(); ++i) take(words, i);
    if (out_.help) return out_;
    if (out_.node.empty())
      wrong(
          "the node's name is missing: give --node NAME, or NODE_NAME (spec.nodeName of the Pod)");
    if (wrong_.empty()) return out_;
    return fail(Code::kUsage, wrong_);
  }

 private:
  void wrong(const std::string& line) { wrong_ += (wrong_.empty() ? "" : "\n") + line; }

  void take(const std::vector<std::string>& words, std::size_t& at) {
    const std::string& word = words[at];
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (name == "--help" || name == "-h") {
      out_.help = true;
      return;
    }
    if (std::ranges::find(kFlags, name) == kFlags.end()) return unknown(name);
    if (equals != std::string::npos) return set(name, word.substr(equals + 1));
    if (at + 1 >= words.size()) return wrong(name + ": a value is missing");
    set(name, words[++at]);
  }

  void set(const std::string& name, const std::string& value) {
    if (name == "--recordings") {
      out_.recordings = value;
      return;
    }
    if (value.empty()) return wrong(name + ": a value is missing");
    if (name == "--node") out_.node = value;
    if (name == "--kubeconfig") out_.kubeconfig = value;
    if (name == "--context") out_.context = value;
    if (name == "--run-directory") out_.run_directory = value;
    if (name == "--metrics") out_.metrics = value;
    if (name == "--container-logs") {
      out_.container_logs = value;
      out_.container_logs_given = true;
    }
    if (name == "--most-memory") set_most_memory(value);
    if (name == "--most-fills") set_most_fills(value);
    if (name != "--disconnected-for") return;
    const auto time = parse_duration(value);
    if (!time || *time < Duration(0) || (*time > Duration(0) && *time < std::chrono::seconds(1))) {
      return wrong("--disconnected-for: " + quoted(value) +
                   " is not allowed: a duration from 1s on, e.g. 60s, or 0");
    }
    out_.disconnected_for = *time;
  }

  void set_most_memory(const std::string& value) {
    const auto most = parse_size_or_percent(value);
    const auto* bytes = most ? std::get_if<Bytes>(&*most) : nullptr;
    const auto* percent = most ? std::get_if<Percent>(&*most) : nullptr;
    const bool is_right = (bytes != nullptr && bytes->value > 0) ||
                          (percent != nullptr && percent->value > 0 && percent->value <= 100);
    if (!is_right) {
      return wrong("--most-memory: " + quoted(value) +
                   " is not allowed: a size above 0, e.g. 4Gi, or a percentage up to 100%");
    }
    out_.most_memory = *most;
  }

  void set_most_fills(const std::string& value) {
    const auto most = parse_most("--most-fills", value);
    if (!most) return wrong(most.error().message);
    out_.most_fills = *most;
  }

  void unknown(const std::string& name) {
    const auto near = nearest(name, kFlags);
    wrong("unknown flag " + quoted(name) +
          (near ? ": did you mean " + std::string(*near) + "?" : ": see duress agent --help"));
  }

  AgentArguments out_;
  std::string wrong_;
};

void say(const std::string& line) {
  (void)std::fprintf(stderr, "duress agent: %s\n", line.c_str());
}

std::string text_of(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// One agent a node: this one begins when the launcher and the last load of the one before are gone.
Result<os::Fd> take_turn(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) < 0 && errno != EEXIST)
    return fail_errno(errno, "make " + directory);
  const std::string path = directory + "/agent.lock";
  os::Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return fail_errno(errno, "open " + path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  say("another agent of this node has not ended yet: waiting for the last of its loads (" + path +
      ")");
  while (::flock(lock.get(), LOCK_EX) < 0) {
    if (errno != EINTR) return fail_errno(errno, "lock " + path);
  }
  return lock;
}

// What runs before left behind though they are gone: changed files, workers, cgroups.
void clear_away() {
  const std::string directory(stress::kRunDirectory);
  for (const std::string& line : stress::mend_journals(directory)) say(line);
  auto hierarchy = cgroup::detect({});
  if (!hierarchy) return;
  auto left = stress::find_leftovers(directory, "/proc", *hierarchy);
  if (!left || left->empty()) return;
  say("ending what an earlier run left behind: " + std::to_string(left->workers.size()) +
      " workers, " + std::to_string(left->cgroups.size()) + " cgroups");
  for (const std::string& line : stress::remove(*left)) say("left from before: " + line);
}

void check_token(const kube::Access& access) {
  const std::string& file = access.login.token_file;
  if (file.empty() || ::access(file.c_str(), R_OK) == 0) return;
  say("this Pod's token " + file +
      " is not readable for user 65534, which the agent runs as: set securityContext.fsGroup to "
      "65534");
}

Result<agent::Launcher> start_launcher(const AgentArguments& arguments,
                                       const std::string& recordings) {
  auto lock = take_turn(arguments.run_directory);
  if (!lock) return std::unexpected(lock.error());
  for (const std::string& line : agent::missing_rights()) say(line);
  if (auto entered = agent::enter_host_cgroup_namespace("/proc"); !entered) {
    say(entered.error().message +
        ": loads can only be started where the cgroup tree is mounted without nsdelegate");
  }
  clear_away();
  // From here on the launcher and its loads alone hold the lock.
  return agent::Launcher::start({.recordings = recordings, .held = lock->get()});
}

Result<agent::Bounds> bounds_of(const AgentArguments& arguments) {
  agent::Bounds out{.fills = arguments.most_fills};
  if (!arguments.most_memory) return out;
  if (const auto* bytes = std::get_if<Bytes>(&*arguments.most_memory)) {
    out.memory = *bytes;
    return out;
  }
  auto node = os::MemoryInfo::open("/proc");
  if (!node) return std::unexpected(node.error());
  out.memory = percent_of(std::get<Percent>(*arguments.most_memory), node->total());
  return out;
}

// From here on without rights.
Result<bool> serve(const AgentArguments& arguments, const kube::Access& access,
                   agent::Launcher& launcher, bool record) {
  if (auto nobody = agent::become_nobody(); !nobody)
    say("some rights could not be given up: " + nobody.error().message);
  check_token(access);
  os::allow_descriptors();  // four for each load, and an object may name 512 containers
  auto signals = os::signal_fd({SIGINT, SIGTERM, SIGHUP});
  if (!signals) return std::unexpected(signals.error());
  auto containers = agent::CgroupContainers::make({});
  if (!containers) return std::unexpected(containers.error());
  std::optional<agent::LinkWatch> links;
  if (auto watched = agent::LinkWatch::make(arguments.container_logs)) {
    links.emplace(std::move(*watched));
  } else if (arguments.container_logs_given) {
    say(watched.error().message + ": restarted containers are stressed again a little later");
  }
  const auto bounds = bounds_of(arguments);
  if (!bounds) return std::unexpected(bounds.error());
  const SystemClock clock;
  auto reactor = kube::Reactor::make(clock);
  if (!reactor) return std::unexpected(reactor.error());
  auto client = kube::Client::make(**reactor, access, os::random_seed());
  if (!client) return std::unexpected(client.error().plain());
  say("node " + arguments.node + ", API server as " + access.named);
  agent::Daemon daemon({.reactor = **reactor,
                        .client = **client,
                        .loads = launcher,
                        .containers = *containers,
                        .links = links ? &*links : nullptr,
                        .launcher = launcher.process(),
                        .signals = *signals,
                        .say = say},
                       {.node = arguments.node,
                        .disconnected_for = arguments.disconnected_for,
                        .record = record,
                        .bounds = *bounds});
  auto page = serve_metrics(arguments.metrics,
                            {.client = **client,
                             .figures = [&daemon] { return agent::figures_of(daemon.state()); },
                             .is_ready = [&daemon] { return daemon.is_ready(); }});
  if (!page) return std::unexpected(page.error());
  return daemon.run();
}

Result<bool> start(const AgentArguments& arguments) {
  if (::geteuid() != 0)
    return fail(Code::kPermission, "the agent has to begin as root: it gives its rights up itself");
  auto access = cluster_access(arguments.kubeconfig, arguments.context);
  if (!access) return std::unexpected(access.error());
  const std::string recordings =
      arguments.recordings.value_or(arguments.run_directory + "/recordings");
  auto launcher = start_launcher(arguments, recordings);
  if (!launcher) return std::unexpected(launcher.error());
  return serve(arguments, *access, *launcher, !recordings.empty());
}

}  // namespace

Result<AgentArguments> parse_agent_arguments(const std::vector<std::string>& arguments,
                                             const std::string& node_name) {
  return Parser().parse(arguments, node_name);
}

int agent(const std::vector<std::string>& arguments) {
  const auto parsed = parse_agent_arguments(arguments, text_of("NODE_NAME"));
  if (!parsed) {
    (void)std::fprintf(stderr, "%s\n", parsed.error().message.c_str());
    return kUsage;
  }
  if (parsed->help) {
    (void)std::fputs(kHelp, stdout);
    return 0;
  }
  const auto ended = start(*parsed);
  if (!ended) {
    say(ended.error().message);
    return 1;
  }
  return *ended ? 0 : 1;
}

}  // namespace duress::cli
