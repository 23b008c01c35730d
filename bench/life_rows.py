"""What is left when duress is killed: of itself, of its warden, of both, at random moments."""
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import time

from harness import (DURESS, MIB, V2, Cgroup, Options, Process, Row, application, column, duress_command, milliseconds,
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
        huge, held = group.huge(), group.usage() - base
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
    return {"who": who, "pages": pages, "held": held, "huge": huge, "gone": gone, "restored": group.changed_files() == before}


def all_of(turns: int, pages: str) -> list[dict]:
    need_duress()
    chance = random.Random(7)
    found = []
    with Cgroup("kill") as group, application(group):
        group.limit(2048 * MIB)
        for turn in range(turns):
            found.append(one(chance, group, pages, ("duress", "warden", "both")[turn % 3]))
    return found


def mostly_huge(run: dict) -> bool:
    """Duress takes 4 KiB pages where they are faster to fill just then, and those are slower to give back."""
    return run["huge"] >= 0.9 * run["held"]


def slowest(runs: list[dict]) -> float:
    return max((run["gone"] or 0 for run in runs), default=0.0)


def rows_kill(options: Options) -> list[Row]:
    rows, turns = [], options.pick(6, 100)
    for pages in ("huge", "4k"):
        row = Row(f"kill-{pages}", f"kill −9 of duress, its warden, both, {turns} times, ≤ 1 GiB, {pages} pages",
                  "nothing left, no file left changed, " + ("≤ 20 ms; where Duress took 4k, " if pages == "huge" else "") +
                  "≤ 150 ms")
        found, why = column(lambda pages=pages: all_of(turns, pages))
        row.duress = why
        if found:
            left = sum(run["gone"] is None for run in found)
            changed = sum(not run["restored"] for run in found)
            huge = [run for run in found if mostly_huge(run)]
            small = [run for run in found if not mostly_huge(run)]
            row.duress = f"{left} left something, {changed} files left changed; " + ", ".join(
                f"{len(runs)} with {kind}: slowest {milliseconds(slowest(runs))}"
                for kind, runs in (("huge pages", huge), ("4k pages", small)) if runs)
            row.raw = {"runs": found}
            in_time = V2 or (slowest(huge) <= 0.020 and slowest(small) <= 0.150)  # emulated: stated alone
            row.verdict = verdict(left == 0 and changed == 0 and in_time)
        rows.append(row)
    return rows
