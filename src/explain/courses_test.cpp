#include "explain/courses_test.h"

namespace duress::explain::testing {

using observe::EventKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

Verdict judged(const Course& course) { return judge(course.recording()); }

std::string all_of(const Verdict& verdict) {
  std::string out = verdict.sentence + "\n" + verdict.foretold + "\n";
  for (const auto* lines : {&verdict.evidence, &verdict.also, &verdict.advice}) {
    for (const std::string& line : *lines) out += line + "\n";
  }
  for (const TimelineEntry& entry : verdict.timeline) out += entry.text + "\n";
  return out;
}

Course fine() {
  Course course;
  course.plan(mib(50))
      .pass(seconds(1))
      .load(mib(50))
      .pass(seconds(10))
      .end("deadline", "the time is over");
  return course;
}

Course sawtooth(int teeth) {
  Course course;
  course.plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(3000));
  for (int i = 0; i < teeth; ++i) {
    course.pass(milliseconds(500), mib(38), mib(460)).worker_killed(100 + i).pass(seconds(1));
  }
  course.end("stressorKilled", "the OOM killer took a worker", teeth);
  return course;
}

Course application_killed(Bytes held, Bytes from) {
  Course course;
  course.own(from).plan(held).pass(seconds(1)).load(held).pass(seconds(2));
  course.pass(seconds(2), mib(500) - held, held).killed("node", 18).own(mib(5));
  course.pass(milliseconds(500)).end("targetEnded", "the target's process has ended");
  return course;
}

Course liveness(int failures) {
  Course course;
  course.plan(mib(460)).pass(seconds(1)).load(mib(460)).pass(seconds(5));
  for (int i = 0; i < failures; ++i) {
    course.pass(seconds(10))
        .event(EventKind::kProbeFailed, "liveness",
               "Get \"http://10.244.1.19:8080/\": context deadline exceeded");
  }
  course.container_ended(1).end("targetEnded", "the target's process has ended");
  course.pass(milliseconds(100)).event(EventKind::kContainerRestarted);
  return course;
}

Course group_killed(bool by_stress) {
  Course course;
  course.plan(by_stress ? mib(3000) : mib(20)).pass(seconds(1));
  if (by_stress) {
    course.event(EventKind::kLoadStarted).asked(mib(3000));
    course.pass(milliseconds(500), mib(38), mib(460));
  } else {
    course.load(mib(20)).pass(seconds(3), mib(480), mib(20));
  }
  course.event(EventKind::kOomGroupKill, "duress-memory", "tasks in /web are going to be killed");
  course.last_event().members = {{18, "node", false}, {99, "duress-memory", true}};
  course.state().oom_kills += 2;
  course.container_ended(137).end("targetEnded", "the target's process has ended", 1);
  return course;
}

Course throttled(std::int64_t before, std::int64_t during) {
  Course course;
  course.plan_cpu(0.5);
  for (int i = 0; i < 20; ++i) {
    course.state().periods += 1;
    course.state().throttled_periods += i < before ? 1 : 0;
    course.pass(milliseconds(100));
  }
  course.event(EventKind::kLoadStarted);
  for (int i = 0; i < 100; ++i) {
    course.state().periods += 1;
    course.state().throttled_periods += i < during ? 1 : 0;
    course.state().throttled += milliseconds(i < during ? 40 : 0);
    course.state().cpu += milliseconds(50);
    course.pass(milliseconds(100));
  }
  course.end("deadline");
  return course;
}

Course supervisor_killed() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(3));
  course.event(EventKind::kSupervisorKilled, "duress").held({}).pass(seconds(1));
  return course;
}

Course guard() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(3));
  course.end("guard", "the machine has 180 MiB of memory left, less than the guard of 200 MiB");
  return course;
}

Course failed() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).end("failed", "the warden was killed");
  return course;
}

Course outsider() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(1));
  course.event(EventKind::kOutsiderKilled, "postgres", "/kubepods/pod1/db");
  course.last_event().cgroup = "/kubepods/pod1";
  course.pass(seconds(2)).end("deadline");
  return course;
}

Course unnamed() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(1));
  course.state().oom_kills = 2;
  course.pass(seconds(5)).end("deadline");
  return course;
}

Course stressor_first() {
  Course course;
  course.plan(mib(3000), "stressorFirst").pass(seconds(1)).event(EventKind::kLoadStarted);
  course.asked(mib(3000)).pass(milliseconds(500), mib(38), mib(440)).held({}).pass(seconds(1));
  course.end("stressorKilled", "ended a worker at 485 MiB of 500 MiB", 1);
  return course;
}

Course thrashing() {
  Course course;
  course.plan(mib(440)).pass(seconds(1)).load(mib(440));
  for (int i = 0; i < 10; ++i) {
    course.state().memory.refaults += 2000;
    course.state().memory.major_faults += 100;
    course.pass(seconds(1));
  }
  course.end("deadline");
  return course;
}

Course node_short() {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50));
  course.state().node_available = mib(150);
  course.pass(seconds(5)).end("deadline");
  return course;
}

Course limit_changed() {
  Course course;
  course.plan(mib(250)).pass(seconds(1)).load(mib(250)).pass(seconds(2));
  course.state().limit = mib(600);
  course.event(EventKind::kLimitChanged);
  course.last_event().bytes = mib(600);
  course.pass(seconds(5)).end("deadline");
  return course;
}

Course exits(int code) {
  Course course;
  course.plan(mib(50)).pass(seconds(1)).load(mib(50)).pass(seconds(3));
  course.container_ended(code).end("targetEnded", "the target's process has ended");
  return course;
}

Course stuck(Bytes size, Bytes got, Bytes own, const std::string& policy) {
  Course course;
  course.plan(size, policy).pass(seconds(1)).event(EventKind::kLoadStarted).asked(size);
  course.pass(milliseconds(500), mib(38), got).pass(seconds(5), own, got).pass(seconds(5));
  course.end("deadline", "the time asked for is over");
  return course;
}

}  // namespace duress::explain::testing
