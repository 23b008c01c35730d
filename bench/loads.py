#!/usr/bin/env python3
"""What many runs on one machine cost, each with a recorder of its own: memory and idle CPU of their processes, by kind.
What an agent's loads cost, which share one recorder, tells bench/cluster.py.

  bench/loads.py                          50 loads of 1 MiB, recorded, 30 s
  bench/loads.py --no-record              the same without recordings
  DURESS=/path/to/duress bench/loads.py   another build, to compare with

Processes inside of the targets' cgroups (the workers, charged to the target) are told apart from those outside.
"""
import argparse
import collections
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from harness import DURESS, MIB, Cgroup

FIELDS = ("Pss", "Rss", "Private_Dirty")
TICK = os.sysconf("SC_CLK_TCK")


def start(group: Cgroup, directory: pathlib.Path, number: int, record: bool) -> subprocess.Popen:
    words = [str(DURESS), "run", "--cgroup", f"/{group.name}", "--memory", "1MiB", "-o", "jsonl"]
    words += ["--record", str(directory / f"{number}.duress")] if record else ["--no-record"]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            start_new_session=True)


def below(roots: set[int]) -> set[int]:
    """The processes that these have started, and themselves."""
    children = collections.defaultdict(list)
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children[int(stat.read_text().rsplit(")", 1)[1].split()[1])].append(int(stat.parent.name))
    found, left = set(), list(roots)
    while left:
        pid = left.pop()
        found.add(pid)
        left += children[pid]
    return found


def cpu(pid: int) -> float:
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICK


def runs(pid: int) -> tuple[float, int]:
    """Seconds on a CPU as the scheduler counts them, to the nanosecond, and how often it went on."""
    with contextlib.suppress(OSError):
        words = pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()
        return int(words[0]) / 1e9, int(words[2])
    return cpu(pid), 0


def kind(pid: int, inside: set[int]) -> str:
    name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    name = "duress (supervisor)" if name == DURESS.name[:15] else name
    return f"{name} (in the target)" if pid in inside else name


def memory(pid: int) -> dict[str, int]:
    lines = (line.split() for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return {line[0][:-1]: int(line[1]) for line in lines if line[0][:-1] in FIELDS}


def measure(groups: list[Cgroup], loads: list[subprocess.Popen], seconds: int) -> dict:
    pids = below({load.pid for load in loads})
    inside = {pid for group in groups for pid in group.processes()}
    kinds = {pid: kind(pid, inside) for pid in pids | inside if pathlib.Path(f"/proc/{pid}").exists()}
    kinds = {pid: name for pid, name in kinds.items() if name != "sleep (in the target)"}
    before = {pid: runs(pid) for pid in kinds}
    began = time.monotonic()
    time.sleep(seconds)
    after = {pid: runs(pid) for pid in kinds}
    took = time.monotonic() - began
    out = {}
    for pid, name in kinds.items():
        row = out.setdefault(name, collections.Counter())
        row.update({"processes": 1, **memory(pid)})
        row["cpu"] += (after[pid][0] - before[pid][0]) / took * 100
        row["wakes"] += (after[pid][1] - before[pid][1]) / took
    return out


def show(out: dict, count: int) -> None:
    print(f"{'kind':34} {'each load':>9} {'PSS':>8} {'dirty':>8} {'CPU':>8} {'wakes/s':>8}")
    total = collections.Counter()
    for name, row in sorted(out.items()):
        print(f"{name:34} {row['processes'] / count:9.1f} {row['Pss'] / 1024:6.1f}MB {row['Private_Dirty'] / 1024:6.1f}MB "
              f"{row['cpu']:7.2f}% {row['wakes']:8.1f}")
        if "in the target" not in name:
            total.update(row)
    print(f"{'outside of the targets':34} {total['processes'] / count:9.1f} {total['Pss'] / 1024:6.1f}MB "
          f"{total['Private_Dirty'] / 1024:6.1f}MB {total['cpu']:7.2f}% {total['wakes']:8.1f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--no-record", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory(prefix="duress-loads-") as directory:
        groups = [stack.enter_context(Cgroup(f"loads-{i}")) for i in range(options.loads)]
        for group in groups:
            group.limit(64 * MIB)
            application = subprocess.Popen(["sleep", "600"], preexec_fn=group.join)
            stack.callback(application.wait)
            stack.callback(application.kill)
        loads = [start(group, pathlib.Path(directory), i, not options.no_record) for i, group in enumerate(groups)]
        try:
            time.sleep(3 + options.loads * 0.1)  # they have reached their size, and hold it
            for load in loads:
                if load.poll() is not None:
                    print(f"a load ended: {load.stderr.read().strip()}", file=sys.stderr)
                    return 1
            out = measure(groups, loads, options.seconds)
        finally:
            for load in loads:
                load.terminate()
            for load in loads:
                load.wait()
    print(json.dumps(out)) if options.json else show(out, options.loads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
