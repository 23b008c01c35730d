"""The cases that there are, and what they have in common. A file cases_SUBJECT.py beside this one is found by itself: each
function with @case in it gets a namespace of its own, and raises Failed."""

import contextlib
import dataclasses
import glob
import importlib
import json
import os
import threading
import time
from typing import Callable

from cluster import HERE, MIB, ROOT, SYSTEM, apply, daemon_pods, eventually, expect, get, kubectl, run, running

BAND = 1 * MIB  # what a counter may be off, its batches on all CPUs included


@dataclasses.dataclass(frozen=True)
class Case:
    """`alone`: nothing else runs meanwhile, for it replaces the chart, ends its processes or measures time. `last`: behind
    all others, and only where the chart may go. `second`: with the second node, which joins behind the others. `long`: it
    takes most of a minute or more, and --short leaves it out."""
    name: str
    function: Callable
    alone: bool = False
    last: bool = False
    second: bool = False
    long: bool = False


CASES = []


def case(name, **how):
    def add(function):
        CASES.append(Case(name, function, **how))
        return function
    return add


def all_cases():
    for path in sorted(glob.glob(f"{HERE}/cases_*.py")):
        importlib.import_module(os.path.basename(path)[:-3])
    return sorted(CASES, key=lambda one: (one.last, one.alone))


REMARKS = threading.local()


def tell(text):
    """A remark, printed with the case's result."""
    REMARKS.__dict__.setdefault("lines", []).append(text)


def said():
    return REMARKS.__dict__.pop("lines", [])


def bases(containers):
    """Usage without stress, once it stands still."""
    time.sleep(0.5)
    return [one.usage() for one in containers]


def rises(space, containers, base, size, seconds=20, name="stress"):
    """Until each container's usage is `size` above its base, within the band; then it has to stay for a second."""
    def off():
        return [round((one.usage() - was - size) / MIB, 2) for one, was in zip(containers, base)]
    def there():
        return all(abs(one.usage() - was - size) <= BAND for one, was in zip(containers, base))
    def words():
        return f"usage {size / MIB:g} MiB above the base: it is off by {off()} MiB; {space.told(name)}"
    eventually(words, there, seconds, 0.005)
    time.sleep(1)
    expect(there(), f"it did not stay: {words()}")


def falls(space, containers, base, seconds=10, name="stress"):
    def there():
        return all(not one.exists() or one.usage() - was <= BAND for one, was in zip(containers, base))
    def words():
        now = [round((one.usage() - was) / MIB, 2) for one, was in zip(containers, base) if one.exists()]
        return f"usage back at the base: {now} MiB are left; {space.told(name)}"
    eventually(words, there, seconds, 0.005)


def under_stress(space, replicas=2):
    """A Deployment whose Pods hold 50 MiB each by the experiment `stress`: their containers, and what they used before."""
    space.deploy(replicas)
    containers = space.containers(replicas)
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
    return containers, base


@contextlib.contextmanager
def gaps(containers, base, least=47 * MIB):
    """Watches meanwhile; its answer is a list of the seconds that one of them was below `least`, gap by gap."""
    found = []
    ends = threading.Event()
    def look():
        began = None
        while not ends.wait(0.01):
            low = any(one.exists() and one.usage() - was < least for one, was in zip(containers, base))
            if low and began is None:
                began = time.monotonic()
            elif not low and began is not None:
                found.append(round(time.monotonic() - began, 2))
                began = None
        if began is not None:
            found.append(round(time.monotonic() - began, 2))
    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ends.set()
        thread.join()


def lone_node(name):
    """A node that nothing runs on: no agent, for it is no Linux, and no Pods but those that name it."""
    apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"unschedulable": True}})


def lone_agent(node):
    """The Pod of an agent there, which only says that it runs. It belongs to the node, or the DaemonSet would take it."""
    owner = {"apiVersion": "v1", "kind": "Node", "name": node, "uid": get("node", node)["metadata"]["uid"], "controller": True}
    labels = {f"app.kubernetes.io/{key}": value
              for key, value in {"name": "duress", "instance": "duress", "component": "agent"}.items()}
    lone_pod({"apiVersion": "v1", "kind": "Pod",
              "metadata": {"name": f"duress-agent-{node}", "namespace": SYSTEM, "labels": labels, "ownerReferences": [owner]},
              "spec": {"nodeName": node, "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False,
                       "containers": [{"name": "agent", "image": "none"}]}})


def lone_pod(pod):
    """A Pod of a lone node, told as running by nobody but us."""
    apply(pod)
    status = {"phase": "Running", "containerStatuses": [{
        "name": one["name"], "image": "none", "imageID": "", "ready": True, "restartCount": 0,
        "containerID": f"containerd://{'e' * 64}", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
        for one in pod["spec"]["containers"]]}
    kubectl("patch", "pod", pod["metadata"]["name"], "-n", pod["metadata"]["namespace"], "--subresource=status",
            "--type=merge", "-p", json.dumps({"status": status}))


def api_server(what):
    run([f"{ROOT}/tests/testbed/k8s-apiserver.sh", what], timeout=150)


def whole_again():
    """The cluster behind an outage: its node takes Pods, and all of Duress runs."""
    def look():
        node = get("nodes") or {"items": []}
        ready = [one for one in node["items"] for state in one["status"].get("conditions") or []
                 if state["type"] == "Ready" and state["status"] == "True" and not one["spec"].get("taints")]
        return ready and all(all_run(component) for component in ("agent", "controller"))
    eventually("a Ready node, and Duress running on it", look, 90, 0.3)


def all_run(component):
    pods = daemon_pods(component)
    return pods and all(running(pod) for pod in pods)


def of_experiment(experiment):
    return get("nodestress", "-l", f"duress.dev/experiment-uid={experiment['metadata']['uid']}")["items"]


def cpu_share(containers, seconds=3.0):
    before = [one.cpu_seconds() for one in containers]
    began = time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    return [(one.cpu_seconds() - was) / passed for one, was in zip(containers, before)]


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def processes_of(what):
    """Of the Pods of ours only: this machine may run other agents."""
    pods = [(running(pod) or Nobody).processes() for pod in daemon_pods("controller" if what == "controller" else "agent")]
    if what in ("agent", "controller"):
        return [min(inside) for inside in pods if inside]
    names = {"load": "exe"}  # it executes itself
    return [pid for inside in pods for pid in inside if name_of(pid) == names.get(what, what)]


class Nobody:
    @staticmethod
    def processes():
        return []
