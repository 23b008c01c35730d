"""The sign of life of the agents: nothing is told as injected while nothing runs."""

import os
import signal
import time

from casebook import BAND, all_run, case, falls, of_experiment, processes_of, rises, tell, under_stress
from cluster import FACTOR, MIB, SYSTEM, apply, condition, daemon_pods, eventually, expect, get, kubectl, records


def phases(space):
    return [one["phase"] for one in records(space.experiment())]


def message(space):
    return (condition(space.experiment(), "AllInjected") or {}).get("message", "")


def events(space, words):
    return [one for one in get("events", "-n", space.name)["items"] if words in one.get("message", "")]


def kill_agents():
    pids = processes_of("agent")
    expect(pids, "no agent runs")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def fresh_agents():
    """New Pods, which the kubelet does not let wait for what their predecessors went through."""
    old = {pod["metadata"]["uid"] for pod in daemon_pods("agent")}
    kubectl("delete", "pod", "-n", SYSTEM, "-l", "app.kubernetes.io/name=duress,app.kubernetes.io/component=agent")
    eventually("new agents", lambda: all_run("agent") and not old & {pod["metadata"]["uid"] for pod in daemon_pods("agent")}, 60)


@case("agent that does not come back: its node counts as not injected within 3 s, and why; injected again once it is back",
      alone=True, long=True)
def agent_stays_dead(space):
    fresh_agents()
    containers, base = under_stress(space, 1)
    space.wait_for("AllInjected")
    # The first time the kubelet begins it again at once, the second time it waits for 10 s.
    kill_agents()
    eventually("the agent again", lambda: all_run("agent"), 30)
    rises(space, containers, base, 50 * MIB, 30)
    space.wait_for("AllInjected")
    began = time.monotonic()
    kill_agents()
    falls(space, containers, base, 3)
    tell(f"nothing is left of its loads after {time.monotonic() - began:.2f} s")
    eventually(lambda: f"told as not injected, and why: {space.told()}",
               lambda: phases(space) == ["Not Injected"] and "does not run: what it stressed was released" in message(space),
               max(0.1, 3 - (time.monotonic() - began) / FACTOR))
    tell(f"told {time.monotonic() - began:.2f} s after the kill")
    expect(not all_run("agent"), "it is back already: nothing was tried")
    expect(space.experiment()["status"].get("injected") == 0, space.told())
    eventually("an event that tells it", lambda: events(space, "what it stressed was released"), 5)
    eventually(lambda: f"injected again: {space.told()}", lambda: phases(space) == ["Injected"], 60, 0.2)
    rises(space, containers, base, 50 * MIB)
    space.delete_stress()
    falls(space, containers, base)


def scale_controllers(replicas):
    kubectl("scale", "deployment", "duress-controller", "-n", SYSTEM, f"--replicas={replicas}")


@case("kill switch while no controller runs: agents that restart behind it know it, and so does the next controller", alone=True)
def stop_all_unseen(space):
    containers, base = under_stress(space, 1)
    experiment = space.experiment()
    replicas = get("deployment", "duress-controller", "-n", SYSTEM)["spec"]["replicas"]
    scale_controllers(0)
    try:
        eventually("no controller", lambda: not daemon_pods("controller"), 60, 0.3)
        apply({"apiVersion": "duress.dev/v1alpha1", "kind": "StopAll", "metadata": {"name": "e2e"}, "spec": {"reason": "e2e"}})
        try:
            falls(space, containers, base, 2)
            eventually(lambda: f"told as stopped for all: {of_experiment(experiment)}",
                       lambda: all(one["status"].get("stoppedForAll") and one["status"].get("released")
                                   for one in of_experiment(experiment)), 5)
        finally:
            kubectl("delete", "stopall", "e2e")
        fresh_agents()
        time.sleep(4)
        expect(containers[0].usage() - base[0] <= BAND, "it came back with the next agent")
    finally:
        scale_controllers(replicas)
    eventually(lambda: f"told as ended by a StopAll: {space.told()}",
               lambda: (condition(space.experiment(), "Completed") or {}).get("reason") == "StopAll", 60, 0.2)
    eventually(lambda: f"Finished: {space.told()}", lambda: space.experiment()["status"].get("phase") == "Finished", 10)
    # They stay for an hour, for their recordings.
    eventually(lambda: f"every order says Stop: {of_experiment(experiment)}",
               lambda: all(one["spec"]["desiredPhase"] == "Stop" for one in of_experiment(experiment)), 10)
    time.sleep(3)
    expect(containers[0].usage() - base[0] <= BAND, f"it came back with the next controller: {space.told()}")
    expect(phases(space) == ["Not Injected"], space.told())
    eventually("all controllers", lambda: len(daemon_pods("controller")) == replicas and all_run("controller"), 60, 0.3)
