#include "cli/rehearse.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "cli/rehearse_arguments.h"
#include "cli/rehearse_session.h"
#include "cli/report.h"
#include "observe/recording_file.h"
#include "os/machine.h"
#include "render/report.h"

namespace duress::cli {

namespace {

int leave(RehearseExit code) { return static_cast<int>(code); }

int complain(const Error& error) {
  std::fprintf(stderr, "duress: %s\n", error.message.c_str());
  switch (error.code) {
    case Code::kUsage:
      return leave(RehearseExit::kUsage);
    case Code::kInternal:
    case Code::kIo:
      return leave(RehearseExit::kFailed);
    default:
      return leave(RehearseExit::kRefused);
  }
}

std::string node_name() {
  utsname about{};
  ::uname(&about);
  return about.nodename;
}

bool write_file(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

// What was rehearsed is told though a file of it cannot be written.
void keep_junit(const std::string& path, const RehearsalResult& result) {
  if (path.empty() || write_file(path, junit_text(result))) return;
  std::fprintf(stderr, "duress: cannot write %s: is the directory there?\n", path.c_str());
}

// One page of the containers that were stressed, or of all where none was.
Result<> keep_report(const std::string& path, const RehearsalResult& result) {
  const bool any = std::ranges::any_of(result.containers, &ContainerResult::stressed);
  std::vector<observe::Recording> recordings;
  std::vector<const ContainerResult*> shown;
  for (const ContainerResult& one : result.containers) {
    if (one.recording.empty() || (any && !one.stressed)) continue;
    auto recording = observe::read_recording(one.recording);
    if (!recording) return std::unexpected(recording.error());
    recordings.push_back(std::move(*recording));
    shown.push_back(&one);
  }
  std::vector<render::ReportPart> parts;
  for (std::size_t i = 0; i < shown.size(); ++i)
    parts.push_back(
        {.recording = &recordings[i], .verdict = &shown[i]->verdict, .file = shown[i]->recording});
  if (parts.empty()) return fail(Code::kGone, "no container ran, so there is nothing to report");
  return write_page(path, render::report_page(parts, {.duress_version = DURESS_VERSION}), false);
}

Result<int> start(const std::vector<std::string>& words, RehearsalPlan plan) {
  if (::geteuid() != 0) {
    return fail(Code::kPermission,
                "rehearse makes cgroups, namespaces and mounts, which only root may: run it as "
                "root, or in a virtual machine");
  }
  auto hierarchy = cgroup::detect({});
  if (!hierarchy) return std::unexpected(hierarchy.error());
  auto memory = os::MemoryInfo::open("/proc");
  if (!memory) return std::unexpected(memory.error());
  auto signals = os::signal_fd({SIGINT, SIGTERM, SIGHUP});
  if (!signals) return std::unexpected(signals.error());
  const std::unique_ptr<RehearseTeller> teller = make_teller(
      stdout, {.format = plan.output.format, .live = !plan.plain, .quiet = plan.output.quiet});
  std::vector<std::string> command = words;
  command.insert(command.begin(), "rehearse");
  const std::string junit = plan.junit_file;
  const std::string report = plan.report_file;
  const SystemClock clock;
  RehearseSession session({.clock = clock,
                           .hierarchy = *hierarchy,
                           .node = node_name(),
                           .node_memory = memory->total(),
                           .signals = *signals,
                           .teller = *teller,
                           .command = command},
                          std::move(plan));
  auto result = session.run();
  if (!result) return std::unexpected(result.error());
  teller->ended(*result);
  keep_junit(junit, *result);
  if (!report.empty()) {
    auto kept = keep_report(report, *result);
    if (!kept) std::fprintf(stderr, "duress: no report: %s\n", kept.error().message.c_str());
  }
  return leave(exit_code(*result));
}

}  // namespace

int rehearse(const std::vector<std::string>& arguments) {
  auto plan = parse_rehearse_arguments(arguments, node_name());
  if (!plan) {
    std::fprintf(stderr, "%s\n", plan.error().message.c_str());
    return leave(RehearseExit::kUsage);
  }
  if (plan->help) {
    std::fputs(rehearse_help().c_str(), stdout);
    return 0;
  }
  auto code = start(arguments, std::move(*plan));
  return code ? *code : complain(code.error());
}

}  // namespace duress::cli
