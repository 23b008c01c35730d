"""Who dies when memory runs out: each policy beside an application that is quiet, grows, or is large."""
import collections
import contextlib
import json
import pathlib
import time

from harness import (MIB, V2, Cgroup, Options, Process, Row, application, column, duress_command, need_stress_ng,
                     program, stress_ng_memory, verdict)

LIMIT, ASKED, ADJ = 500 * MIB, 3000 * MIB, 988
BURSTS = 20
APPLICATIONS = {
    "quiet 100 MiB": {"bytes": 100 * MIB},
    "bursts on 100 MiB": {"bytes": 100 * MIB, "bursts": BURSTS, "low": 10 * MIB, "high": 50 * MIB, "rate": 1e9},
    "quiet 300 MiB": {"bytes": 300 * MIB},
}


def stressors(stack: contextlib.ExitStack, tool: str, group: Cgroup, workers: int, policy: str) -> list[Process]:
    if tool == "duress":
        commands = [duress_command(group, "--memory", f"{ASKED // MIB}MiB", "--workers", workers, "--when-oom", policy,
                                   "--for", "20s")]
        return [stack.enter_context(Process(command)) for command in commands]
    if tool == "stress_ng":
        need_stress_ng()
        return [stack.enter_context(Process(stress_ng_memory(ASKED, workers), group))]
    # An ordinary process: what `natural` promises to be like.
    ordinary = program("application", bytes=ASKED // workers)
    return [stack.enter_context(Process(ordinary, group, ADJ)) for _ in range(workers)]


def one(tool: str, kind: str, workers: int, policy: str, oom_group: int) -> str:
    """alive, dead or refused; `alive, kill` where something of the target was OOM-killed though the application lives."""
    with contextlib.ExitStack() as stack:
        group = stack.enter_context(Cgroup("oom"))
        group.limit(LIMIT)
        if V2:
            group.write("memory", "memory.oom.group", oom_group)
        own = stack.enter_context(application(group, ADJ, **APPLICATIONS[kind]))
        kills = group.oom_kills()
        running = stressors(stack, tool, group, workers, policy)
        time.sleep(1.5)
        if tool == "duress" and running[0].popen.poll() in (2, 3) and own.alive():
            return "refused"
        own.say("go")
        time.sleep(BURSTS * 0.08 + 0.5 if "bursts" in APPLICATIONS[kind] else 1)
        killed = group.oom_kills() > kills
        if not own.alive():
            return "dead"
        return "alive, kill" if killed else "alive"


EXPECTED = {
    "avoid": {"alive"},
    "stressorFirst": {"alive", "alive, kill", "refused"},
    "appFirst": {"dead", "refused"},
}


def rows_policy(options: Options) -> list[Row]:
    rows, turns = [], options.pick(1, 10)
    for oom_group in (0, 1) if V2 else (0,):
        for kind in APPLICATIONS:
            for workers in (1, 4):
                def count(tool, policy="natural", kind=kind, workers=workers, oom_group=oom_group):
                    def all_turns():
                        seen = collections.Counter(one(tool, kind, workers, policy, oom_group) for _ in range(turns))
                        return dict(seen)
                    return column(all_turns)

                theirs, their_why = count("stress_ng")
                ordinary, _ = count("ordinary")
                for policy in ("avoid", "stressorFirst", "appFirst", "natural"):
                    rows.append(policy_row(policy, kind, workers, oom_group, count("duress", policy),
                                           (theirs, their_why), ordinary, turns))
    return rows


def policy_row(policy, kind, workers, oom_group, ours, theirs, ordinary, turns) -> Row:
    suffix = f", oom.group {oom_group}" if V2 else ""
    row = Row(f"oom-{policy}-{kind}-{workers}-{oom_group}".replace(" ", "-"),
              f"3000 MiB into 500 MiB, application {kind}, {workers} workers{suffix}: {policy}",
              "as an ordinary process" if policy == "natural" else f"what the policy says, {turns} of {turns}")
    row.stress_ng = tell(theirs[0]) if theirs[0] else theirs[1]
    row.limit = f"ordinary process: {tell(ordinary)}" if ordinary else "–"
    row.duress = tell(ours[0]) if ours[0] else ours[1]
    row.raw = {"duress": ours[0], "stress_ng": theirs[0], "ordinary": ordinary}
    if ours[0] and policy == "natural":
        def died(seen):
            return seen.get("dead", 0) / sum(seen.values())
        row.verdict = verdict(bool(ordinary) and abs(died(ours[0]) - died(ordinary)) <= 0.3)
    elif ours[0]:
        row.verdict = verdict(set(ours[0]) <= EXPECTED[policy])
    return row


def tell(seen: dict) -> str:
    return ", ".join(f"{count} × {what}" for what, count in sorted(seen.items()))


def avoid(bursts: int, spinners: int) -> dict:
    with contextlib.ExitStack() as stack:
        group = stack.enter_context(Cgroup("avoid"))
        rivals = stack.enter_context(Cgroup("rivals"))
        group.limit(LIMIT)
        own = stack.enter_context(application(group, ADJ, bytes=100 * MIB, bursts=bursts, low=10 * MIB,
                                              high=50 * MIB, rate=1e9))
        for _ in range(spinners):
            stack.enter_context(Process(program("limits", ["spin"], **{"for": 3600}), rivals))
        seconds = bursts * 0.4 + 60
        process = stack.enter_context(Process(duress_command(
            group, "--memory", f"{ASKED // MIB}MiB", "--workers", 4, "--when-oom", "avoid", "--for", f"{seconds:.0f}s")))
        time.sleep(2)
        held = group.usage()
        own.say("go")
        done = own.wait_for('"bursts"', seconds)
        if not process.alive() and own.alive():
            raise RuntimeError(f"duress ended: {process.complaint() or process.said('end').get('reason')}")
        last = json.loads(own.lines[-1]) if done else {}
        return {"kills": group.oom_kills(), "alive": own.alive(), "held": held, **last}


def cpu_of(pids: list[int]) -> float:
    """Seconds on a CPU, to the nanosecond."""
    return sum(int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def avoid_cost(seconds: float) -> float:
    """What watching costs while nothing moves: duress and its children outside of the target."""
    with Cgroup("avoid") as group:
        group.limit(LIMIT)
        with application(group, ADJ, bytes=100 * MIB), Process(duress_command(
                group, "--memory", f"{ASKED // MIB}MiB", "--workers", 4, "--when-oom", "avoid", "--for", "300s")) as own:
            time.sleep(5)
            children = pathlib.Path(f"/proc/{own.pid}/task/{own.pid}/children").read_text().split()
            pids = [own.pid, *(pid for pid in map(int, children) if pid not in group.processes())]
            before = cpu_of(pids)
            time.sleep(seconds)
            return (cpu_of(pids) - before) / seconds


def row_cost(options: Options) -> Row:
    row = Row("avoid-cost", "avoid: CPU of Duress beside a quiet application, 380 of 3000 MiB held", "≤ 3 % of a core")
    share, why = column(lambda: avoid_cost(options.pick(5, 20)))
    row.duress = why if share is None else f"{100 * share:.2f} % of a core"
    if share is not None:
        row.raw, row.verdict = {"share": share}, "stated" if V2 else verdict(share <= 0.03)
    return row


def rows_avoid(options: Options) -> list[Row]:
    rows, bursts = [row_cost(options)], options.pick(30, 100 if V2 else 1000)
    for spinners in (0, 4):
        beside = ", beside four spinning processes" if spinners else ""
        row = Row(f"avoid-{spinners}", f"avoid: {bursts} bursts of 10–50 MiB at 1 GB/s{beside}",
                  "measured and stated" if V2 else "no OOM kill")
        found, why = column(lambda spinners=spinners: avoid(bursts, spinners))
        row.duress = why
        if found:
            row.raw = found
            row.duress = (f"{found['kills']} kills in {found.get('bursts', 0)} bursts, usage before "
                          f"{found['held'] / MIB:.0f} MiB, longest 256 KiB {1000 * found.get('longestSeconds', 0):.0f} ms")
            row.verdict = "stated" if V2 else verdict(found["kills"] == 0 and found.get("bursts") == bursts)
        rows.append(row)
    return rows
