"""Levels, fill, release and cost of memory stress."""
import contextlib
import glob
import os
import pathlib
import time

from harness import (BATCH, DURESS, GIB, KIB, MIB, ROOT, V2, Cgroup, Options, Process, Row, application,
                     ask, column, duress_command, median_usage, milliseconds, need_stress_ng, populate, program,
                     stress_ng_memory, verdict, watch)


def settled(group: Cgroup, process: Process, base: float, amount: int) -> None:
    """Waits until the level has been reached and has stayed for a moment."""
    end = time.monotonic() + 90
    while group.usage() < base + amount - MIB:
        if not process.alive():
            raise RuntimeError(f"ended before it held anything: {process.complaint()}")
        if time.monotonic() > end:
            raise RuntimeError(f"held {(group.usage() - base) / MIB:.0f} MiB after 90 s")
        time.sleep(0.01)
    time.sleep(0.5)


def level(tool: str, amount: int, workers: int, seconds: float) -> dict:
    """How far usage is from what was asked for, and how much it moves."""
    with Cgroup("level") as group, application(group):
        base, _ = median_usage(group, 1)
        if tool == "duress":
            process = Process(duress_command(group, "--memory", f"{amount // MIB}MiB", "--workers", workers,
                                             "--for", "120s"))
        else:
            need_stress_ng()
            process = Process(stress_ng_memory(amount, workers), group)
        with process:
            settled(group, process, base, amount)
            held, swing = median_usage(group, seconds)
        return {"error": held - base - amount, "swing": swing}


def signed_kib(value: float) -> str:
    return f"{value / MIB:+.1f} MiB" if abs(value) >= 4 * MIB else f"{value / KIB:+.0f} KiB"


def level_row(options: Options, amount: int, workers: int, allowed: int, swing: int | None, seconds: float) -> Row:
    name = f"{amount // GIB} GiB" if amount >= GIB else f"{amount // MIB} MiB"
    row = Row(f"level-{amount // MIB}-{workers}", f"usage error, {name} by {workers}",
              f"≤ {allowed // KIB} KiB beyond the counter's batch" + (f"; swing ≤ {swing // KIB} KiB" if swing else ""),
              limit=f"±{BATCH // KIB} KiB: the batch")
    for tool in ("duress", "stress_ng"):
        found, why = column(lambda tool=tool: level(tool, amount, workers, seconds))
        row.raw[tool] = found
        text = why
        if found:
            text = signed_kib(found["error"]) + (f", swing {signed_kib(found['swing'])[1:]}" if swing else "")
        setattr(row, tool, text)
    ours = row.raw["duress"]
    if ours:
        row.verdict = verdict(abs(ours["error"]) <= allowed + BATCH and (not swing or ours["swing"] <= swing))
        if row.raw["stress_ng"] and ours["error"]:
            row.ratio = f"{abs(row.raw['stress_ng']['error'] / ours['error']):.0f} × nearer than stress-ng"
    row.note = f"median of {seconds:.0f} s of holding, less the median before"
    return row


def rows_level(options: Options) -> list[Row]:
    rows = [level_row(options, 50 * MIB, workers, 64 * KIB, None, options.pick(1, 5)) for workers in (1, 4)]
    large = 256 * MIB if V2 else 4 * GIB
    return [*rows, level_row(options, large, 4, 256 * KIB, 256 * KIB, options.pick(3, 10))]


def course(tool: str, amount: int, workers: int, hang: bool = True, **watching) -> dict:
    """One life of a stressor in a group of its own, timed from outside."""
    with Cgroup("course") as group, application(group):
        rise = [MIB, amount - 2 * MIB]
        if tool == "duress":
            command = duress_command(group, "--memory", f"{amount // MIB}MiB", "--workers", workers, "--for", "300s")
        else:
            need_stress_ng()
            command = stress_ng_memory(amount, workers, hang)
        found = watch(group, command, rise, inside=tool != "duress", **watching)
        if found["early"]:
            raise RuntimeError(f"{tool} ended or stayed below its level (status {found['status']})")
        found["fill"] = found["riseSeconds"][-1] - found["riseSeconds"][0]
        return found


