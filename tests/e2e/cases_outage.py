"""The API server is away, is slow to come back, or a node goes with all that is on it."""

import os
import signal
import time

from casebook import api_server, bases, case, falls, gaps, lone_node, lone_pod, rises, tell, under_stress, whole_again
from cluster import (FACTOR, MIB, condition, daemon_pods, eventually, expect, get, kubectl, memory, records, running)

AWAY = 90


def hold(space, name, **spec):
    """An experiment of 30 MiB on the Deployment of its own name."""
    space.stress(name=name, stressors=memory("30MiB", 1), selector={"labelSelectors": {"app": name}}, **spec)


def signal_controllers(number):
    for pod in daemon_pods("controller"):
        found = running(pod)
        if found:
            os.kill(min(found.processes()), number)


@case("API server away for 90 s: deadlines hold, all is released after 60 s, what was not deleted is back after it",
      alone=True, long=True)
def away(space):
    names = ["stays", "ends", "going"]
    for name in names:
        space.deploy(1, name=name)
    containers = {name: space.containers(1, name) for name in names}
    base = {name: bases(containers[name]) for name in names}
    created = time.monotonic()
    hold(space, "ends", duration=f"{int(30 * FACTOR)}s")
    hold(space, "stays")
    hold(space, "going")
    for name in names:
        rises(space, containers[name], base[name], 30 * MIB, name=name)

    def over(name):
        return containers[name][0].usage() - base[name][0]
    # The deletion is taken, but nobody is left to carry it out.
    signal_controllers(signal.SIGSTOP)
    kubectl("delete", "stresschaos", "going", "-n", space.name, "--wait=false")
    api_server("freeze")
    began = time.monotonic()
    try:
        gone = {}
        while len(gone) < 3 and time.monotonic() - began < AWAY * FACTOR:
            for name in names:
                if name not in gone and over(name) < 15 * MIB:
                    gone[name] = time.monotonic()
            time.sleep(0.05)
        expect(len(gone) == 3, f"not released {AWAY * FACTOR:g} s after the API server: {set(names) - set(gone)}")
        deadline = gone["ends"] - created
        expect(28 * FACTOR <= deadline <= 35 * FACTOR, f"ended {deadline:.1f} s after its creation, not {30 * FACTOR:g}")
        for name in ("stays", "going"):
            took = gone[name] - began
            tell(f"{name}: released {took:.1f} s after the API server was away")
            # The last proof of contact is up to 10 s older.
            expect(48 <= took <= 62 + 8 * FACTOR, f"{name}: released after {took:.1f} s, not 60")
        time.sleep(max(0, began + AWAY - time.monotonic()))
        expect(all(over(name) < 1 * MIB for name in names), f"left: {[over(name) for name in names]} bytes")
    finally:
        api_server("thaw")
        signal_controllers(signal.SIGCONT)
    back = time.monotonic()
    rises(space, containers["stays"], base["stays"], 30 * MIB, 60, name="stays")
    tell(f"stressed again within {time.monotonic() - back - 1:.1f} s")
    eventually(lambda: f"the deleted one gone: {space.told('going')}", lambda: space.experiment("going") is None, 60, 0.2)
    falls(space, containers["going"], base["going"], name="going")
    eventually(lambda: f"the one whose time was over is Finished: {space.told('ends')}",
               lambda: space.experiment("ends")["status"].get("phase") == "Finished", 30, 0.2)
    expect(over("ends") < 1 * MIB, "it was begun again behind its deadline")
    eventually(lambda: f"told as injected: {space.told('stays')}",
               lambda: [one["phase"] for one in records(space.experiment("stays"))] == ["Injected"], 30, 0.3)
    whole_again()


@case("API server killed and begun again: the stress stays, and is steered again", alone=True)
def killed(space):
    containers, base = under_stress(space)
    with gaps(containers, base) as found:
        api_server("kill")
        time.sleep(3)
        api_server("start")
    expect(not found, f"the stress was gone for {found} s")
    space.stress(stressors=memory("20MiB", 1))
    rises(space, containers, base, 20 * MIB, 40)
    space.delete_stress()
    falls(space, containers, base)
    whole_again()


@case("node without an agent: told at once; a delete waits for it, until the node is gone too")
def node_gone(space):
    node = f"{space.name}-node"
    lone_node(node)
    try:
        lone_pod({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app", "namespace": space.name},
                  "spec": {"nodeName": node, "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False,
                           "containers": [{"name": "app", "image": "none"}]}})
        began = time.monotonic()
        space.stress()
        words = f"no duress agent on node {node}"
        eventually(lambda: f"{words}: {space.told()}",
                   lambda: words in (condition(space.experiment(), "AllInjected") or {}).get("message", ""), 2)
        tell(f"told {time.monotonic() - began:.2f} s after kubectl apply began")
        eventually("an event that tells it",
                   lambda: [one for one in get("events", "-n", space.name)["items"] if words in one["message"]], 5)
        expect([one["phase"] for one in records(space.experiment())] == ["Not Injected"], space.told())
        kubectl("delete", "stresschaos", "stress", "-n", space.name, "--wait=false")
        time.sleep(3)
        expect(space.experiment() is not None, "the delete did not wait for the node's word")
        began = time.monotonic()
        kubectl("delete", "node", node)
        eventually(lambda: f"the object gone with its node; {space.told()}", lambda: space.experiment() is None, 30, 0.1)
        tell(f"gone {time.monotonic() - began:.1f} s after the node")
        eventually("no NodeStress for that node", lambda: not [one for one in get("nodestress")["items"]
                                                               if one["spec"]["nodeName"] == node], 10)
    finally:
        kubectl("delete", "node", node, "--ignore-not-found")
