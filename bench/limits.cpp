// The machine's limits, each as one subcommand that prints one line of JSON: how fast pages can be
// populated and freed by the barest program, what joining a cgroup costs, what a spinning thread
// gets. It is not a stressor; the harness runs it beside one. One process a measurement.
#include <sched.h>
#include <sys/wait.h>

#include <algorithm>
#include <thread>

#include "arguments.h"
#include "kernel.h"

namespace bench {
namespace {

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

std::string list(const std::vector<double>& values) {
  std::string text = "[";
  for (const double value : values) text += (text.size() > 1 ? "," : "") + std::to_string(value);
  return text + "]";
}

// populate --cgroup DIR --bytes N --threads T --pages 4k|huge --repeat R
// Each round maps, populates and unmaps; the first ones warm the memory for the last.
int populate(const Arguments& given) {
  const auto threads = std::max<std::int64_t>(1, given.integer("threads", 1));
  const auto bytes =
      given.integer("bytes", std::int64_t{1} << 30) / (threads * kHuge) * (threads * kHuge);
  const bool huge = given.text("pages", "huge") == "huge";
  for (const auto& directory : given.all("cgroup")) join(directory);
  std::vector<double> fill;
  std::vector<double> release;
  for (auto round = given.integer("repeat", 1); round > 0; --round) {
    char* start = map(bytes, huge);
    const auto share = bytes / threads;
    const double began = now();
    {
      std::vector<std::jthread> workers;
      for (std::int64_t i = 0; i < threads; ++i)
        workers.emplace_back([=] {
          if (madvise(start + i * share, static_cast<std::size_t>(share), MADV_POPULATE_WRITE) != 0)
            die(std::string("populate: ") + std::strerror(errno));
        });
    }
    const double filled = now();
    munmap(start, static_cast<std::size_t>(bytes));
    fill.push_back(filled - began);
    release.push_back(now() - filled);
  }
  std::printf("{\"fillSeconds\":%s,\"releaseSeconds\":%s}\n", list(fill).c_str(),
              list(release).c_str());
  return 0;
}

// join --cgroup DIR --idle SECONDS --repeat N: a child joins, again and again; the first after
// idling.
int join_repeatedly(const Arguments& given) {
  const auto directory = given.text("cgroup");
  std::vector<double> seconds;
  sleep_for(given.number("idle", 0.5));
  for (auto round = given.integer("repeat", 10); round > 0; --round) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) die("pipe");
    const pid_t child = fork();
    if (child == 0) {
      const double began = now();
      join(directory);
      const double took = now() - began;
      _exit(write(ends[1], &took, sizeof took) == sizeof took ? 0 : 1);
    }
    double took = 0;
    if (read(ends[0], &took, sizeof took) != sizeof took)
      die("the child could not join " + directory);
    close(ends[0]);
    close(ends[1]);
    waitpid(child, nullptr, 0);
    seconds.push_back(took);
  }
  std::printf("{\"joinSeconds\":%s}\n", list(seconds).c_str());
  return 0;
}

// spin --cpu N --for SECONDS [--cgroup DIR]...: a competitor; prints the CPU time that it got.
int spin(const Arguments& given) {
  for (const auto& directory : given.all("cgroup")) join(directory);
  if (const auto cpu = given.integer("cpu", -1); cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(cpu), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) die("sched_setaffinity");
  }
  const double began = now();
  const double end = began + given.number("for", 1);
  while (now() < end) {
    for (int i = 0; i < 20000; ++i) asm volatile("");
  }
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  std::printf("{\"wallSeconds\":%f,\"cpuSeconds\":%f}\n", now() - began,
              static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  const std::string what = count > 1 ? words[1] : "";
  const bench::Arguments given(count, words, 2);
  if (what == "populate") return bench::populate(given);
  if (what == "join") return bench::join_repeatedly(given);
  if (what == "spin") return bench::spin(given);
  bench::die("usage: limits populate|join|spin --name value ...");
}