def rows_cpu_charge(options: Options) -> list[Row]:
    amount = 256 * MIB if V2 else GIB
    hold = options.pick(5, 60)
    where = "far from any limit" if V2 else "v1, by cpuacct"
    fill = Row("cpu-fill", f"CPU charged to the target: filling {amount // MIB} MiB ({where})", "≤ 5 ms")
    held = Row("cpu-hold", f"CPU charged to the target: holding it for {hold} s", f"≤ {6 * hold / 60:.1f} ms")
    for tool in ("duress", "stress_ng"):
        found, why = column(lambda tool=tool: course(tool, amount, 4, hold=hold))
        fill.raw[tool] = held.raw[tool] = found
        setattr(fill, tool, milliseconds(found["cpuFillSeconds"]) if found else why)
        setattr(held, tool, milliseconds(found["cpuHoldSeconds"]) if found else why)
    busy, _ = column(lambda: course("stress_ng", amount, 4, hang=False, hold=options.pick(2, 10)))
    if busy:
        share = busy["cpuHoldSeconds"] / options.pick(2, 10)
        held.stress_ng += f" with --vm-hang 0; by default {share * hold:.0f} s"
        held.raw["stress_ng_default"] = busy
    ours = fill.raw["duress"]
    if ours:
        fill.verdict = "stated" if V2 else verdict(ours["cpuFillSeconds"] <= 0.005)
        held.verdict = "stated" if V2 else verdict(ours["cpuHoldSeconds"] <= 0.006 * hold / 60)
    fill.note = "4 workers; the idle application's own time is in it"
    return [fill, held]


def limits_of(group: Cgroup | None, amount: int) -> dict[str, dict]:
    """The barest program, four ways; the second of two rounds, so warm."""
    found = {}
    for pages in ("huge", "4k"):
        for threads in (1, 2):
            found[f"{pages}, {threads}"] = populate(group, amount, threads, pages)
    return found


def fill_row(options: Options, amount: int, workers: int) -> Row:
    gib = amount // GIB
    row = Row(f"fill-{gib}-{workers}", f"fill {gib} GiB by {workers}, warm", "≤ 1.15 × the machine's limit")
    limits: dict[str, float] = {}
    times: dict[str, list[float]] = {"duress": [], "stress_ng": []}
    reasons = {}
    for turn in range(options.pick(2, 5)):
        with Cgroup("fill") as group:
            for name, found in limits_of(group, amount).items():
                limits[name] = min(limits.get(name, 1e9), found["fillSeconds"][-1])
        for tool, seen in times.items():
            if tool == "stress_ng" and turn > 0 and gib > 1:
                continue  # tens of seconds each; its best of one is what it is
            with Cgroup("warm") as group:
                populate(group, amount, 2, "huge", 1)
            found, reasons[tool] = column(lambda tool=tool: course(tool, amount, workers, timeout=120))
            if found:
                seen.append(found["fill"])
    best = min(limits, key=limits.get)
    row.limit = f"{milliseconds(limits[best])} ({best} threads)"
    for tool, seen in times.items():
        setattr(row, tool, milliseconds(min(seen)) if seen else reasons.get(tool, "not measured"))
    row.raw = {"limits": limits, **times}
    if times["duress"]:
        ratio = min(times["duress"]) / limits[best]
        row.ratio, row.verdict = f"{ratio:.2f} × the limit", verdict(ratio <= 1.15)
    if times["stress_ng"]:
        row.stress_ng += f" ({min(times['stress_ng']) / limits[best]:.1f} ×)"
    row.note = "best of interleaved rounds, hot; from the first MiB to the last but two"
    return row


def rows_fill(options: Options) -> list[Row]:
    return [fill_row(options, size, workers) for size in options.pick([GIB], [GIB, 8 * GIB]) for workers in (1, 4)]


def rows_cold(options: Options) -> list[Row]:
    """Memory that nobody used for a while: the host has taken it back and has to supply it anew."""
    row = Row("cold", "fill 2 GiB that has been idle (cold)", "≤ 1.3 × the better page size")
    best: dict[str, float] = {}
    for _ in range(options.pick(1, 3)):
        for name in ("4k", "huge", "duress"):
            time.sleep(options.pick(5, 30))
            if name == "duress":
                found, why = column(lambda: course("duress", 2 * GIB, 4)["fill"])
                row.duress = why
            else:
                found = populate(None, 2 * GIB, 2, name, 1)["fillSeconds"][0]
            if found:
                best[name] = min(best.get(name, 1e9), found)
    better = min(("4k", "huge"), key=best.get)
    row.raw, row.limit = best, ", ".join(f"{name} {milliseconds(best[name])}" for name in ("4k", "huge"))
    if "duress" in best:
        ratio = best["duress"] / best[better]
        row.duress, row.ratio = milliseconds(best["duress"]), f"{ratio:.2f} × {better}"
        row.verdict = verdict(ratio <= 1.3)
    row.note = "cold: idle before each; how cold is the host's to say, so the yardsticks stand beside"
    return [row]


