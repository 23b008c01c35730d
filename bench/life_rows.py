"""What is left when duress is killed: of itself, of its warden, of both, at random moments."""
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import time

from harness import (DURESS, MIB, Cgroup, Options, Process, Row, application, column, duress_command, milliseconds,
                     need_duress, verdict)


def children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def one(chance: random.Random, group: Cgroup, pages: str, who: str) -> dict:
    """One run, killed somewhere between its start and well into holding."""
    base, before, others = group.usage(), group.changed_files(), set(group.processes())
    size = chance.randrange(64, 1024)
    command = duress_command(group, "--memory", f"{size}MiB", "--workers", chance.choice((1, 4)), "--when-oom",
                             chance.choice(("avoid", "stressorFirst", "natural")), "--for", "60s")
    with Process(command, small_pages=pages == "4k") as process:
        time.sleep(chance.uniform(0.003, 0.6))
        wardens = children(process.pid)
        victims = {"duress": [process.pid], "warden": wardens[:1], "both": [process.pid, *wardens[:1]]}[who]
        began = time.monotonic()
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        gone = None
        while time.monotonic() < began + 3:
            if group.usage() <= base + MIB and set(group.processes()) <= others:
                gone = time.monotonic() - began
                break
            time.sleep(0.0005)
        time.sleep(0.1)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.popen.wait(3)
    if who == "both":
        subprocess.run([DURESS, "doctor", "--fix"], capture_output=True, timeout=30, check=False)
    return {"who": who, "pages": pages, "gone": gone, "restored": group.changed_files() == before}


def all_of(turns: int, pages: str) -> list[dict]:
    need_duress()
    chance = random.Random(7)
    found = []
    with Cgroup("kill") as group, application(group):
        group.limit(2048 * MIB)
        for turn in range(turns):
            found.append(one(chance, group, pages, ("duress", "warden", "both")[turn % 3]))
    return found


def rows_kill(options: Options) -> list[Row]:
    rows, turns = [], options.pick(6, 100)
    for pages, allowed in (("huge", 0.020), ("4k", 0.150)):
        row = Row(f"kill-{pages}", f"kill −9 of duress, its warden, both, {turns} times, ≤ 1 GiB, {pages} pages",
                  f"nothing left, no file left changed, ≤ {allowed * 1000:.0f} ms")
        found, why = column(lambda pages=pages: all_of(turns, pages))
        row.duress = why
        if found:
            left = sum(one["gone"] is None for one in found)
            changed = sum(not one["restored"] for one in found)
            slowest = max((one["gone"] or 0 for one in found))
            row.duress = f"{left} left something, {changed} files left changed, slowest {milliseconds(slowest)}"
            row.raw = {"runs": found}
            row.verdict = verdict(left == 0 and changed == 0 and slowest <= allowed)
        rows.append(row)
    return rows
