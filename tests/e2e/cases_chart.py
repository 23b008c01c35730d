"""The chart: what is generated, its values, its test, its end."""

import time

from casebook import BAND, bases, case, falls, gaps, of_experiment, rises, tell, under_stress, whole_again
from cluster import (FACTOR, MIB, ROOT, SYSTEM, Space, apply, container, daemon_pods, eventually, expect, helm, kubectl,
                     records, run, running)


@case("chart: what is generated is committed")
def generated(_):
    run([f"{ROOT}/tools/manifests.sh", "--check"])


def upgrade(*values):
    """The release with these values, all others as they are."""
    chosen = [f"--set-string={value}" for value in values]
    helm("upgrade", "duress", f"{ROOT}/deploy/helm/duress", "-n", SYSTEM, "--reuse-values", "--wait", "--timeout=2m", *chosen)


@case("chart: controller.namespace carries out the experiments of that namespace only, with rights there only", alone=True)
def one_namespace(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    other = Space()
    upgrade("controller.namespace=" + space.name)
    try:
        other.deploy(1)
        other.stress(duration="1m")
        space.stress()
        rises(space, containers, base, 50 * MIB, 40)
        expect(not records(other.experiment()), f"another namespace's is carried out: {other.told()}")
        space.delete_stress()
        falls(space, containers, base)
        may = kubectl("auth", "can-i", "list", "pods", "-n", other.name, check=False,
                      user=f"system:serviceaccount:{SYSTEM}:duress-controller").stdout.strip()
        expect(may == "no", "the controller may still look at other namespaces' Pods")
    finally:
        other.remove()
        upgrade("controller.namespace=")


@case("chart: helm test passes")
def helm_test(_):
    done = helm("test", "duress", "-n", SYSTEM, "--logs", check=False)
    expect(done.returncode == 0, done.stdout + done.stderr)


@case("upgrade: the chart is upgraded under stress, with a short gap; its new agent.disconnectedFor holds", alone=True)
def upgrade_under_stress(space):
    containers, base = under_stress(space, 1)
    old = {pod["metadata"]["uid"] for component in ("agent", "controller") for pod in daemon_pods(component)}
    with gaps(containers, base) as found:
        upgrade("agent.disconnectedFor=12s", "controller.releaseTimeout=40s")
        rises(space, containers, base, 50 * MIB, 40)
    new = {pod["metadata"]["uid"] for component in ("agent", "controller") for pod in daemon_pods(component)}
    expect(not old & new, f"Pods of before the upgrade are left: {old & new}")
    tell(f"the stress was gone for {found} s meanwhile")
    expect(found and sum(found) <= 10 * FACTOR, f"the stress was gone for {found} s: once, and 10 s at most, is promised")
    eventually(lambda: f"the record tells of it: {records(space.experiment())}",
               lambda: records(space.experiment())[0].get("injectedCount", 0) >= 2, 15)
    try:
        contact_lost(space, containers, base)
    finally:
        upgrade("agent.disconnectedFor=", "controller.releaseTimeout=")
        whole_again()


def contact_lost(space, containers, base):
    agent = str(min(running(daemon_pods("agent")[0]).processes()))
    link = ["nsenter", "-t", agent, "-n", "ip", "link", "set", "eth0"]
    began = time.monotonic()
    run([*link, "down"])
    try:
        time.sleep(5)
        expect(containers[0].usage() - base[0] >= 48 * MIB, "it releases long before its time")
        falls(space, containers, base, 25)
        took = time.monotonic() - began
        tell(f"released {took:.1f} s after the agent's contact broke")
        expect(took >= 7, f"released after {took:.1f} s, not 12")
    finally:
        run([*link, "up"])
    rises(space, containers, base, 50 * MIB, 40)
    eventually(lambda: f"told as injected: {space.told()}",
               lambda: [one["phase"] for one in records(space.experiment())] == ["Injected"], 30, 0.3)


def chaos_mesh(space, kinds):
    """What the controller looks at of a Chaos Mesh: its controller manager's Deployment."""
    apply({"apiVersion": "apps/v1", "kind": "Deployment",
           "metadata": {"name": "chaos-controller-manager", "namespace": space.name,
                        "labels": {"app.kubernetes.io/part-of": "chaos-mesh",
                                   "app.kubernetes.io/component": "controller-manager"}},
           "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "mesh"}},
                    "template": {"metadata": {"labels": {"app": "mesh"}}, "spec": {
                        "terminationGracePeriodSeconds": 0,
                        "containers": [container(env=[{"name": "ENABLED_CONTROLLERS", "value": kinds}])]}}}})


def new_controllers():
    kubectl("delete", "pods", "-n", SYSTEM, "-l", "app.kubernetes.io/component=controller", "--wait=false")


@case("Chaos Mesh: beside one that serves StressChaos no controller starts, and it says why; beside another it runs", alone=True)
def beside_chaos_mesh(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    try:
        chaos_mesh(space, "podchaos, stresschaos")
        new_controllers()
        words = f"Chaos Mesh (Deployment {space.name}/chaos-controller-manager) serves StressChaos"

        def refused():
            ends = [(one.get("lastState", {}).get("terminated") or one.get("state", {}).get("terminated") or {}).get("message", "")
                    for pod in daemon_pods("controller") for one in pod["status"].get("containerStatuses") or []]
            return len(ends) == 2 and all(words in end and "enabledControllers" in end for end in ends)
        eventually(lambda: f"both say {words!r}: {kubectl('get', 'pods', '-n', SYSTEM).stdout}", refused, 40, 0.2)
        space.stress()
        time.sleep(2)
        expect(containers[0].usage() - base[0] <= BAND, f"it is carried out all the same: {space.told()}")
        chaos_mesh(space, "podchaos,networkchaos")
        new_controllers()  # those that refuse are begun again only after a while
        rises(space, containers, base, 50 * MIB, 60)
        space.delete_stress()
        falls(space, containers, base)
    finally:
        kubectl("delete", "deployment", "chaos-controller-manager", "-n", space.name, "--ignore-not-found")
        whole_again()


@case("uninstall: under a running experiment, nothing is left", alone=True, last=True)
def uninstall(space):
    """Last of all: the chart goes under a running experiment."""
    containers, base = under_stress(space, 1)
    helm("uninstall", "duress", "-n", SYSTEM, "--wait", "--timeout=2m")
    falls(space, containers, base)
    left = space.experiment()
    expect(left is not None, "the experiment is gone with the release")
    expect(not left["metadata"].get("finalizers"), f"finalizers are left: {left['metadata'].get('finalizers')}")
    expect(not of_experiment(left), f"NodeStress objects are left: {of_experiment(left)}")
    kubectl("delete", "namespace", space.name, "--timeout=60s")
