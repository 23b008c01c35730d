"""Parts of Duress, or what it stands on, fail under stress."""

import collections
import contextlib
import itertools
import os
import random
import signal
import threading
import time

from casebook import BAND, all_run, case, falls, name_of, of_experiment, processes_of, rises, tell, under_stress
from cluster import MIB, SYSTEM, daemon_pods, eventually, expect, kubectl, memory, running


@case("delete with the agent away: the object goes behind the release timeout, and nothing is left on the node",
      alone=True, long=True)
def delete_without_agent(space):
    containers, base = under_stress(space, 1)
    patch = '{"spec":{"template":{"spec":{"nodeSelector":{"duress.dev/none":"none"}}}}}'
    kubectl("patch", "daemonset", "duress-agent", "-n", SYSTEM, "-p", patch)
    try:
        eventually("no agent", lambda: not daemon_pods("agent"), 60)
        falls(space, containers, base, 15)
        kubectl("delete", "stresschaos", "stress", "-n", space.name, "--wait=false")
        eventually(lambda: f"the object gone; {space.told()}", lambda: space.experiment() is None, 100, 0.5)
    finally:
        undo = '{"spec":{"template":{"spec":{"nodeSelector":{"duress.dev/none":null}}}}}'
        kubectl("patch", "daemonset", "duress-agent", "-n", SYSTEM, "-p", undo)
        eventually("the agent back", lambda: [running(pod) for pod in daemon_pods("agent")][:1] not in ([], [None]), 60)


def kill_daemon(component):
    """kill -9 of the first process of each of its Pods: of the agent that is the launcher's parent or itself."""
    killed = []
    for pod in daemon_pods(component):
        found = running(pod)
        if found:
            pid = min(found.processes())
            os.kill(pid, signal.SIGKILL)
            killed.append((pod["metadata"]["name"], found.id))
    expect(killed, f"no {component} runs")

    def back():
        pods = daemon_pods(component)
        now = [running(pod) for pod in pods]
        return all(now) and not {one.id for one in now} & {was for _, was in killed}
    return back


@case("kill -9 of the agent: its loads end, and are there again once it is back; none twice", alone=True)
def kill_agent(space):
    containers, base = under_stress(space)
    back = kill_daemon("agent")
    eventually("the agent running again", back, 60)
    rises(space, containers, base, 50 * MIB, 30)
    space.delete_stress()
    falls(space, containers, base)


@case("kill -9 of the controllers: the stress goes on, and a delete is carried out by the next", alone=True)
def kill_controller(space):
    containers, base = under_stress(space)
    back = kill_daemon("controller")
    kubectl("delete", "stresschaos", "stress", "-n", space.name, "--wait=false")
    eventually("a controller running again", back, 60)
    falls(space, containers, base, 60)
    eventually(lambda: f"the object gone; {space.told()}", lambda: space.experiment() is None, 60)


VICTIMS = ["agent", "duress-launcher", "duress-warden", "load", "worker", "controller"]


def victims(what, containers):
    if what != "worker":
        return processes_of(what)
    return [pid for one in containers for pid in one.processes() if name_of(pid).startswith("duress")]


def revive():
    """A Pod that the kubelet lets wait, for it was killed twice, makes room for a new one: what waits cannot be killed."""
    waiting = [pod["metadata"]["name"] for component in ("agent", "controller") for pod in daemon_pods(component)
               for one in pod["status"].get("containerStatuses") or []
               if one.get("restartCount", 0) >= 1 and "running" not in one["state"]]
    if waiting:
        kubectl("delete", "pod", "-n", SYSTEM, "--wait=false", *waiting)


def something_to_kill(what, containers, space, spare):
    """What was ended from outside stays Failed, also for the next agent, until the order is another one: of the spare
    numbers of workers, one is taken then."""
    ordered = []
    def look():
        found = victims(what, containers)
        if not found:
            revive()
            failed = (space.experiment() or {}).get("status", {}).get("phase") == "Failed"
            if failed and what != "controller" and not ordered:
                ordered.append(next(spare))
                space.stress(stressors=memory("50MiB", ordered[0]))
        return found
    def told():
        orders = [{"generation": one["metadata"]["generation"], "report": one.get("status")} for one in of_experiment(space.experiment())]
        pods = [(pod["metadata"]["name"], pod["status"].get("containerStatuses")) for pod in daemon_pods("agent")]
        return f"something of {what} to kill; ordered anew: {ordered}; {space.told()}; {orders}; {pods}"
    return eventually(told, look, 60)


@contextlib.contextmanager
def doubles(containers, base):
    """Watches meanwhile; its answer is the bytes above the base that one of them had at most, and then what had been killed."""
    most = {"bytes": 0, "after": "nothing", "now": "nothing"}
    ends = threading.Event()
    def look():
        while not ends.wait(0.005):
            over = max(one.usage() - was for one, was in zip(containers, base))
            if over > most["bytes"]:
                most.update(bytes=over, after=most["now"])
    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        ends.set()
        thread.join()


@case("kill -9 of agent, launcher, loads, workers and controllers at random moments: no double, no leftover",
      alone=True, long=True)
def kill_anything(space):
    rounds = int(os.environ.get("DURESS_E2E_ROUNDS", "25"))
    dice = random.Random(int(os.environ.get("DURESS_E2E_SEED", "5")))
    containers, base = under_stress(space)
    count = collections.Counter()
    spare = itertools.cycle([3, 4])
    began = time.monotonic()
    with doubles(containers, base) as most:
        while count.total() < rounds:
            what = dice.choice(VICTIMS)
            found = something_to_kill(what, containers, space, spare)
            time.sleep(dice.random() * 0.5)
            try:
                os.kill(dice.choice(found), signal.SIGKILL)
            except ProcessLookupError:
                continue
            count[what] += 1
            most["now"] = f"kill {count.total()}, {what}"
            expect(most["bytes"] <= 50 * MIB + BAND,
                   f"{most['after']}: {most['bytes'] / MIB:.1f} MiB above the base are two loads")
        tell(f"{rounds} kills in {time.monotonic() - began:.0f} s: {dict(count)}; {most['bytes'] / MIB:.2f} MiB held at most")
        def whole():
            revive()
            return all(all_run(component) for component in ("agent", "controller"))
        eventually("agent and controllers running again", whole, 60, 0.2)
        space.stress(stressors=memory("50MiB", 2))
        rises(space, containers, base, 50 * MIB, 90)
    expect(most["bytes"] <= 50 * MIB + BAND, f"{most['after']}: {most['bytes'] / MIB:.1f} MiB above the base are two loads")
    told = space.experiment()
    space.delete_stress()
    falls(space, containers, base)
    left = {what: victims(what, containers) for what in ("worker", "load", "duress-warden")}
    expect(not any(left.values()), f"processes are left: {left}")
    expect(not of_experiment(told), f"objects are left: {of_experiment(told)}")
