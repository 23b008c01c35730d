"""Many Pods, many nodes: what objects grow to, and what it costs."""

import json
import os
import time

from casebook import bases, case, falls, lone_agent, lone_node, processes_of, tell
from cluster import MIB, SYSTEM, daemon_pods, eventually, expect, get, kubectl, memory, records, running
from many import Many

KIB = 1024
NODES = 24
CONTAINERS = 5  # a Pod
TARGETS = int(os.environ.get("DURESS_E2E_TARGETS", "6000"))


def size_of(thing):
    """As etcd has it: without white space, and without what managedFields add when they are asked for."""
    return len(json.dumps(thing, separators=(",", ":")))


def simulated_pods(space, nodes):
    for number in range(TARGETS // CONTAINERS):
        names = [f"c{index}" for index in range(CONTAINERS)]
        yield {"apiVersion": "v1", "kind": "Pod",
               "metadata": {"name": f"target-of-{space.name}-{number:04}", "namespace": space.name, "labels": {"app": "many"}},
               "spec": {"nodeName": nodes[number % len(nodes)], "terminationGracePeriodSeconds": 0,
                        "automountServiceAccountToken": False, "enableServiceLinks": False,
                        "containers": [{"name": name, "image": "none",
                                        "resources": {"limits": {"memory": "500Mi"}}} for name in names]}}


def running_status(pod, number):
    return {"status": {"phase": "Running", "containerStatuses": [
        {"name": one["name"], "image": "none", "imageID": "", "ready": True, "restartCount": 0,
         "containerID": f"containerd://{number:032x}{index:032x}", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
        for index, one in enumerate(pod["spec"]["containers"])]}}


def report_of(target, turn, number):
    """As an agent's, figures and all; a few have a story to tell."""
    ill = number % 37 == 0 and turn > 0
    held = 20 * MIB + turn * 3 * MIB
    told = {**{key: target[key] for key in ("namespace", "pod", "container", "containerID")}, "phase": "Injected", "times": 1,
            "reached": True, "kills": 3 if ill else 0, "oomKills": 1 if ill else 0, "restarts": 0, "since": "2026-01-01T00:00:00Z",
            "askedBytes": 50 * MIB, "heldBytes": held, "usageBytes": held + 12345678, "workingSetBytes": held + 2345678,
            "limitBytes": 500 * MIB, "event": "the load reached what was asked for"}
    if ill:
        told["verdict"] = "The kernel killed a worker of ours 3 times: the limit of the container is below what was asked for."
    return told


class Agents:
    """The agents of nodes that are not there: they answer each order."""

    def __init__(self, many, experiment):
        self.many = many
        self.experiment = experiment

    def orders(self):
        uid = self.experiment["metadata"]["uid"]
        return self.many.get(f"/apis/duress.dev/v1alpha1/nodestresses?labelSelector=duress.dev/experiment-uid%3D{uid}")["items"]

    def report(self, turn):
        self.answer(lambda order: {"released": False, "containers": [
            report_of(target, turn, number) for number, target in enumerate(order["spec"]["containers"])]})

    def release(self):
        self.answer(lambda order: {"released": True, "containers": []})

    def answer(self, status):
        self.many.send([("PATCH", f"/apis/duress.dev/v1alpha1/nodestresses/{order['metadata']['name']}/status",
                         {"status": {"observedGeneration": order["metadata"]["generation"], **status(order)}})
                        for order in self.orders()])


def leader():
    """The PID of the controller that acts."""
    holder = get("lease", "duress-controller", "-n", SYSTEM)["spec"]["holderIdentity"]
    return min(running(next(pod for pod in daemon_pods("controller") if pod["metadata"]["name"] == holder)).processes())


def resident(pid, what="VmRSS"):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * KIB for line in file if line.startswith(what))


def cpu_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return sum(int(ticks) for ticks in file.read().rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")


@case(f"scale: {TARGETS} simulated targets on {NODES} nodes: objects stay small, with counts and the worst 100",
      alone=True, long=True)
def many_targets(space):
    pid = leader()
    tell(f"controller: {resident(pid) / MIB:.1f} MiB resident before")
    nodes = [f"{space.name}-node{number:02}" for number in range(NODES)]
    for node in nodes:
        lone_node(node)
        lone_agent(node)
    try:
        with Many() as many:
            began = time.monotonic()
            path = f"/api/v1/namespaces/{space.name}/pods"
            pods = list(simulated_pods(space, nodes))
            many.send([("POST", path, pod) for pod in pods])
            many.send([("PATCH", f"{path}/{pod['metadata']['name']}/status", running_status(pod, number))
                       for number, pod in enumerate(pods)])
            tell(f"{len(pods)} Pods of {CONTAINERS} containers made in {time.monotonic() - began:.1f} s")
            with_reports(space, many, pid)
    finally:
        agents = [f"duress-agent-{node}" for node in nodes]
        kubectl("delete", "pod", *agents, "-n", SYSTEM, "--ignore-not-found", "--force", "--wait=false")
        kubectl("delete", "node", *nodes, "--ignore-not-found", "--wait=false")


def with_reports(space, many, pid):
    began, spent = time.monotonic(), cpu_of(pid)
    space.stress(containerNames=[f"c{index}" for index in range(CONTAINERS)])
    agents = Agents(many, space.experiment())

    def ordered():
        return sum(len(order["spec"]["containers"]) for order in agents.orders()) == TARGETS
    eventually(lambda: f"orders for {TARGETS} targets: {space.told()}", ordered, 30, 0.2)
    tell(f"all ordered {time.monotonic() - began:.1f} s after kubectl apply")
    agents.report(0)
    eventually(lambda: f"all injected: {space.told()}",
               lambda: space.experiment()["status"].get("injected") == TARGETS, 30, 0.2)
    agents.report(1)

    def worst_known():
        return sum(1 for one in records(space.experiment()) if (one.get("measured") or {}).get("verdict")) >= 100
    eventually(lambda: f"the worst are told: {len(records(space.experiment()))} records", worst_known, 30, 0.3)
    tell(f"controller: {cpu_of(pid) - spent:.2f} s of CPU from apply to there")
    told = space.experiment()
    expect(told["status"].get("targets") == TARGETS, f"targets: {told['status'].get('targets')}")
    expect(len(records(told)) == 100, f"{len(records(told))} records, not the worst 100")
    largest = max(size_of(order) for order in agents.orders())
    tell(f"experiment {size_of(told) / KIB:.0f} KiB, largest NodeStress {largest / KIB:.0f} KiB with {TARGETS // NODES} targets")
    expect(size_of(told) <= 300 * KIB, f"the experiment has {size_of(told) / KIB:.0f} KiB")
    expect(largest <= 256 * KIB, f"a NodeStress has {largest / KIB:.0f} KiB")
    spent = cpu_of(pid)
    time.sleep(5)
    tell(f"controller: {resident(pid) / MIB:.1f} MiB resident, {resident(pid, 'VmHWM') / MIB:.1f} at most, "
         f"{(cpu_of(pid) - spent) / 5 * 100:.1f} % of a core when nothing changes")
    expect(resident(pid, "VmHWM") <= 96 * MIB, f"the controller took {resident(pid, 'VmHWM') / MIB:.0f} MiB")
    kubectl("delete", "stresschaos", "stress", "-n", space.name, "--wait=false")
    eventually("all are told to stop", lambda: all(order["spec"]["desiredPhase"] == "Stop" for order in agents.orders()), 30)
    agents.release()
    eventually(lambda: f"the object gone; {space.told()}", lambda: space.experiment() is None, 30, 0.2)


PODS = 100


@case(f"scale: {PODS} Pods of one node in one experiment, each stressed, told and released", alone=True)
def many_pods(space):
    began = time.monotonic()
    # In the node's own network: a hundred cards of their own are no part of what is proved.
    space.deploy(PODS, seconds=150, hostNetwork=True, automountServiceAccountToken=False, enableServiceLinks=False)
    containers = space.containers(PODS)
    tell(f"{PODS} Pods run after {time.monotonic() - began:.1f} s")
    base = bases(containers)
    began = time.monotonic()
    space.stress(stressors=memory("4MiB", 1))

    def held():
        return all(abs(one.usage() - was - 4 * MIB) <= MIB for one, was in zip(containers, base))
    eventually(lambda: f"4 MiB in each: {space.told()}", held, 60, 0.05)
    tell(f"4 MiB held in each of them {time.monotonic() - began:.1f} s after kubectl apply began")
    space.wait_for("AllInjected", seconds=60)
    told = records(space.experiment())
    expect(len(told) == PODS and all(one["phase"] == "Injected" for one in told), space.told())
    agent = min(processes_of("agent"))
    tell(f"agent: {resident(agent) / MIB:.1f} MiB resident")
    expect(resident(agent) <= 24 * MIB, f"the agent takes {resident(agent) / MIB:.0f} MiB")
    began = time.monotonic()
    space.delete_stress()
    falls(space, containers, base, 30)
    tell(f"released, and the object gone, {time.monotonic() - began:.1f} s after kubectl delete began")
