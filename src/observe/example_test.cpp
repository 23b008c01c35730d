#include "observe/example_test.h"

#include <gtest/gtest.h>

namespace duress::observe {

// The i-th look of a target under a load that grows.
Look example_look(std::int64_t i) {
  using std::chrono::microseconds;
  Look look;
  look.at = microseconds(100'000 * i + i * 37 % 211);
  look.memory = {.usage = Bytes{104'857'600 + 4096 * (i * 97)},
                 .anon = Bytes{94'371'840 + 4096 * (i * 96)},
                 .active_file = kib(1200),
                 .inactive_file = Bytes{4096 * (500 + i % 3)},
                 .shmem = Bytes{8192},
                 .kernel = Bytes{2'000'000 + 512 * (i % 50)},
                 .swap = i % 5 == 0 ? std::nullopt : std::optional(Bytes{0}),
                 .refaults = i / 10,
                 .major_faults = i / 20};
  if (i % 50 != 7) look.limit = mib(500);
  look.workers = Bytes{4096 * (i * 90)};
  look.cpu = microseconds(53'211 * i);
  look.periods = i;
  look.throttled_periods = i / 3;
  look.throttled = microseconds(1234 * (i / 3));
  if (i % 40 != 3) look.memory_pressure = {microseconds(i * 11), microseconds(i * 3)};
  look.cpu_pressure = {microseconds(i * 1111), microseconds(i * 333)};
  look.oom_kills = i / 100;
  look.limit_hits = i / 60;
  look.processes = 3 + static_cast<int>(i % 2);
  look.node_available = kib(4'000'000 - i * 401);
  look.asked = mib(300);
  look.held = Bytes{4096 * (i * 95)};
  return look;
}

Recording example_recording(std::int64_t looks) {
  Recording out;
  out.header = {.version = 1,
                .began = WallTime(std::chrono::seconds(1'700'000'000)),
                .duress_version = "1.2.3",
                .command = {"duress", "run", "--memory", "300MiB", "\xff\"x"},
                .target = "abc",
                .container_id = "abcdef",
                .cgroup = "/kubepods/pod1/abc",
                .cgroup_version = 2,
                .kernel = "6.18.0",
                .node_total = gib(8),
                .node_cpus = 4,
                .qos_class = "Burstable",
                .levels = {{.path = "/kubepods/pod1/abc",
                            .limit = mib(500),
                            .high = mib(400),
                            .usage = mib(100),
                            .oom_group = true,
                            .oom_kill_disabled = true},
                           {.path = "/kubepods/pod1",
                            .limit = std::nullopt,
                            .high = std::nullopt,
                            .usage = mib(101)}},
                .kernel_log = true};
  out.plan = LoadPlan{.memory = mib(300),
                      .reach = true,
                      .when_oom = "avoid",
                      .cpu = Cores{1.5},
                      .workers = 4,
                      .notes = {"a", "b"}};
  out.foretold = Foretold{
      .answer = "oomApplication", .victim = "server", .group = true, .sentence = "It would die."};
  for (std::int64_t i = 0; i < looks; ++i) out.looks.push_back(example_look(i));
  out.events = {{.at = std::chrono::milliseconds(5),
                 .kind = EventKind::kOomGroupKill,
                 .subject = "ser ver\n",
                 .text = "The whole cgroup was killed.",
                 .pid = 4711,
                 .ours = true,
                 .bytes = mib(499),
                 .code = 137,
                 .cgroup = "/kubepods/pod1",
                 .resident = mib(77),
                 .oom_score_adj = -997,
                 .members = {{.pid = 1, .name = "a"}, {.pid = 2, .name = "b", .ours = true}}},
                {.at = std::chrono::milliseconds(7), .kind = EventKind::kNoted, .text = "x"}};
  out.end = LoadEnd{.reason = "deadline",
                    .message = "the time asked for is over",
                    .usage_before = mib(100),
                    .usage_after = mib(101),
                    .kills = 3,
                    .left_behind = {"y"}};
  return out;
}

namespace {

void expect_same(const cgroup::MemoryUse& a, const cgroup::MemoryUse& b) {
  EXPECT_EQ(a.usage, b.usage);
  EXPECT_EQ(a.anon, b.anon);
  EXPECT_EQ(a.active_file, b.active_file);
  EXPECT_EQ(a.inactive_file, b.inactive_file);
  EXPECT_EQ(a.shmem, b.shmem);
  EXPECT_EQ(a.kernel, b.kernel);
  EXPECT_EQ(a.swap, b.swap);
  EXPECT_EQ(a.refaults, b.refaults);
  EXPECT_EQ(a.major_faults, b.major_faults);
}

void expect_same(const std::optional<cgroup::Pressure>& a,
                 const std::optional<cgroup::Pressure>& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) return;
  EXPECT_EQ(a->some, b->some);
  EXPECT_EQ(a->full, b->full);
}

void expect_same(const Look& a, const Look& b) {
  EXPECT_EQ(a.at, b.at);
  expect_same(a.memory, b.memory);
  EXPECT_EQ(a.limit, b.limit);
  EXPECT_EQ(a.workers, b.workers);
  EXPECT_EQ(a.cpu, b.cpu);
  EXPECT_EQ(a.periods, b.periods);
  EXPECT_EQ(a.throttled_periods, b.throttled_periods);
  EXPECT_EQ(a.throttled, b.throttled);
  expect_same(a.memory_pressure, b.memory_pressure);
  expect_same(a.cpu_pressure, b.cpu_pressure);
  EXPECT_EQ(a.oom_kills, b.oom_kills);
  EXPECT_EQ(a.limit_hits, b.limit_hits);
  EXPECT_EQ(a.processes, b.processes);
  EXPECT_EQ(a.node_available, b.node_available);
  EXPECT_EQ(a.asked, b.asked);
  EXPECT_EQ(a.held, b.held);
}

void expect_same(const Event& a, const Event& b) {
  EXPECT_EQ(a.at, b.at);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.subject, b.subject);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.pid, b.pid);
  EXPECT_EQ(a.ours, b.ours);
  EXPECT_EQ(a.bytes, b.bytes);
  EXPECT_EQ(a.code, b.code);
  EXPECT_EQ(a.cgroup, b.cgroup);
  EXPECT_EQ(a.resident, b.resident);
  EXPECT_EQ(a.oom_score_adj, b.oom_score_adj);
  ASSERT_EQ(a.members.size(), b.members.size());
  for (std::size_t i = 0; i < a.members.size(); ++i) {
    EXPECT_EQ(a.members[i].pid, b.members[i].pid);
    EXPECT_EQ(a.members[i].name, b.members[i].name);
    EXPECT_EQ(a.members[i].ours, b.members[i].ours);
  }
}

void expect_same(const Header& a, const Header& b) {
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.began, b.began);
  EXPECT_EQ(a.duress_version, b.duress_version);
  EXPECT_EQ(a.command, b.command);
  EXPECT_EQ(a.target, b.target);
  EXPECT_EQ(a.container_id, b.container_id);
  EXPECT_EQ(a.cgroup, b.cgroup);
  EXPECT_EQ(a.cgroup_version, b.cgroup_version);
  EXPECT_EQ(a.kernel, b.kernel);
  EXPECT_EQ(a.node_total, b.node_total);
  EXPECT_EQ(a.node_cpus, b.node_cpus);
  EXPECT_EQ(a.qos_class, b.qos_class);
  EXPECT_EQ(a.kernel_log, b.kernel_log);
  ASSERT_EQ(a.levels.size(), b.levels.size());
  for (std::size_t i = 0; i < a.levels.size(); ++i) {
    EXPECT_EQ(a.levels[i].path, b.levels[i].path);
    EXPECT_EQ(a.levels[i].limit, b.levels[i].limit);
    EXPECT_EQ(a.levels[i].high, b.levels[i].high);
    EXPECT_EQ(a.levels[i].usage, b.levels[i].usage);
    EXPECT_EQ(a.levels[i].oom_group, b.levels[i].oom_group);
    EXPECT_EQ(a.levels[i].oom_kill_disabled, b.levels[i].oom_kill_disabled);
  }
}

}  // namespace

void expect_same(const Recording& a, const Recording& b) {
  expect_same(a.header, b.header);
  ASSERT_EQ(a.plan.has_value(), b.plan.has_value());
  if (a.plan) {
    EXPECT_EQ(a.plan->memory, b.plan->memory);
    EXPECT_EQ(a.plan->reach, b.plan->reach);
    EXPECT_EQ(a.plan->when_oom, b.plan->when_oom);
    EXPECT_EQ(a.plan->cpu, b.plan->cpu);
    EXPECT_EQ(a.plan->workers, b.plan->workers);
    EXPECT_EQ(a.plan->notes, b.plan->notes);
  }
  ASSERT_EQ(a.foretold.has_value(), b.foretold.has_value());
  if (a.foretold) {
    EXPECT_EQ(a.foretold->answer, b.foretold->answer);
    EXPECT_EQ(a.foretold->victim, b.foretold->victim);
    EXPECT_EQ(a.foretold->group, b.foretold->group);
    EXPECT_EQ(a.foretold->sentence, b.foretold->sentence);
  }
  ASSERT_EQ(a.end.has_value(), b.end.has_value());
  if (a.end) {
    EXPECT_EQ(a.end->reason, b.end->reason);
    EXPECT_EQ(a.end->message, b.end->message);
    EXPECT_EQ(a.end->usage_before, b.end->usage_before);
    EXPECT_EQ(a.end->usage_after, b.end->usage_after);
    EXPECT_EQ(a.end->kills, b.end->kills);
    EXPECT_EQ(a.end->left_behind, b.end->left_behind);
  }
  ASSERT_EQ(a.looks.size(), b.looks.size());
  for (std::size_t i = 0; i < a.looks.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(a.looks[i], b.looks[i]);
  }
  ASSERT_EQ(a.events.size(), b.events.size());
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(a.events[i], b.events[i]);
  }
}

}  // namespace duress::observe
