"""The test bed's second node, a virtual machine of cgroup v2 that is ten times slower: it joins while other cases run, and
tells what its cgroups say. What takes seconds here takes many there."""

import glob
import os
import subprocess
import threading
import time

from cluster import ROOT, WORK, Failed, daemon_pods, eventually, get

NODE = "duress-node2"
LIVES = 1800  # seconds, at most
LOCK = threading.Lock()
STARTS = []


def start():
    """In the background: join() waits for it."""
    # pylint: disable-next=consider-using-with
    STARTS.append(subprocess.Popen([f"{ROOT}/tests/testbed/k8s-v2-node.sh", "up", str(LIVES)], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True))


def join():
    """Until the node is Ready and its agent runs."""
    for process in STARTS:
        told, _ = process.communicate()
        if process.returncode != 0:
            raise Failed(f"the second node did not start: {told.strip()}")
    STARTS.clear()
    if not get("node", NODE):
        raise Failed(f"{NODE} is no node of this cluster: tests/testbed/k8s-v2-node.sh up")
    def agent():
        return any(pod["spec"].get("nodeName") == NODE and runs(pod) for pod in daemon_pods("agent"))
    eventually(f"an agent on {NODE}", agent, 120, 0.5)


def leave():
    subprocess.run([f"{ROOT}/tests/testbed/k8s-v2-node.sh", "down"], check=False, capture_output=True, timeout=120)


def runs(pod):
    found = (pod.get("status") or {}).get("containerStatuses") or []
    return bool(found) and all("running" in one.get("state", {}) for one in found)


def ask(command, seconds=60):
    """What a command says there."""
    found = glob.glob(f"{WORK}/node2/*/exchange")
    if not found:
        raise Failed("the second node's machine is gone")
    with LOCK:
        with open(f"{found[0]}/ask.part", "w", encoding="ascii") as file:
            file.write(command)
        os.rename(f"{found[0]}/ask.part", f"{found[0]}/ask")
        until = time.monotonic() + seconds
        while not os.path.exists(f"{found[0]}/answer"):
            if time.monotonic() > until:
                raise Failed(f"the second node does not answer within {seconds} s: {command}")
            time.sleep(0.02)
        with open(f"{found[0]}/answer", encoding="ascii") as file:
            told = file.read()
        os.remove(f"{found[0]}/answer")
    return told


class Container:
    """A running container by its ID, as the node's own cgroup files tell of it."""

    def __init__(self, pod):
        self.id = pod["status"]["containerStatuses"][0]["containerID"].split("//")[-1]
        self.cgroup = ask(f"find /sys/fs/cgroup -type d -name '*{self.id}*'").strip()
        if not self.cgroup:
            raise Failed(f"container {self.id} has no cgroup on {NODE}")

    def usage(self):
        return int(ask(f"cat {self.cgroup}/memory.current"))

    def cpu_seconds(self):
        return int(ask(f"cat {self.cgroup}/cpu.stat").split()[1]) / 1e6

    def exists(self):
        return ask(f"test -d {self.cgroup} && echo yes").strip() == "yes"

    def oom_kills(self):
        lines = dict(line.split() for line in ask(f"cat {self.cgroup}/memory.events").splitlines())
        return int(lines["oom_kill"])
