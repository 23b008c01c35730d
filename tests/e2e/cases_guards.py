"""Guards: what ends a whole experiment for good."""

import os
import signal
import time

from casebook import BAND, bases, case, rises
from cluster import MIB, condition, container, eventually, expect, get, kubectl, memory


def ended(space, containers, base, words, name="stress"):
    """By a guard that says so: all is released, nothing comes back, and an event tells it too."""
    def over():
        completed = condition(space.experiment(name), "Completed")
        return completed if completed and completed["status"] == "True" else None
    completed = eventually(lambda: f"an end by a guard: {space.told(name)}", over, 30)
    expect(completed["reason"] == "Guard" and words in completed["message"], f"another end: {completed}")
    for one, was in zip(containers, base):
        expect(one.usage() - was <= BAND, f"{one.usage() / MIB:.1f} MiB, {was / MIB:.1f} before")
    eventually("an event", lambda: [one for one in get("events", "-n", space.name)["items"]
                                    if one["reason"] == "Guard" and words in one["message"]])
    status = space.experiment(name)["status"]
    expect(status["experiment"]["desiredPhase"] == "Stop" and status["phase"] == "Finished", space.told(name))


@case("guards: a container that was restarted once too often ends the stress of all, for good")
def restarts(space):
    space.deploy(2)
    containers = space.containers(2)
    base = bases(containers)
    space.stress(guards={"restarts": 1})
    rises(space, containers, base, 50 * MIB)
    # The oldest process of a container is its init; within, nothing may end it.
    os.kill(min(containers[0].processes()), signal.SIGKILL)
    ended(space, containers[1:], base[1:], "was restarted once")
    time.sleep(2)
    for one in space.containers(2):
        expect(one.usage() <= max(base) + BAND, f"it came back: {one.usage() / MIB:.1f} MiB; {space.told()}")


@case("guards: a Pod that is not Ready for so long ends the stress of all, one that is Ready again in time does not")
def readiness(space):
    probe = {"exec": {"command": ["test", "!", "-e", "/tmp/ill"]}, "periodSeconds": 1, "failureThreshold": 1}
    space.deploy(2, containers=[container(readinessProbe=probe)])
    containers = space.containers(2)
    base = bases(containers)
    space.stress(guards={"notReadyFor": "8s"})
    rises(space, containers, base, 50 * MIB)
    pod = space.pods(2)[0]["metadata"]["name"]

    def is_ready():
        return condition(get("pod", pod, "-n", space.name), "Ready")["status"] == "True"
    eventually("a Pod that is Ready", is_ready, 20)
    kubectl("exec", "-n", space.name, pod, "--", "touch", "/tmp/ill")
    eventually("a Pod that is not Ready", lambda: not is_ready(), 20)
    kubectl("exec", "-n", space.name, pod, "--", "rm", "/tmp/ill")
    eventually("a Pod that is Ready again", is_ready, 20)
    time.sleep(9)
    expect(condition(space.experiment(), "AllInjected")["status"] == "True", space.told())
    kubectl("exec", "-n", space.name, pod, "--", "touch", "/tmp/ill")
    ended(space, containers, base, f"{space.name}/{pod} is not Ready for 8s")


def available():
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:"))


@case("guards: a node that runs short of memory ends the stress of all Pods of the experiment that asked, and of no other",
      alone=True)
def node_memory(space):
    space.deploy(2)
    containers = space.containers(2)
    base = bases(containers)
    space.deploy(1, name="eater", containers=[container(limit="900Mi")])
    eater = space.containers(1, "eater")
    eaten = bases(eater)
    only = {"namespaces": [space.name], "labelSelectors": {"app": "app"}}
    space.stress("careful", selector=only, guards={"nodeMemory": str(available() - 400 * MIB)})
    rises(space, containers, base, 50 * MIB, name="careful")
    space.stress("other", stressors=memory("700MiB", 1),
                 selector={"namespaces": [space.name], "labelSelectors": {"app": "eater"}})
    ended(space, containers, base, "less than the guard of", "careful")
    rises(space, eater, eaten, 700 * MIB, name="other")
    space.delete_stress("careful")
    space.delete_stress("other")
