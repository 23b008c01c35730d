// Runs a command and times, from outside, what it does to a cgroup: when usage has risen by each of
// some amounts, what it costs the cgroup in CPU time, and how memory and processes go after
// SIGTERM. It does not believe what the command says of itself, and is the same for every stressor.
// One thread.
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "arguments.h"
#include "kernel.h"

namespace bench {
namespace {

#ifndef PR_SET_THP_DISABLE
#define PR_SET_THP_DISABLE 41
#endif

struct Files {
  ControlFile usage;
  ControlFile stat;
  std::string procs;
  ControlFile cpu;

  // Nanoseconds, from v1's cpuacct.usage or from v2's cpu.stat.
  [[nodiscard]] std::int64_t cpu_ns() const {
    const auto micros = cpu.number("usage_usec");
    return micros > 0 ? micros * 1000 : cpu.number();
  }
  [[nodiscard]] std::int64_t huge_bytes() const {
    return std::max(stat.number("rss_huge"), stat.number("anon_thp"));
  }
  [[nodiscard]] std::int64_t processes() const {
    // Opened anew: on v1 an open file keeps the list that it first gave.
    const auto text = ControlFile(procs).text();
    return std::count(text.begin(), text.end(), '\n');
  }
};

struct Course {
  std::vector<double> rise;
  double memory_gone = -1;
  double processes_gone = -1;
  double exited = -1;
  std::int64_t cpu_fill = 0;
  std::int64_t cpu_hold = 0;
  std::int64_t cpu_release = 0;
  std::int64_t huge = 0;
  std::int64_t held = 0;
  int status = -1;
  bool early = false;  // the command ended before its level was reached
};

pid_t start(const Arguments& given) {
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  for (const auto& directory : given.all("join")) join(directory);
  if (given.text("pages") == "4k") prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  const int out =
      open(given.text("stdout", "/dev/null").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(out, STDOUT_FILENO);
  if (given.text("stderr").empty()) dup2(out, STDERR_FILENO);
  std::vector<char*> words;
  for (const auto& word : given.command()) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  die("exec " + given.command()[0] + ": " + std::strerror(errno));
}

std::vector<std::int64_t> amounts(const std::string& text) {
  std::vector<std::int64_t> values;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) values.push_back(std::stoll(word));
  return values;
}

bool ended(pid_t child, Course& course, double began) {
  if (course.exited < 0 && waitpid(child, &course.status, WNOHANG) == child)
    course.exited = now() - began;
  return course.exited >= 0;
}

void fill(const Arguments& given, const Files& files, pid_t child, double began, std::int64_t base,
          Course& course) {
  const double give_up = began + given.number("timeout", 60);
  const double poll = given.number("poll", 0.0005);
  for (const auto amount : amounts(given.text("rise"))) {
    while (files.usage.number() - base < amount) {
      if (ended(child, course, began) || now() > give_up) {
        course.early = true;
        return;
      }
      sleep_for(poll);
    }
    course.rise.push_back(now() - began);
  }
}

// Reads the processes before the memory: memory that is still there after its process was seen gone
// is a finding, the other way round would call every quick end one.
void release(const Files& files, pid_t child, std::int64_t base, std::int64_t processes,
             double poll, Course& course) {
  const double began = now();
  kill(child, SIGTERM);
  // 0.2 % are page tables, which RCU frees a little later, whoever unmaps.
  const auto slack = std::int64_t{4} << 20;
  while (now() < began + 30) {
    const double seen = now() - began;
    const bool gone = files.processes() <= processes;
    const bool freed = files.usage.number() <= base + slack;
    if (course.memory_gone < 0 && freed) course.memory_gone = seen;
    if (course.processes_gone < 0 && gone) course.processes_gone = seen;
    if (ended(child, course, began) && course.memory_gone >= 0 && course.processes_gone >= 0)
      return;
    sleep_for(poll);
  }
  kill(child, SIGKILL);
}

void tell(const Course& course) {
  std::string rise;
  for (const double at : course.rise) rise += (rise.empty() ? "" : ",") + std::to_string(at);
  std::printf(
      "{\"riseSeconds\":[%s],\"early\":%s,\"memoryGoneSeconds\":%f,\"processesGoneSeconds\":%f,"
      "\"exitedSeconds\":%f,\"cpuFillSeconds\":%.6f,\"cpuHoldSeconds\":%.6f,\"cpuReleaseSeconds\":%"
      ".6f,"
      "\"hugeBytes\":%lld,\"heldBytes\":%lld,\"status\":%d}\n",
      rise.c_str(), course.early ? "true" : "false", course.memory_gone, course.processes_gone,
      course.exited, static_cast<double>(course.cpu_fill) * 1e-9,
      static_cast<double>(course.cpu_hold) * 1e-9, static_cast<double>(course.cpu_release) * 1e-9,
      static_cast<long long>(course.huge), static_cast<long long>(course.held), course.status);
}

int watch(const Arguments& given) {
  if (given.command().empty()) die("watch: give a command after --");
  const Files files{.usage = ControlFile(given.text("usage")),
                    .stat = ControlFile(given.text("stat")),
                    .procs = given.text("procs"),
                    .cpu = ControlFile(given.text("cpu"))};
  Course course;
  const auto base = files.usage.number();
  const auto processes = files.processes();
  const auto cpu_before = files.cpu_ns();
  const double began = now();
  const pid_t child = start(given);
  fill(given, files, child, began, base, course);
  course.cpu_fill = files.cpu_ns() - cpu_before;
  if (!course.early) {
    sleep_for(given.number("settle", 0.2));
    const auto cpu_held = files.cpu_ns();
    sleep_for(given.number("hold", 0.5));
    course.cpu_hold = files.cpu_ns() - cpu_held;
    course.held = files.usage.number() - base;
    course.huge = files.huge_bytes();
  }
  const auto cpu_release = files.cpu_ns();
  release(files, child, base, processes, given.number("poll", 0.0005), course);
  course.cpu_release = files.cpu_ns() - cpu_release;
  tell(course);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) { return bench::watch(bench::Arguments(count, words, 1)); }
