"""Stress comes, is as much as was asked, is told, and goes."""

import time

from casebook import BAND, bases, case, cpu_share, falls, of_experiment, rises, tell, under_stress
from cluster import MIB, background, container, cpu, eventually, expect, get, kubectl, memory, records, running


@case("article: 50 MiB in both Pods of a Deployment, told and released")
def article(space):
    space.deploy()
    containers = space.containers()
    base = bases(containers)
    began = time.monotonic()
    space.stress(stressors=memory("50MiB", 4, options=[""]), duration="1h")
    applied = time.monotonic()
    eventually(lambda: f"95 % of 50 MiB in both; {space.told()}",
               lambda: all(one.usage() - was >= 0.95 * 50 * MIB for one, was in zip(containers, base)), 20, 0.001)
    tell(f"apply took {applied - began:.3f} s; both at 95 % {time.monotonic() - applied:+.3f} s after it returned")
    rises(space, containers, base, 50 * MIB)
    space.wait_for("AllInjected")
    told = space.experiment()
    expect(told["status"]["experiment"]["desiredPhase"] == "Run", f"desiredPhase: {space.told()}")
    ids = sorted(f"{space.name}/{pod['metadata']['name']}/app" for pod in space.pods())
    expect([one["id"] for one in records(told)] == ids, f"records of {ids}: {space.told()}")
    expect(all(one["phase"] == "Injected" and one["selectorKey"] == "." for one in records(told)), space.told())

    def measured():
        figures = [one.get("measured") or {} for one in records(space.experiment())]
        return all(one.get("heldBytes", 0) + BAND >= 50 * MIB and one.get("limitBytes") == 500 * MIB and
                   abs(one.get("usageBytes", 0) - was - 50 * MIB) <= 2 * BAND for one, was in zip(figures, base))
    eventually(lambda: f"measured figures of 50 MiB: {records(space.experiment())}", measured, 15, 0.2)
    columns = kubectl("get", "stress", "-n", space.name).stdout
    expect("MODE" in columns and "Running" in columns, columns)

    # One that waits already sees the end at once; asking again and again costs a process each time.
    with background("wait", "--for=delete", "stresschaos/stress", "-n", space.name, "--timeout=20s") as gone:
        time.sleep(0.5)
        began = time.monotonic()
        kubectl("delete", "stresschaos", "stress", "-n", space.name, "--wait=false")
        deleted = time.monotonic()
        falls(space, containers, base)
        released = time.monotonic()
        expect(gone.wait(20) == 0, f"the object is still there: {space.told()}")
        tell(f"delete took {deleted - began:.3f} s; released {released - deleted:+.3f} s after it returned, the object "
             f"gone {time.monotonic() - deleted:+.3f} s")
    eventually(lambda: f"no NodeStress left: {get('nodestress')['items']}", lambda: not of_experiment(told), 5)


@case("cpu: 20 % of a core in both Pods", alone=True)
def cpu_alone(space):
    space.deploy()
    containers = space.containers()
    space.stress(stressors=cpu(20))
    space.wait_for("AllInjected")
    time.sleep(1)
    shares = cpu_share(containers)
    expect(all(abs(share - 0.2) < 0.03 for share in shares), f"shares of a core {shares}; {space.told()}")
    space.delete_stress()
    shares = cpu_share(containers, 1)
    expect(all(share < 0.02 for share in shares), f"after the delete still {shares} of a core")


@case("both: memory and CPU together, all or nothing", alone=True)
def both(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    space.stress(stressors={**memory("30MiB", 1), **cpu(20)})
    rises(space, containers, base, 30 * MIB)
    shares = cpu_share(containers)
    expect(abs(shares[0] - 0.2) < 0.03, f"shares of a core {shares}; {space.told()}")
    space.delete_stress()
    falls(space, containers, base)


@case("two experiments on one container add up, and each is released alone")
def two_experiments(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    space.stress(name="a", stressors=memory("30MiB", 1))
    space.stress(name="b", stressors=memory("20MiB", 2))
    rises(space, containers, base, 50 * MIB, name="a")
    space.delete_stress("a")
    rises(space, containers, base, 20 * MIB, name="b")
    space.delete_stress("b")
    falls(space, containers, base, name="b")


@case("restart: a container that its liveness probe restarted is stressed again")
def liveness_restart(space):
    probe = {"exec": {"command": ["test", "!", "-e", "/tmp/ill"]}, "periodSeconds": 1, "failureThreshold": 1}
    space.deploy(1, containers=[container(livenessProbe=probe)])
    old = space.containers(1)[0]
    base = bases([old])
    space.stress()
    rises(space, [old], base, 50 * MIB)
    pod = space.pods(1)[0]["metadata"]["name"]
    kubectl("exec", "-n", space.name, pod, "--", "touch", "/tmp/ill")

    def restarted():
        now = running(get("pod", pod, "-n", space.name))
        return now if now and now.id != old.id else None
    new = eventually("a restarted container", restarted, 60, 0.02)
    began = time.monotonic()
    eventually(lambda: f"50 MiB in the new container; it has {new.usage() / MIB:.1f}; {space.told()}",
               lambda: new.usage() >= 47 * MIB, 20, 0.01)
    tell(f"stressed again {time.monotonic() - began:.2f} s after the container was seen running")
    space.wait_for("AllInjected")

    def counted():
        found = records(space.experiment())
        return found and found[0].get("injectedCount", 0) >= 2 and (found[0].get("measured") or {}).get("restarts", 0) >= 1
    eventually(lambda: f"two injections and a restart in the record: {records(space.experiment())}", counted, 10)


@case("rollout: new Pods are stressed, the old ones are no targets any more")
def rollout(space):
    under_stress(space)
    old = {pod["metadata"]["uid"] for pod in space.pods()}
    kubectl("rollout", "restart", "deployment/app", "-n", space.name)

    def replaced():
        pods = space.pods()
        return not old & {pod["metadata"]["uid"] for pod in pods} and [running(pod) for pod in pods]
    new = eventually("two new Pods", replaced, 60)
    eventually(lambda: f"50 MiB in the new Pods; {space.told()}",
               lambda: all(one.usage() >= 48 * MIB for one in new), 20)
    eventually(lambda: f"two records, both injected: {space.told()}",
               lambda: [one["phase"] for one in records(space.experiment())] == ["Injected"] * 2, 10)


@case("hostPID and shareProcessNamespace: targets whose PID 1 is not their own")
def shared_namespaces(space):
    space.deploy(1, name="shared", shareProcessNamespace=True)
    space.deploy(1, name="host", hostPID=True)
    containers = space.containers(1, "shared") + space.containers(1, "host")
    base = bases(containers)
    space.stress()
    told = None

    def settled():
        nonlocal told
        told = {one["id"].split("/")[1].split("-")[0]: one for one in records(space.experiment())}
        return "shared" in told and told["shared"]["phase"] == "Injected"
    eventually(lambda: f"the Pod that shares its namespace is stressed: {space.told()}", settled, 20, 0.2)
    rises(space, containers[:1], base[:1], 50 * MIB)
    host = told.get("host") or {}
    expect(host.get("phase") == "Injected" or "hostPID" in space.told(),
           f"a hostPID Pod is stressed, or the status says why not: {space.told()}")
    kubectl("delete", "pods", "--all", "-n", space.name, "--grace-period=0", "--force")
    eventually("both containers' cgroups gone: no worker holds them", lambda: not any(one.exists() for one in containers),
               30)
