"""CPU load: how exact it is alone, beside competitors, and under a quota."""
import contextlib
import statistics
import time

from harness import (Cgroup, Options, Process, Row, application, column, duress_command, need_stress_ng, program,
                     verdict)

WARM_UP = 1.5  # seconds before a controller is judged


def windows(group: Cgroup, seconds: int, own: float = 0) -> list[float]:
    """Percent of one core that the group got, second by second; `own` is what others in it use."""
    shares, before, used = [], time.monotonic(), group.cpu_seconds()
    for _ in range(seconds):
        time.sleep(max(0.0, before + 1 - time.monotonic()))
        now, cpu = time.monotonic(), group.cpu_seconds()
        shares.append(100 * ((cpu - used) / (now - before) - own))
        before, used = now, cpu
    return shares


def start(tool: str, group: Cgroup, load: int, seconds: int, *more) -> Process:
    if tool == "duress":
        return Process(duress_command(group, "--cpu", f"{load}%", "--cpu-workers", 1, "--for", f"{seconds}s", *more))
    need_stress_ng()
    return Process(["stress-ng", "--cpu", 1, "--cpu-load", load, "--quiet", "-t", seconds], group)


def alone(tool: str, load: int, seconds: int) -> dict:
    with Cgroup("cpu") as group, application(group):
        with start(tool, group, load, seconds + 10) as process:
            time.sleep(WARM_UP)
            seen = windows(group, seconds)
            if not process.alive():
                raise RuntimeError(process.complaint() or "ended early")
    return {"error": statistics.mean(seen) - load, "deviation": statistics.stdev(seen)}


def rows_load(options: Options) -> list[Row]:
    loads = options.pick([30, 70], [10, 20, 30, 40, 50, 60, 70, 80, 90])
    seconds = options.pick(5, 15)
    row = Row("cpu-load", f"CPU load {loads[0]}…{loads[-1]} %, idle machine",
              "error ≤ 0.1 pp, deviation of 1 s windows ≤ 0.2 pp")
    for tool in ("duress", "stress_ng"):
        found = {}
        for load in loads:
            one, why = column(lambda tool=tool, load=load: alone(tool, load, seconds))
            if one:
                found[load] = one
        row.raw[tool] = found
        if found:
            error = max((value["error"] for value in found.values()), key=abs)
            deviation = max(value["deviation"] for value in found.values())
            setattr(row, tool, f"{error:+.3f} pp, deviation {deviation:.3f}")
            if tool == "duress":
                row.verdict = verdict(len(found) == len(loads) and abs(error) <= 0.1 and deviation <= 0.2)
        else:
            setattr(row, tool, why)
    row.note = f"worst of the loads; {seconds} windows each"
    return [row]


def beside(tool: str, load: int, where: str, seconds: int) -> float:
    """One core, the stressor and two spinning competitors on it."""
    with contextlib.ExitStack() as stack:
        group = stack.enter_context(Cgroup("cpu"))
        rivals = group if where == "target" else stack.enter_context(Cgroup("rivals"))
        for each in {group.name: group, rivals.name: rivals}.values():
            each.cpus("0")
        stack.enter_context(application(group))
        joins = [str(tree) for tree in rivals.trees.values()]
        spinners = [stack.enter_context(Process(program("limits", ["spin"], cgroup=joins, cpu=0, **{"for": 600})))
                    for _ in range(2)]
        process = stack.enter_context(start(tool, group, load, seconds + 10))
        time.sleep(WARM_UP + 1)
        if where != "target":
            return statistics.mean(windows(group, seconds)) - load

        def rivals_used():
            return sum(own_time(spinner.pid) for spinner in spinners)

        began, before, used = time.monotonic(), group.cpu_seconds(), rivals_used()
        time.sleep(seconds)
        took = time.monotonic() - began
        got = (group.cpu_seconds() - before) - (rivals_used() - used)
        if not process.alive():
            raise RuntimeError(process.complaint() or "ended early")
        return 100 * got / took - load


def own_time(pid: int) -> float:
    """Nanosecond-exact CPU time of a process of one thread."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def rows_rivals(options: Options) -> list[Row]:
    rows, seconds = [], options.pick(4, 20)
    for where, text in (("elsewhere", "in another cgroup of equal weight"), ("target", "in the target")):
        for load in (25, 50):
            row = Row(f"cpu-{where}-{load}", f"CPU load {load} % on one core, two competitors {text}", "±0.2 pp")
            for tool in ("duress", "stress_ng"):
                found, why = column(lambda t=tool, w=where, l=load: beside(t, l, w, seconds))
                row.raw[tool] = found
                setattr(row, tool, why if found is None else f"{found:+.2f} pp")
            if row.raw["duress"] is not None:
                row.verdict = verdict(abs(row.raw["duress"]) <= 0.2)
            rows.append(row)
    return rows


def quota(share: float, seconds: int) -> float:
    with Cgroup("quota") as group, application(group):
        group.quota(share)
        with start("duress", group, 100, seconds + 10, "--cpu-percent-of", "limit") as process:
            time.sleep(WARM_UP)
            seen = windows(group, seconds)
            if not process.alive():
                raise RuntimeError(process.complaint() or "ended early")
    return statistics.mean(seen) / (100 * share)


def rows_quota(options: Options) -> list[Row]:
    row = Row("cpu-quota", "100 % of a 500m quota, as percent of the limit, application idle", "≥ 99.5 % of the quota")
    found, why = column(lambda: quota(0.5, options.pick(5, 15)))
    row.duress = f"{100 * found:.2f} %" if found else why
    if found:
        row.raw, row.verdict = {"duress": found}, verdict(found >= 0.995)
    return [row]
