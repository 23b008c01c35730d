"""What every row of the benchmark stands on: cgroups, processes in them, and how duress and stress-ng are driven.

Levels and costs are read from the target's own files, never from what a stressor says of itself.
"""
import collections
import contextlib
import ctypes
import dataclasses
import functools
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DURESS = pathlib.Path(os.environ.get("DURESS", ROOT / "build/release/duress"))
PROGRAMS = ROOT / "build/bench"
MOUNT = pathlib.Path("/sys/fs/cgroup")
V2 = (MOUNT / "cgroup.controllers").exists()
CPUS = len(os.sched_getaffinity(0))
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
BATCH = 256 * KIB * CPUS  # how far a reading of usage may be off by itself
THP_DISABLE = 41


class NotMeasured(Exception):
    """A column of a row that cannot be had here; the text says why."""


@dataclasses.dataclass
class Row:
    """One line of the table: values are text as shown; the raw figures go to results.json."""

    key: str
    what: str
    goal: str
    duress: str = "not measured"
    stress_ng: str = "–"
    limit: str = "–"
    ratio: str = "–"
    verdict: str = "not measured"
    note: str = ""
    raw: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Options:
    quick: bool = False

    def pick(self, quick, full):
        return quick if self.quick else full


def milliseconds(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"


def verdict(good: bool) -> str:
    return "met" if good else "missed"


class Cgroup:
    """A cgroup named duress-bench-NAME in every tree that matters, removed with all that is in it."""

    TREES = ("memory", "cpu", "cpuacct", "cpuset", "pids")

    def __init__(self, name: str):
        self.name = f"duress-bench-{name}"
        if V2:
            with contextlib.suppress(OSError):
                (MOUNT / "cgroup.subtree_control").write_text("+memory +cpu +cpuset +pids")
            self.trees = {"": MOUNT / self.name}
        else:
            mounts = {tree: MOUNT / tree for tree in self.TREES if (MOUNT / tree).is_dir()}
            self.trees = {tree: at / self.name for tree, at in mounts.items()}
        for directory in self.trees.values():
            directory.mkdir(exist_ok=True)
        if "cpuset" in self.trees:
            for file in ("cpuset.cpus", "cpuset.mems"):
                (self.trees["cpuset"] / file).write_text((MOUNT / "cpuset" / file).read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def path(self, tree: str, file: str) -> pathlib.Path:
        return (self.trees[""] if V2 else self.trees[tree]) / file

    def write(self, tree: str, file: str, value) -> None:
        self.path(tree, file).write_text(str(value))

    # -- memory
    @property
    def usage_file(self) -> pathlib.Path:
        return self.path("memory", "memory.current" if V2 else "memory.usage_in_bytes")

    def usage(self) -> int:
        return int(self.usage_file.read_text())

    def huge(self) -> int:
        text = self.path("memory", "memory.stat").read_text()
        return int(dict(line.split() for line in text.splitlines()).get("anon_thp" if V2 else "rss_huge", 0))

    def oom_kills(self) -> int:
        text = self.path("memory", "memory.events" if V2 else "memory.oom_control").read_text()
        return int(dict(line.split() for line in text.splitlines()).get("oom_kill", 0))

    def limit(self, amount: int) -> None:
        self.write("memory", "memory.max" if V2 else "memory.limit_in_bytes", amount)
        with contextlib.suppress(OSError):
            self.write("memory", "memory.swap.max" if V2 else "memory.memsw.limit_in_bytes", 0 if V2 else amount)

    def changed_files(self) -> dict[str, str]:
        """The files that a stressor may change for a while, as they are now."""
        if V2:
            return {name: self.path("", name).read_text() for name in ("memory.oom.group", "memory.high")}
        text = self.path("memory", "memory.oom_control").read_text()
        return {"oom_kill_disable": text.split("\n")[0]}

    # -- CPU
    @property
    def cpu_file(self) -> pathlib.Path:
        return self.path("cpuacct", "cpu.stat" if V2 else "cpuacct.usage")

    def cpu_seconds(self) -> float:
        text = self.cpu_file.read_text()
        return int(text.split()[1]) / 1e6 if V2 else int(text) / 1e9

    def quota(self, share: float) -> None:
        if V2:
            self.write("cpu", "cpu.max", f"{int(share * 100000)} 100000")
        else:
            self.write("cpu", "cpu.cfs_quota_us", int(share * 100000))

    def cpus(self, which: str) -> None:
        self.write("cpuset", "cpuset.cpus", which)

    # -- processes
    def processes(self) -> list[int]:
        """In the memory tree, children of ours below it included."""
        top = self.trees["" if V2 else "memory"]
        files = [top / "cgroup.procs", *top.glob("duress*/cgroup.procs")]
        return sorted({int(pid) for file in files if file.exists() for pid in file.read_text().split()})

    def join(self) -> None:
        """Called in a child before exec."""
        for directory in self.trees.values():
            (directory / "cgroup.procs").write_text("0")

    def remove(self) -> None:
        for _ in range(200):
            for tree in self.trees.values():
                for file in tree.glob("**/cgroup.procs"):
                    for pid in file.read_text().split():
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(int(pid), signal.SIGKILL)
            try:
                for tree in self.trees.values():
                    for below in sorted(tree.glob("duress*"), reverse=True):
                        below.rmdir()
                    if tree.exists():
                        tree.rmdir()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"{self.name} could not be removed")


def build_programs() -> None:
    subprocess.run(["cmake", "-S", ROOT / "bench", "-B", PROGRAMS, "-G", "Ninja"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", PROGRAMS, "-j2"], check=True, capture_output=True)


def program(name: str, subcommand: list[str] = (), **options) -> list[str]:
    """The command line of one of our helpers; a list repeats its option."""
    words = [str(PROGRAMS / f"bench_{name}"), *subcommand]
    for key, value in options.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            words += [f"--{key}", str(one)]
    return words


def ask(words: list[str], timeout: float = 300) -> dict:
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip() or done.returncode}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def populate(group: Cgroup | None, amount: int, threads: int, pages: str, repeat: int = 2) -> dict:
    joins = {"cgroup": [str(group.trees["" if V2 else "memory"])]} if group else {}
    return ask(program("limits", ["populate"], bytes=amount, threads=threads, pages=pages, repeat=repeat, **joins))


def watch(group: Cgroup, command: list[str], rise: list[int], *, inside: bool, **options) -> dict:
    """Runs the command under the watcher; `inside` starts it in the group, as a tool without cgroups has to be."""
    joins = {"join": [str(tree) for tree in group.trees.values()]} if inside else {}
    words = program(
        "watch", usage=group.usage_file, stat=group.path("memory", "memory.stat"), cpu=group.cpu_file,
        procs=group.path("memory", "cgroup.procs"), rise=",".join(map(str, rise)), **joins, **options)
    return ask([*words, "--", *command])


def need_duress() -> None:
    if not DURESS.exists():
        raise NotMeasured(f"{DURESS.name} is not built: make")


def duress_command(group: Cgroup, *arguments) -> list[str]:
    need_duress()
    return [str(DURESS), "run", "--cgroup", "/" + group.name, *map(str, arguments), "-o", "jsonl"]


def stress_ng_memory(amount: int, workers: int, hang: bool = True) -> list[str]:
    """At its quietest: it fills once and sleeps. Without `hang` it rewrites all the time, which is its default."""
    quiet = ["--vm-hang", "0"] if hang else []
    return ["stress-ng", "--vm", str(workers), "--vm-bytes", f"{amount}b", "--vm-keep", *quiet, "--vm-populate",
            "--quiet"]


@functools.cache
def need_stress_ng() -> None:
    """It is there, and its files have been read outside of any target: page cache belongs to whoever reads first."""
    if not shutil.which("stress-ng"):
        raise NotMeasured("stress-ng is not installed")
    subprocess.run(["stress-ng", "--vm", "1", "--vm-bytes", "8m", "--cpu", "1", "--quiet", "-t", "1"], check=False)


class Process:
    """A process of the benchmark's own, ended with the block; what it prints is kept by line as it comes."""

    def __init__(self, command: list, group: Cgroup | None = None, adj: int | None = None, small_pages=False):
        def before_exec():
            if group:
                group.join()
            if adj is not None:
                pathlib.Path("/proc/self/oom_score_adj").write_text(str(adj))
            if small_pages:
                ctypes.CDLL(None).prctl(THP_DISABLE, 1, 0, 0, 0)

        self.errors = tempfile.TemporaryFile("w+")
        self.popen = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self.errors, text=True, preexec_fn=before_exec)
        self.lines: collections.deque[str] = collections.deque()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.popen.stdout:
            self.lines.append(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def pid(self) -> int:
        return self.popen.pid

    def alive(self) -> bool:
        return self.popen.poll() is None

    def say(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.popen.stdin.write(text + "\n")
            self.popen.stdin.flush()

    def wait_for(self, text: str, timeout: float = 30) -> bool:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if any(text in line for line in list(self.lines)):
                return True
            if not self.alive() and not self.reader.is_alive():
                return any(text in line for line in list(self.lines))
            time.sleep(0.005)
        return False

    def end(self, how: signal.Signals = signal.SIGTERM, timeout: float = 20) -> int:
        if self.alive():
            self.popen.send_signal(how)
        try:
            code = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            code = self.popen.wait()
        self.reader.join(5)
        return code

    def said(self, kind: str) -> dict:
        """The last JSON line of this type, or nothing."""
        for line in reversed(self.lines):
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                if value.get("type") == kind:
                    return value
        return {}

    def complaint(self) -> str:
        self.errors.seek(0)
        return " ".join(self.errors.read().split())[-200:]


@contextlib.contextmanager
def application(group: Cgroup, adj: int | None = None, **options):
    """The container's own program, ready."""
    options.setdefault("bytes", 8 * MIB)
    with Process(program("application", **options), group, adj) as process:
        if not process.wait_for("ready"):
            raise RuntimeError(f"the application did not start: {process.complaint()}")
        yield process


def median_usage(group: Cgroup, seconds: float, every: float = 0.05) -> tuple[float, int]:
    """Median and swing over a while."""
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen.append(group.usage())
        time.sleep(every)
    return statistics.median(seen), max(seen) - min(seen)


def column(measure):
    """A column's value, or None and why it could not be had."""
    try:
        return measure(), ""
    except NotMeasured as why:
        return None, str(why)
    except (RuntimeError, subprocess.SubprocessError, OSError, ValueError, IndexError, KeyError) as why:
        print(f"  {type(why).__name__}: {why}", file=sys.stderr)
        return None, f"{why}"
