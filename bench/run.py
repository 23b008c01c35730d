#!/usr/bin/env python3
"""Measures the figures that Duress promises, beside stress-ng and the machine's own limit, in the same run.

  bench/run.py                      everything, on this host (v1) and in the cgroup-v2 machine
  bench/run.py --only fill,start    some rows, on this host; the others keep what results.json has
  bench/run.py --quick              fewer rounds, for a look; never for a claim
"""
import argparse
import dataclasses
import json
import os
import pathlib
import platform
import subprocess
import sys

import cpu_rows
import harness
import life_rows
import memory_rows
import oom_rows
import top_rows
from harness import ROOT, V2, Options, Row

HERE = pathlib.Path(__file__).resolve().parent
ROWS = {
    "level": memory_rows.rows_level,
    "charge": memory_rows.rows_cpu_charge,
    "fill": memory_rows.rows_fill,
    "cold": memory_rows.rows_cold,
    "start": memory_rows.rows_start,
    "release": memory_rows.rows_release,
    "worker": memory_rows.rows_worker,
    "load": cpu_rows.rows_load,
    "rivals": cpu_rows.rows_rivals,
    "quota": cpu_rows.rows_quota,
    "oom": oom_rows.rows_policy,
    "avoid": oom_rows.rows_avoid,
    "kill": life_rows.rows_kill,
    "top": top_rows.rows_top,
}
# The emulated machine's clock is its own: what is a time or a rate says nothing there.
IN_V2 = ("level", "charge", "oom", "avoid", "kill", "top")
MARK = "RESULTS "


def machine() -> dict:
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                if line.startswith("model name")), platform.machine())
    memory = int(open("/proc/meminfo", encoding="ascii").readline().split()[1]) // 1024
    huge = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return {
        "cpu": f"{harness.CPUS} × {cpu}",
        "memory": f"{memory} MiB",
        "kernel": platform.release(),
        "cgroup": "v2" if V2 else "v1",
        "huge pages": huge.read_text().strip() if huge.exists() else "not available",
        "stress-ng": subprocess.run(["stress-ng", "--version"], capture_output=True, text=True,
                                    check=False).stdout.split(" (")[0].strip(),
    }


def measure(names: list[str], options: Options) -> list[Row]:
    rows = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        for row in ROWS[name](options):
            row.raw = {"group": name, **row.raw}
            print(f"  {row.what}: {row.duress} | stress-ng {row.stress_ng} | limit {row.limit} | {row.verdict}",
                  file=sys.stderr, flush=True)
            rows.append(row)
    return rows


def in_machine(names: list[str], options: Options) -> tuple[list[dict], dict]:
    """The same rows in the cgroup-v2 machine; one run of it a row, so that one row's trouble stays its own."""
    rows, about = [], {}
    for name in names:
        command = [ROOT / "tests/testbed/vm-run.sh", "-m", "4500", "-c", "2", "-t", "3000", "--", "/usr/bin/python3",
                   HERE / "run.py", "--inside", "--only", name, *(["--quick"] if options.quick else [])]
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=False)
        told = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
        if not told:
            print(f"{name}: the cgroup-v2 machine gave no result (exit {done.returncode})", file=sys.stderr)
            continue
        found = json.loads(told[-1][len(MARK):])
        rows += found["rows"]
        about = found["machine"]
    return rows, about


def table(rows: list[dict]) -> list[str]:
    lines = ["| what | goal | Duress | stress-ng | machine's limit | ratio | verdict |",
             "|---|---|---|---|---|---|---|"]
    for row in rows:
        cells = [row["what"], row["goal"], row["duress"], row["stress_ng"], row["limit"], row["ratio"], row["verdict"]]
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    notes = {row["what"]: row["note"] for row in rows if row["note"]}
    if notes:
        lines += ["", *(f"- *{what}*: {note}." for what, note in notes.items())]
    return lines


def render(results: dict) -> str:
    lines = [
        "# What Duress reaches, measured",
        "",
        "Written by `make bench` (`bench/run.py`); raw figures in `results.json`. Duress, Debian's stress-ng and the barest",
        "program that can do the same (`bench/limits.cpp`) run in turn, in the same kind of cgroup, in the same run. Levels",
        "and costs are the target's own files. Times are the best of several rounds, levels are medians.",
        "",
        "*Hot* memory was used a moment ago; *cold* memory has been idle and the host has to supply it anew, which takes ten",
        "times as long. Rows say which; all but `cold` are hot, and each is preceded by a round of the barest program.",
        "",
    ]
    for where, title in (("host", "cgroup v1: this host"), ("v2", "cgroup v2: an emulated machine, ten times slower")):
        part = results.get(where)
        if not part or not part["rows"]:
            continue
        counts = [row["verdict"] for row in part["rows"]]
        lines += [f"## {title}", "", *(f"- {key}: {value}" for key, value in part["machine"].items()),
                  f"- {counts.count('met')} met, {counts.count('missed')} missed, "
                  f"{counts.count('not measured')} not measured"
                  + (" (quick: too few rounds for a claim)" if part.get("quick") else ""), "", *table(part["rows"]), ""]
    return "\n".join(lines).rstrip() + "\n"


def merged(old: list[dict], new: list[dict]) -> list[dict]:
    """New rows in the place of those of the same kind; the rest stays."""
    groups = {row["raw"]["group"] for row in new}
    kept = [row for row in old if row["raw"]["group"] not in groups]
    order = list(ROWS)
    return sorted(kept + new, key=lambda row: order.index(row["raw"]["group"]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows, by comma: " + " ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--v2", action="store_true", help="with --only: in the cgroup-v2 machine instead of here")
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="where results.json and RESULTS.md go")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()

    names = [name for name in given.only.split(",") if name] or list(ROWS)
    if unknown := [name for name in names if name not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {' '.join(ROWS)}")
    if os.geteuid() != 0:
        parser.error("cgroups are made, so run it as root")
    options = Options(quick=given.quick)
    if not given.inside:
        harness.build_programs()
    if given.inside:
        rows = measure(names, options)
        print(MARK + json.dumps({"machine": machine(), "rows": [dataclasses.asdict(row) for row in rows]}))
        return 0

    file = given.out / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    everything = not given.only
    parts = {}
    if everything or not given.v2:
        parts["host"] = ([dataclasses.asdict(row) for row in measure(names, options)], machine())
    if everything or given.v2:
        parts["v2"] = in_machine([name for name in names if name in IN_V2], options)
    for where, (rows, about) in parts.items():
        before = results.get(where, {"rows": [], "machine": {}})
        results[where] = {"machine": about or before["machine"], "quick": options.quick,
                          "rows": merged(before["rows"], rows)}
    given.out.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    (given.out / "RESULTS.md").write_text(render(results))
    print(given.out / "RESULTS.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
