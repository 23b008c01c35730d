// The application under stress: holds some memory, and grows by bursts of random size where asked
// to. It is not a stressor: it stands for the container's own program in the OOM rows, and tells at
// its end how many bursts it lived through and how long one page ever took. One thread; ends on
// SIGTERM.
#include <algorithm>
#include <csignal>
#include <random>

#include "arguments.h"
#include "kernel.h"

namespace bench {
namespace {

volatile std::sig_atomic_t stopped = 0;

struct Told {
  std::int64_t bursts = 0;
  double longest = 0;
};

void touch(char* at, std::int64_t bytes, double rate, Told& told) {
  const double began = now();
  double before = began;
  for (std::int64_t done = 0; done < bytes && stopped == 0; done += 4096) {
    at[done] = 1;
    if (done % (1 << 18) != 0) continue;
    const double after = now();
    told.longest = std::max(told.longest, after - before);
    const double ahead = static_cast<double>(done) / rate - (after - began);
    if (ahead > 0.0002) sleep_for(ahead);
    before = now();
  }
}

// --bytes N --bursts COUNT (0: none) --low N --high N --rate BYTES_A_SECOND --pause SECONDS --seed
// N
int run(const Arguments& given) {
  for (const auto& directory : given.all("cgroup")) join(directory);
  const auto bytes = given.integer("bytes", 100 << 20);
  const auto high = given.integer("high", 50 << 20);
  Told told;
  char* own = map(bytes, false);
  touch(own, bytes, 1e12, told);
  told = {};
  char* extra = map(high, false);
  std::mt19937_64 random(static_cast<std::uint64_t>(given.integer("seed", 1)));
  std::uniform_int_distribution<std::int64_t> size(given.integer("low", 10 << 20), high);
  const double pause = given.number("pause", 0.02);
  std::printf("ready\n");
  std::fflush(stdout);
  // The first line of standard input starts the bursts, so that the harness says when.
  const auto bursts = given.integer("bursts", 0);
  if (bursts > 0 && std::getchar() == EOF) return 1;
  while (stopped == 0 && told.bursts < bursts) {
    touch(extra, size(random), given.number("rate", 1e9), told);
    sleep_for(pause);
    madvise(extra, static_cast<std::size_t>(high), MADV_DONTNEED);
    sleep_for(pause);
    ++told.bursts;
  }
  std::printf("{\"bursts\":%lld,\"longestSeconds\":%f}\n", static_cast<long long>(told.bursts),
              told.longest);
  std::fflush(stdout);
  // Not a wake-up until the end: what an idle application costs would be counted as the stressor's.
  sigset_t block;
  sigset_t old;
  sigemptyset(&block);
  sigaddset(&block, SIGTERM);
  sigprocmask(SIG_BLOCK, &block, &old);
  while (stopped == 0) sigsuspend(&old);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  std::signal(SIGTERM, [](int) { bench::stopped = 1; });
  return bench::run(bench::Arguments(count, words, 1));
}
