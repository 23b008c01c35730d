"""What is different on cgroup v2, and one experiment over nodes of both versions. The node's own files are the witness; it
is ten times slower, so nothing is measured in time here."""

import v2_node
from casebook import BAND, case, falls, of_experiment, rises, tell
from cluster import MIB, apply, container, cpu, eventually, expect, get, kubectl, memory, records, running
from v2_node import NODE, Container

PATIENCE = 120


def place(space, name, node=NODE, **more):
    """A Pod on that node, whatever the scheduler thinks of it."""
    apply({"apiVersion": "v1", "kind": "Pod",
           "metadata": {"name": name, "namespace": space.name, "labels": {"app": "app"}},
           "spec": {"nodeName": node, "terminationGracePeriodSeconds": 0, "containers": [container(**more)],
                    "automountServiceAccountToken": False}})


def placed(space, *names):
    def look():
        pods = [get("pod", name, "-n", space.name) for name in names]
        return pods if all(pod and v2_node.runs(pod) for pod in pods) else None
    return eventually(lambda: f"{names} run: {kubectl('get', 'pods', '-o', 'wide', '-n', space.name).stdout}", look, PATIENCE, 0.5)


def measured(space, name):
    found = [one for one in records(space.experiment()) if one["id"].split("/")[1] == name]
    return (found[0].get("measured") or {}) if found else {}


@case("v2 node: the article's 50 MiB by four workers in two Pods, told as its own files have it, and released", second=True)
def article(space):
    place(space, "a")
    place(space, "b")
    containers = [Container(pod) for pod in placed(space, "a", "b")]
    base = [one.usage() for one in containers]
    space.stress(stressors=memory("50MiB", 4, options=[""]), duration="1h")
    rises(space, containers, base, 50 * MIB, PATIENCE)
    space.wait_for("AllInjected", seconds=PATIENCE)
    for one, name in zip(containers, "ab"):
        eventually(lambda name=name, one=one: f"usage {one.usage()} of {name} in the status: {measured(space, name)}",
                   lambda name=name, one=one: abs(measured(space, name).get("usageBytes", 0) - one.usage()) <= 2 * BAND and
                   measured(space, name).get("limitBytes") == 500 * MIB, 30, 0.5)
    told = space.experiment()
    kubectl("delete", "stresschaos", "stress", "-n", space.name, "--wait=false")
    falls(space, containers, base, PATIENCE)
    eventually(lambda: f"no NodeStress left: {of_experiment(told)}", lambda: not of_experiment(told), PATIENCE, 0.5)


@case("v2 node: 3000 MiB into 500 MiB: the whole container is foretold as the victim, killed, and told", second=True)
def group_kill(space):
    place(space, "a")
    one = Container(placed(space, "a")[0])
    expect(v2_node.ask(f"cat {one.cgroup}/memory.oom.group").strip() == "1", "the kubelet has not set memory.oom.group")
    space.stress(stressors=memory("3000MiB", 4))
    eventually(lambda: f"foretold: {measured(space, 'a')}",
               lambda: "memory.oom.group" in measured(space, "a").get("forecast", ""), PATIENCE, 0.5)
    def killed():
        status = (get("pod", "a", "-n", space.name)["status"].get("containerStatuses") or [{}])[0]
        return status.get("restartCount", 0) >= 1
    eventually(lambda: f"the container is killed: {space.told()}", killed, PATIENCE, 0.5)
    def verdict():
        return "OOM" in measured(space, "a").get("verdict", "") and measured(space, "a").get("oomKills", 0) >= 1
    eventually(lambda: f"a verdict: {measured(space, 'a')}", verdict, PATIENCE, 0.5)
    tell(measured(space, "a")["verdict"])
    space.delete_stress()


@case("v2 node: CPU, 30 % of a core", second=True)
def cpu_there(space):
    place(space, "a")
    one = Container(placed(space, "a")[0])
    space.stress(stressors=cpu(30))
    space.wait_for("AllInjected", seconds=PATIENCE)
    # By its own clock and its own counter: the machine is slower than its seconds.
    words = f"cat /proc/uptime {one.cgroup}/cpu.stat; busybox sleep 5; cat /proc/uptime {one.cgroup}/cpu.stat"
    def share():
        found = [line.split() for line in v2_node.ask(words).splitlines()]
        times = [float(line[0]) for line in found if len(line) == 2 and "." in line[0]]
        used = [int(line[1]) / 1e6 for line in found if line[0] == "usage_usec"]
        return (used[1] - used[0]) / (times[1] - times[0])
    shares = []
    def near():
        shares.append(share())
        return abs(shares[-1] - 0.3) < 0.06
    eventually(lambda: f"shares {shares}; {space.told()}", near, 60, 0.1)
    space.delete_stress()


@case("both nodes: one experiment over a container of cgroup v1 and one of v2", second=True)
def both_nodes(space):
    place(space, "a")
    place(space, "b", "duress-node")
    pods = placed(space, "a", "b")
    containers = [Container(pods[0]), running(pods[1])]
    base = [one.usage() for one in containers]
    space.stress()
    rises(space, containers, base, 50 * MIB, PATIENCE)
    space.wait_for("AllInjected", seconds=PATIENCE)
    told = space.experiment()
    expect(told["status"]["injected"] == 2 and len(of_experiment(told)) == 2, space.told())
    kubectl("delete", "stresschaos", "stress", "-n", space.name, "--wait=false")
    falls(space, containers, base, PATIENCE)
    eventually(lambda: f"the object is gone: {space.told()}", lambda: not space.experiment(), PATIENCE, 0.5)