def rows_start(options: Options) -> list[Row]:
    row = Row("start", "start to first MiB", "≤ 2 ms")
    turns = options.pick(5, 20)
    for tool in ("duress", "stress_ng"):
        def best(tool=tool):
            return sorted(course(tool, 64 * MIB, 1, poll=0.00002, settle=0, hold=0)["riseSeconds"][0]
                          for _ in range(turns))
        found, why = column(best)
        row.raw[tool] = found
        setattr(row, tool, f"{milliseconds(found[0])} (median {milliseconds(found[turns // 2])})" if found else why)
    with Cgroup("join") as group:
        at = group.trees["" if V2 else "memory"]
        joins = ask(program("limits", ["join"], cgroup=at, idle=1, repeat=8))["joinSeconds"]
    row.raw["join"] = joins
    row.limit = f"one join: {milliseconds(joins[0])} after idle, {milliseconds(min(joins))} repeated"
    if row.raw["duress"]:
        row.verdict = verdict(row.raw["duress"][0] <= 0.002)
        row.ratio = f"{row.raw['duress'][0] / joins[0]:.2f} × one join after idle"
    row.note = "from fork to usage 1 MiB up; the first move after idle waits for the kernel's synchronize_rcu"
    return [row]


def release_row(options: Options, pages: str) -> Row:
    goal = "≤ 10 ms" if pages == "huge" else "≤ 1.3 × a plain munmap"
    row = Row(f"release-{pages}", f"release of 1 GiB, {pages} pages", f"{goal}; memory before process")
    plain, seen = [], {"duress": [], "stress_ng": []}
    reasons, shares = {}, []
    for _ in range(options.pick(2, 5)):
        with Cgroup("plain") as group:
            plain.append(populate(group, GIB, 1, pages)["releaseSeconds"][-1])
        for tool, times in seen.items():
            found, reasons[tool] = column(lambda tool=tool: course(tool, GIB, 4, pages=pages))
            if found:
                times.append((found["memoryGoneSeconds"], found["processesGoneSeconds"]))
                if tool == "duress":
                    shares.append(found["hugeBytes"] / GIB)
    row.limit = f"munmap, one thread: {milliseconds(min(plain))}"
    for tool, times in seen.items():
        setattr(row, tool, milliseconds(min(times)[0]) if times else reasons[tool])
    row.raw = {"plain": plain, **seen, "hugeShare": shares}
    if seen["duress"]:
        best = min(seen["duress"])[0]
        ordered = all(memory <= gone for memory, gone in seen["duress"])
        row.ratio = f"{best / min(plain):.2f} × munmap"
        in_time = best <= 0.010 if pages == "huge" else best <= 1.3 * min(plain)
        row.verdict = verdict(in_time and ordered)
        row.note = f"{100 * max(shares):.0f} % huge; " + ("never gone before the memory" if ordered else
                                                          "a process was gone before its memory")
    return row


def rows_release(options: Options) -> list[Row]:
    return [release_row(options, pages) for pages in ("huge", "4k")]


def worker_size() -> dict:
    """What a worker costs beyond what it holds, and the size of its binary."""
    with Cgroup("worker") as group, application(group) as own:
        base, _ = median_usage(group, 0.5)
        with Process(duress_command(group, "--memory", "200MiB", "--workers", 4, "--for", "60s")) as process:
            settled(group, process, base, 200 * MIB)
            beyond = []
            for pid in group.processes():
                if pid == own.pid:
                    continue
                text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
                resident = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Rss:"))
                beyond.append(resident * KIB - 50 * MIB)
    if not beyond:
        raise RuntimeError("no worker is in the target")
    return {"beyond": max(beyond)}


def rows_worker(_: Options) -> list[Row]:
    binary = Row("worker-size", "worker: size of the binary", "≤ 100 KB")
    resident = Row("worker-resident", "worker: resident in the target beyond what it holds", "≤ 300 KiB",
                   stress_ng="33 MiB at first use, read beforehand")
    places = [place for place in glob.glob(str(ROOT / "build/release/**/duress-stressor*"), recursive=True)
              if os.path.isfile(place) and os.access(place, os.X_OK)]
    if places:
        size = min(os.path.getsize(place) for place in places)
        binary.duress, binary.verdict, binary.raw = f"{size / 1000:.0f} KB", verdict(size <= 100_000), {"bytes": size}
        with contextlib.suppress(OSError):
            binary.note = f"the whole of duress: {DURESS.stat().st_size / 1e6:.1f} MB"
    else:
        binary.duress = "no duress-stressor under build/release"
    found, why = column(worker_size)
    resident.duress = f"{found['beyond'] / KIB:.0f} KiB" if found else why
    if found:
        resident.raw, resident.verdict = found, verdict(found["beyond"] <= 300 * KIB)
    return [binary, resident]
