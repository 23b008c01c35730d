"""Parts of Duress, or what it stands on, fail under stress."""

import os
import random
import signal
import time

from casebook import BAND, case, falls, name_of, processes_of, rises, under_stress
from cluster import MIB, SYSTEM, daemon_pods, eventually, expect, kubectl, running


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


@case("kill -9 of agent, launcher, loads and controllers at random moments: no double, no leftover",
      alone=True, long=True)
def kill_anything(space):
    rounds = int(os.environ.get("DURESS_E2E_ROUNDS", "12"))
    dice = random.Random(int(os.environ.get("DURESS_E2E_SEED", "5")))
    containers, base = under_stress(space)
    for turn in range(rounds):
        what = dice.choice(["agent", "duress-launcher", "duress-warden", "load", "controller"])
        pids = processes_of(what)
        if pids:
            os.kill(dice.choice(pids), signal.SIGKILL)
        time.sleep(dice.random() * 2)
        peak = max(one.usage() - was for one, was in zip(containers, base))
        expect(peak <= 50 * MIB + BAND, f"turn {turn}, {what} killed: {peak / MIB:.1f} MiB above the base are two loads")
    rises(space, containers, base, 50 * MIB, 90)
    space.delete_stress()
    falls(space, containers, base)
    left = [pid for one in containers for pid in one.processes() if name_of(pid).startswith("duress")]
    expect(not left, f"workers are left: {left}")
