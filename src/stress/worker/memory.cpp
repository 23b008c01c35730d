// The memory load: holds exactly `target_bytes` of unique pages. Filled and freed by this process,
// or, while the limit is far (`apart`), by the toucher: a process that shares the address space but
// sits outside of the target's cgroup, so that the target is charged the memory and not the CPU
// time. One of the two acts at a time, with helper threads while the limit is far.
//
// Near the limit there is this one thread and nobody else. The OOM killer waits for a victim's
// memory as long as it sees the victim: a process in the cgroup whose first thread lives, or any
// thread before it begins to die (css_task_iter_advance() in kernel/cgroup/cgroup.c). Memory that a
// second thread, or the toucher, is the last to give back is waited for by nobody: the next charge
// takes the application.
#include <linux/mempolicy.h>
#include <linux/prctl.h>
#include <sys/mman.h>

#include "stress/page_size_chooser.h"
#include "stress/worker/worker.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // 5.14
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24  // 5.18
#endif

namespace duress::worker {

namespace {

constexpr std::int64_t kPage = 4096;
constexpr std::int64_t kChunk = 2 << 20;     // a huge page, and what one page table maps
constexpr std::int64_t kBatch = 2 * kChunk;  // between two looks at the orders
constexpr std::int64_t kParallelFrom = 16 << 20;
constexpr std::int64_t kAddress = 1LL << 40;  // aligned to all that a page-table page maps
constexpr std::int64_t kEinval = 22;
constexpr std::int64_t kTick =
    10'000'000;  // between two rewrites, and two tries where the kernel gave nothing
constexpr int kMostThreads = 16;
constexpr std::int64_t kStack = 8192;

// Shared with the toucher and the threads: they all run in this address space.
char* base = nullptr;
std::int64_t small_from = 0;  // from here on there are surely no huge pages
bool small_pages = false;     // the process-wide switch, as last set
stress::PageSizeChooser chooser;
std::int64_t rewrite_at = 0;
std::atomic<std::int64_t> next_batch{0};
std::atomic<std::int64_t> fill_end{0};
std::atomic<std::int64_t> first_refused{0};
std::atomic<std::uint32_t> fill_order{0};  // value of `wake` when the fill began
std::atomic<std::uint32_t> thread_ids[kMostThreads];
alignas(16) char stacks[kMostThreads][kStack];
alignas(16) char toucher_stack[kStack];
bool toucher_started = false;
std::atomic<std::uint32_t> toucher_alive{0};    // cleared by the kernel as it ends
std::atomic<std::uint32_t> toucher_ordered{0};  // it ended because it was told to

std::uint64_t mix(std::uint64_t x) {  // splitmix64: every page's word is another
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

void make_unique(std::int64_t from, std::int64_t to, bool whole, std::uint64_t salt) {
  for (std::int64_t at = from; at < to; at += kPage) {
    auto* words = reinterpret_cast<std::uint64_t*>(base + at);
    std::uint64_t word = mix(control->seed ^ salt ^ static_cast<std::uint64_t>(at));
    words[0] = word;
    if (!whole) continue;
    for (int i = 1; i < kPage / 8; ++i) words[i] = word = mix(word);
  }
}

// The advice MADV_HUGEPAGE stands on the whole range, and this switch decides: no mapping is split.
// It stays off while holding, or khugepaged would make the last partial chunk a huge page and the
// target would be charged for all of it.
void use_small_pages(bool small) {
  if (small == small_pages) return;
  call(SYS_prctl, PR_SET_THP_DISABLE, small ? 1 : 0, 0, 0, 0);
  small_pages = small;
}

void give_back(std::int64_t from, std::int64_t to) {
  if (from >= to) return;
  long done = call(SYS_madvise, base + from, to - from,
                   control->locked != 0 ? MADV_DONTNEED_LOCKED : MADV_DONTNEED);
  if (done == -kEinval && control->locked != 0) {  // before 5.18
    call(SYS_munlock, base + from, to - from);
    done = call(SYS_madvise, base + from, to - from, MADV_DONTNEED);
    call(SYS_mlock2, base + from, to - from, MLOCK_ONFAULT);
  }
  if (done < 0) give_up(Stage::kFill, done);
}

// Touches [from, to) and makes it unique. False: the kernel gave no memory, and nothing of the
// range is held.
bool touch(std::int64_t from, std::int64_t to) {
  const long done = call(SYS_madvise, base + from, to - from, MADV_POPULATE_WRITE);
  if (done < 0 && done != -kEinval) {  // EINVAL: before 5.14; then the writes below touch the pages
    give_back(from, to);
    return false;
  }
  if (control->first_touch_ns.load(std::memory_order_relaxed) == 0) {
    control->first_touch_ns.store(now_ns(), std::memory_order_relaxed);
  }
  make_unique(from, to, control->locked == 0, 0);
  return true;
}

bool interrupted() {
  return control->wake.load(std::memory_order_relaxed) !=
         fill_order.load(std::memory_order_relaxed);
}

void note_refused(std::int64_t at) {
  control->refused.fetch_add(1, std::memory_order_relaxed);
  std::int64_t seen = first_refused.load();
  while (at < seen && !first_refused.compare_exchange_weak(seen, at)) {
  }
}

enum class Fills : std::uint8_t { kHelper, kWithHelpers, kAlone };

// The next batch for the caller, [from, to); false: there is none. Whole ones below the ceiling
// while there are helpers: all that are in work at a time have to fit below it.
bool take_batch(Fills who, std::int64_t batch, std::int64_t& from, std::int64_t& to) {
  const std::int64_t end = fill_end.load(std::memory_order_relaxed);
  from = next_batch.load();
  do {
    if (who == Fills::kAlone) {
      if (from >= end) return false;
    } else if (from + kBatch > end || from + kBatch * control->fill_threads >
                                          control->far_ceiling.load(std::memory_order_relaxed)) {
      return false;
    }
  } while (!next_batch.compare_exchange_weak(from, from + batch));
  to = from + batch < end ? from + batch : end;
  return true;
}

void fill_batches(Fills who) {
  const bool measures = who != Fills::kHelper;
  while (!interrupted() && first_refused.load(std::memory_order_relaxed) == INT64_MAX) {
    std::int64_t batch = kBatch;
    if (measures && control->pages == static_cast<std::uint32_t>(stress::Pages::kChoose)) {
      use_small_pages(!chooser.huge());
      if (chooser.probing()) batch = kChunk;  // the loser of two sizes is dear: as little as tells
    }
    std::int64_t from = 0;
    std::int64_t to = 0;
    if (!take_batch(who, batch, from, to)) return;
    // CPU time: a wait for a CPU that others use says nothing of a page size.
    const std::int64_t start = thread_cpu_ns();
    if (!touch(from, to)) {
      note_refused(from);
      return;
    }
    if (measures) chooser.measured(to - from, thread_cpu_ns() - start);
    control->held_bytes.fetch_add(to - from, std::memory_order_relaxed);
    if (!small_pages) control->huge_bytes.fetch_add(to - from, std::memory_order_relaxed);
  }
}

[[noreturn]] void thread_main() {
  fill_batches(Fills::kHelper);
  exit_thread(0);
}

int start_threads(std::int64_t held, std::int64_t end) {
  int wanted = static_cast<int>(control->fill_threads) - 1;
  const std::int64_t far = control->far_ceiling.load(std::memory_order_relaxed);
  if ((end < far ? end : far) - held < kParallelFrom) wanted = 0;
  if (wanted > kMostThreads) wanted = kMostThreads;
  for (int i = 0; i < wanted; ++i) {
    thread_ids[i].store(1);
    clone_args args{};
    args.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    args.parent_tid = reinterpret_cast<std::uint64_t>(&thread_ids[i]);
    args.child_tid = args.parent_tid;
    args.stack = reinterpret_cast<std::uint64_t>(stacks[i]);
    args.stack_size = kStack;
    if (clone_onto_stack(args, thread_main) < 0) return i;  // fewer threads are slower, not wrong
  }
  return wanted;
}

void join_threads(int count) {
  for (int i = 0; i < count; ++i) {
    while (const std::uint32_t id = thread_ids[i].load()) {
      futex_wait(thread_ids[i], id, now_ns() + kSecond);
    }
  }
}

// Whole chunks, in parallel. Everything below what is held afterwards is touched, nothing above it.
bool fill_chunks(std::int64_t held, std::int64_t end) {
  next_batch.store(held);
  fill_end.store(end);
  first_refused.store(INT64_MAX);
  use_small_pages(control->pages == static_cast<std::uint32_t>(stress::Pages::kSmall));
  if (const int threads = start_threads(held, end); threads > 0) {
    fill_batches(Fills::kWithHelpers);
    join_threads(threads);
  }
  fill_batches(Fills::kAlone);
  std::int64_t touched = next_batch.load();
  if (touched > end) touched = end;
  const std::int64_t refused = first_refused.load();
  if (refused < touched) {
    give_back(refused, touched);
    touched = refused;
  }
  control->held_bytes.store(touched);
  small_from = touched;
  return refused == INT64_MAX;
}

bool fill_small(std::int64_t held, std::int64_t end) {
  use_small_pages(true);
  while (held < end && !interrupted()) {
    const std::int64_t to = held + kBatch < end ? held + kBatch : end;
    if (!touch(held, to)) {
      note_refused(held);
      return false;
    }
    held = to;
    control->held_bytes.store(held);
  }
  return true;
}

// False: the kernel gave no memory.
bool grow(std::int64_t to) {
  const std::int64_t held = control->held_bytes.load();
  const std::int64_t chunk = (held + kChunk - 1) / kChunk * kChunk;
  bool given = true;
  if (held < chunk) given = fill_small(held, chunk < to ? chunk : to);
  if (given && !interrupted() && chunk + kChunk <= to)
    given = fill_chunks(chunk, to / kChunk * kChunk);
  if (given && !interrupted()) given = fill_small(control->held_bytes.load(), to);
  use_small_pages(true);
  return given;
}

void shrink(std::int64_t to) {
  const std::int64_t held = control->held_bytes.load();
  if (to >= small_from) {
    give_back(to, held);
    control->held_bytes.store(to);
    return;
  }
  // A huge page that is given back in part stays charged as a whole: give back its chunk, and touch
  // its first part anew.
  const std::int64_t chunk = to / kChunk * kChunk;
  give_back(chunk, held);
  control->held_bytes.store(chunk);
  small_from = chunk;
  if (control->huge_bytes.load() > chunk) control->huge_bytes.store(chunk);
  (void)fill_small(chunk, to);
}

void give_everything_back() {
  if (control->state.load() == static_cast<std::uint32_t>(State::kReleased)) return;
  call(SYS_munmap, base, control->reserve_bytes);
  control->held_bytes.store(0);
  tell(State::kReleased);
}

// Rewrites what is due for the time since the last call.
void rewrite(std::int64_t& last, std::int64_t now, std::int64_t rate) {
  const std::int64_t held = control->held_bytes.load();
  std::int64_t due = (now - last) / 1000 * (rate / 1000) / 1000 / kPage * kPage;
  if (due <= 0 || held <= 0) return;
  last = now;
  if (due > held) due = held;
  while (due > 0) {
    if (rewrite_at >= held) rewrite_at = 0;
    const std::int64_t to = rewrite_at + due < held ? rewrite_at + due : held;
    make_unique(rewrite_at, to, true, static_cast<std::uint64_t>(now));
    due -= to - rewrite_at;
    rewrite_at = to;
  }
}

// Brings what is held to the target, once. True: all that was asked for is held.
void act(bool as_toucher, std::uint32_t seen) {
  const std::int64_t held = control->held_bytes.load();
  const std::int64_t target = control->target_bytes.load(std::memory_order_relaxed);
  std::int64_t to = target;
  if (as_toucher && target > held) {
    const std::int64_t ceiling = control->far_ceiling.load(std::memory_order_relaxed);
    if (to > ceiling) to = ceiling > held ? ceiling : held;
  }
  fill_order.store(seen, std::memory_order_relaxed);
  bool given = true;
  if (held < to) {
    tell(State::kWorking);
    given = grow(to);
    if (!as_toucher) {
      const std::int64_t grown = control->held_bytes.load() - held;
      if (grown > 0) control->alone_bytes.fetch_add(grown, std::memory_order_relaxed);
    }
  } else if (held > to) {
    shrink(to);
    const std::int64_t alone = control->alone_bytes.load();
    if (alone > to) control->alone_bytes.store(to);
  }
  const std::int64_t now_held = control->held_bytes.load();
  const State state = !given               ? State::kBlocked
                      : now_held == target ? State::kHolding
                                           : State::kWorking;
  if (static_cast<std::uint32_t>(state) != control->state.load()) tell(state);
}

// One round of whoever acts: fill or free, rewrite what is due, wait.
void serve(bool as_toucher, std::uint32_t seen, std::int64_t now, std::int64_t& rewritten) {
  act(as_toucher, seen);
  const std::int64_t rate = control->rewrite_bytes.load(std::memory_order_relaxed);
  if (rate > 0) rewrite(rewritten, now, rate);
  const bool blocked = control->state.load() == static_cast<std::uint32_t>(State::kBlocked);
  std::int64_t until = next_end();
  if ((rate > 0 || blocked) && now + kTick < until) until = now + kTick;
  futex_wait(control->wake, seen, until);
}

[[noreturn]] void serve_as_toucher();

// CLONE_PARENT: the warden reaps it. As a child of the worker, and in a container whose init does
// not reap, it would stay there as a zombie when the worker is killed.
void start_toucher() {
  toucher_alive.store(1);
  toucher_ordered.store(0);
  clone_args args{};
  args.flags = CLONE_VM | CLONE_INTO_CGROUP | CLONE_PARENT | CLONE_CHILD_CLEARTID;
  args.child_tid = reinterpret_cast<std::uint64_t>(&toucher_alive);
  args.stack = reinterpret_cast<std::uint64_t>(toucher_stack);
  args.stack_size = kStack;
  args.cgroup = stress::kOutsideFd;
  const long pid = clone_onto_stack(args, serve_as_toucher);
  if (pid < 0) {
    control->error.store(static_cast<std::int32_t>(-pid));
    control->apart.store(0);  // the worker goes on alone; the supervisor sees it and says so
    toucher_alive.store(0);
    return;
  }
  toucher_started = true;
  control->toucher.store(pid);
}

// One that ended without an order leaves a batch in an unknown state: better nothing held than a
// wrong figure told.
bool toucher_gone() {
  if (!toucher_started) return true;
  if (toucher_alive.load() != 0) return false;
  if (toucher_ordered.load() == 0) give_up(Stage::kToucher, 0);
  toucher_started = false;
  control->toucher.store(0);
  return true;
}

[[noreturn]] void end_toucher() {
  toucher_ordered.store(1);
  exit_process(0);
}

void serve_as_toucher() {
  call(SYS_prctl, PR_SET_NAME, "duress-fill", 0, 0, 0);
  call(SYS_prctl, PR_SET_PDEATHSIG, 9, 0, 0, 0);
  std::int64_t rewritten = now_ns();
  for (;;) {
    const std::uint32_t seen = control->wake.load(std::memory_order_acquire);
    const std::int64_t now = now_ns();
    // 0: the kernel cleared it as the worker died. Whoever holds the memory last has to give it
    // back.
    if (seen == 0 || warden_gone()) exit_process(1);
    if (must_end(now)) {
      give_everything_back();
      end_toucher();
    }
    if (control->apart.load() == 0) end_toucher();
    serve(true, seen, now, rewritten);
  }
}

}  // namespace

void prepare_memory() {
  // Whoever started Duress with huge pages off wants them off.
  if (call(SYS_prctl, PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1) {
    control->pages = static_cast<std::uint32_t>(stress::Pages::kSmall);
    small_pages = true;
  }
  if (control->memory_nodes != 0) {
    const unsigned long mask = control->memory_nodes;
    const long set = call(SYS_set_mempolicy, MPOL_BIND, &mask, 64);
    if (set < 0) give_up(Stage::kPolicy, set);
  }
  const long mapped =
      call(SYS_mmap, kAddress, control->reserve_bytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (mapped < 0 && mapped > -4096) give_up(Stage::kMap, mapped);
  base = reinterpret_cast<char*>(mapped);
  // Refused where the kernel lacks the feature, and then there is nothing to switch off or on.
  call(SYS_madvise, base, control->reserve_bytes, MADV_UNMERGEABLE);
  call(SYS_madvise, base, control->reserve_bytes, MADV_HUGEPAGE);
  if (control->locked != 0) {
    const long locked = call(SYS_mlock2, base, control->reserve_bytes, MLOCK_ONFAULT);
    if (locked < 0) give_up(Stage::kLock, locked);
  }
  use_small_pages(true);
}

void run_memory() {
  call(SYS_set_tid_address, &control->wake);  // a toucher is woken when this process dies
  std::int64_t rewritten = now_ns();
  std::int64_t ending = 0;
  for (;;) {
    const std::uint32_t seen = control->wake.load(std::memory_order_acquire);
    const std::int64_t now = now_ns();
    const bool gone = toucher_gone();
    if (must_end(now)) {
      if (gone) {
        give_everything_back();
        exit_process(0);
      }
      if (ending == 0) ending = now + kSecond;
      if (now > ending) exit_process(1);  // takes the toucher along: the warden sees to it
      futex_wait(toucher_alive, 1, now + kSecond / 10);
    } else if (control->apart.load() != 0) {
      if (gone) start_toucher();
      futex_wait(control->wake, seen, next_end());
    } else if (!gone) {
      futex_wait(toucher_alive, 1, now + kSecond / 10);
    } else {
      serve(false, seen, now, rewritten);
    }
  }
}

}  // namespace duress::worker
