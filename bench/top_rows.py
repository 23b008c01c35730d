"""What watching costs: `duress top` over 200 containers, once a second."""
import contextlib
import fcntl
import os
import platform
import pty
import struct
import subprocess
import termios
import threading
import time

from harness import DURESS, MOUNT, V2, Cgroup, NotMeasured, Options, Row, column, need_duress, verdict

CONTAINERS = 200
GOAL = 0.02


@contextlib.contextmanager
def containers():
    """As a kubelet lays them out, 50 Pods of four, with a process in each."""
    made, processes = [], []
    try:
        parents = ["top", "top/kubepods", "top/kubepods/burstable"]
        parents += [f"top/kubepods/burstable/pod{pod:08d}-1111-2222-3333-444455556666" for pod in range(CONTAINERS // 4)]
        for name in parents:
            made.append(Cgroup(name))
            if V2:
                (MOUNT / made[-1].name / "cgroup.subtree_control").write_text("+memory +cpu +cpuset +pids")
        for number in range(CONTAINERS):
            made.append(Cgroup(f"{parents[3 + number // 4]}/{number:064x}"))
            processes.append(subprocess.Popen(["/bin/sleep", "1000"], preexec_fn=made[-1].join))
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for group in reversed(made):
            group.remove()


def cpu_of(arguments: list[str], seconds: float, terminal: bool) -> tuple[float, float]:
    """CPU seconds of a second, over the whole life of the program, and how long it lived."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    out = follower if terminal else subprocess.DEVNULL
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}

    def drain() -> None:
        with contextlib.suppress(OSError):
            while os.read(leader, 1 << 16):
                pass

    threading.Thread(target=drain, daemon=True).start()
    began = time.monotonic()
    process = subprocess.Popen([str(DURESS), "top", "--for", f"{seconds:.0f}s", *arguments], stdin=out, stdout=out,
                               env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    lasted = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    os.close(follower)
    if process.returncode != 0:
        raise NotMeasured(f"duress top ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) / lasted, lasted


def cpu_model() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())


def rows_top(options: Options) -> list[Row]:
    rows = []
    seconds = options.pick(5, 30)
    kinds = {"table": ("in a terminal of 200 × 50", [], True), "jsonl": ("as JSON, every figure", ["-o", "jsonl"], False)}
    for key, (what, arguments, terminal) in kinds.items():
        row = Row(f"top-{key}", f"duress top, {CONTAINERS} containers once a second, {what}", "< 2 % of one core")

        def measured(arguments=arguments, terminal=terminal):
            need_duress()
            with containers():
                return cpu_of(arguments, seconds, terminal)

        found, why = column(measured)
        row.duress = why
        if found:
            share, lasted = found
            row.duress = f"{share * 100:.2f} %"
            row.note = f"{cpu_model()}, {platform.release()}; the program's whole life of {lasted:.0f} s, its start too"
            row.raw = {"cpu": share, "seconds": lasted}
            if V2:  # its processor is emulated
                row.note += "; stated, not judged: in an emulated machine every system call is many times as long"
            else:
                row.verdict = verdict(share < GOAL)
        rows.append(row)
    return rows
