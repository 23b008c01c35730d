"""What is to hold on a real cluster. Each case is a function that gets a namespace of its own, and raises Failed."""

import os
import random
import signal
import time

from cluster import (API_SERVER, FACTOR, MIB, ROOT, SYSTEM, Failed, Space, apply, background, condition, container,
                     cpu, daemon_pods, eventually, expect, get, helm, kubectl, memory, patch_as, records, run, running)

CASES = []
BAND = 1 * MIB  # what a counter may be off, its batches on all CPUs included


def case(name):
    def add(function):
        CASES.append((name, function))
        return function
    return add


def tell(text):
    print(f"# {text}", flush=True)


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


def of_experiment(experiment):
    return get("nodestress", "-l", f"duress.dev/experiment-uid={experiment['metadata']['uid']}")["items"]


def cpu_share(containers, seconds=3.0):
    before = [one.cpu_seconds() for one in containers]
    began = time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    return [(one.cpu_seconds() - was) / passed for one, was in zip(containers, before)]


@case("cpu: 20 % of a core in both Pods")
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


@case("both: memory and CPU together, all or nothing")
def both(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    space.stress(stressors={**memory("30MiB", 1), **cpu(20)})
    rises(space, containers, base, 30 * MIB + space_of_cpu_worker())
    shares = cpu_share(containers)
    expect(abs(shares[0] - 0.2) < 0.03, f"shares of a core {shares}; {space.told()}")
    space.delete_stress()
    falls(space, containers, base)


def space_of_cpu_worker():
    return 0  # it is small, and within the band


@case("pause: an annotation releases, and taking it back stresses again")
def pause(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
    key = "experiment.chaos-mesh.org/pause"
    kubectl("annotate", "stresschaos", "stress", "-n", space.name, f"{key}=true")
    falls(space, containers, base)
    space.wait_for("Paused")
    eventually(lambda: f"desiredPhase Stop: {space.told()}",
               lambda: space.experiment()["status"]["experiment"]["desiredPhase"] == "Stop", 5)
    kubectl("annotate", "stresschaos", "stress", "-n", space.name, f"{key}-")
    rises(space, containers, base, 50 * MIB)
    refused = kubectl("annotate", "stresschaos", "stress", "-n", space.name, f"{key}=yes", check=False)
    expect(refused.returncode != 0 and 'yes is not allowed: "true" or "false"' in refused.stderr, refused.stderr)


@case("duration: counted from the creation, and the stress is gone behind it")
def duration(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    began = time.monotonic()
    space.stress(duration="8s")
    rises(space, containers, base, 50 * MIB, 6)
    falls(space, containers, base, 12)
    took = time.monotonic() - began
    expect(6 <= took <= 8 + 3 * FACTOR, f"released after {took:.1f} s, not 8")
    eventually(lambda: f"Finished, recovered: {space.told()}",
               lambda: space.experiment()["status"].get("phase") == "Finished", 10)
    eventually(lambda: f"AllRecovered: {space.told()}",
               lambda: (condition(space.experiment(), "AllRecovered") or {}).get("status") == "True", 5)
    expect(space.experiment() is not None, "the experiment is gone with its stress")


@case("live edit: a new size takes effect on the running experiment")
def live_edit(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    space.stress(stressors=memory("20MiB", 1))
    rises(space, containers, base, 20 * MIB)
    space.stress(stressors=memory("70MiB", 2))
    rises(space, containers, base, 70 * MIB)
    space.stress(stressors=memory("10MiB", 1))
    rises(space, containers, base, 10 * MIB)


@case("containerNames: the named container, and no other; a name that no Pod has is told")
def container_names(space):
    space.deploy(1, containers=[container("first"), container("second")])
    pod = space.pods(1)[0]
    first, second = running(pod, "first"), running(pod, "second")
    base = bases([first, second])
    space.stress(containerNames=["second"])
    rises(space, [second], base[1:], 50 * MIB)
    expect(abs(first.usage() - base[0]) <= BAND, "the first container is stressed too")
    space.delete_stress()
    falls(space, [second], base[1:])
    space.stress(name="missing", containerNames=["third"])
    eventually(lambda: f"a condition that names first and second: {space.told('missing')}",
               lambda: "first" in space.told("missing") and "second" in space.told("missing"), 10)
    expect((condition(space.experiment("missing"), "AllInjected") or {}).get("status") != "True", space.told("missing"))


@case("bad input: refused with path, value and what is allowed")
def bad_input(space):
    spec = {"mode": "all", "selector": {"namespaces": [space.name]}}
    bad = [
        ({"stressors": {"memory": {"size": "0MiB"}}}, "spec.stressors.memory.size", "0MiB is not allowed: a size above 0"),
        ({"stressors": {"memory": {"size": "lots"}}}, "spec.stressors.memory.size", "lots is not allowed"),
        ({"stressors": {"cpu": {"load": 0}}}, "spec.stressors.cpu.load", "0 is not allowed: 1 to 100"),
        ({"stressors": {"cpu": {"workers": 0}}}, "spec.stressors.cpu.workers", "greater than or equal to 1"),
        ({"stressors": {}}, "spec.stressors", "give memory, cpu or both"),
        ({"stressors": memory(), "duration": "soon"}, "spec.duration", "soon is not allowed: a duration above 0s"),
        ({"stressors": memory(), "mode": "some"}, "spec.mode", '"fixed-percent"'),
        ({"stressors": memory(), "remoteCluster": "b"}, "spec.remoteCluster", "apply the manifest in that cluster"),
        ({"stressors": {"memory": {"sise": "5MiB"}}}, "spec.stressors.memory.sise", "unknown field"),
    ]
    for members, path, allowed in bad:
        thing = {"apiVersion": "chaos-mesh.org/v1alpha1", "kind": "StressChaos",
                 "metadata": {"name": "bad", "namespace": space.name}, "spec": {**spec, **members}}
        refused = apply(thing, check=False)
        expect(refused.returncode != 0 and path in refused.stderr and allowed in refused.stderr,
               f"{members}: {refused.stderr or refused.stdout}")


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
    space.deploy()
    containers = space.containers()
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
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


@case("modes: as many Pods as mode and value say, and only the difference when the Deployment grows")
def modes(space):
    space.deploy(4)
    for name, mode, value, count in (("one", "one", None, 1), ("fixed", "fixed", "3", 3),
                                     ("half", "fixed-percent", "30", 2)):
        more = {"value": value} if value else {}
        space.stress(name=name, stressors=cpu(1), mode=mode, **more)
        space.wait_for("AllInjected", name)
        told = records(space.experiment(name))
        expect(len(told) == count, f"{mode} {value}: {len(told)} of 4 Pods, not {count}: {space.told(name)}")
    before = {one["id"] for one in records(space.experiment("half"))}
    kubectl("scale", "deployment/app", "-n", space.name, "--replicas=7")
    space.pods(7)

    def grown():
        now = {one["id"] for one in records(space.experiment("half")) if one["phase"] == "Injected"}
        return len(now) == 3 and before <= now
    eventually(lambda: f"30 % of 7 is 3, those of before among them: {before} {space.told('half')}", grown, 20, 0.2)


@case("selectors: labels, expressions, annotations, fields, nodes, phases and names choose Pods")
def selectors(space):
    space.deploy(1, name="front")
    space.deploy(1, name="back")
    pod = space.pods(1, "front")[0]
    kubectl("annotate", "pod", pod["metadata"]["name"], "-n", space.name, "team=x")
    named, node = pod["metadata"]["name"], pod["spec"]["nodeName"]
    front = {
        "labels": {"labelSelectors": {"app": "front"}},
        "expressions": {"expressionSelectors": [{"key": "app", "operator": "NotIn", "values": ["back"]}]},
        "annotations": {"annotationSelectors": {"team": "x"}},
        "fields": {"fieldSelectors": {"metadata.name": named}},
        "nodes": {"nodes": [node], "labelSelectors": {"app": "front"}},
        "node-labels": {"nodeSelectors": {"kubernetes.io/os": "linux"}, "labelSelectors": {"app": "front"}},
        "phases": {"podPhaseSelectors": ["Running", "!Failed"], "labelSelectors": {"app": "front"}},
        "pods": {"pods": {space.name: [named]}},
    }
    for name, selector in front.items():
        space.stress(name=name, stressors=cpu(1), selector=selector)
    for name in front:
        space.wait_for("AllInjected", name)
        told = [one["id"] for one in records(space.experiment(name))]
        expect(told == [f"{space.name}/{named}/app"], f"{name}: {told}")
    space.stress(name="nobody", stressors=cpu(1), selector={"labelSelectors": {"app": "none"}})
    eventually(lambda: f"nobody selected is told: {space.told('nobody')}",
               lambda: (condition(space.experiment("nobody"), "Selected") or {}).get("status") == "False", 10)


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


@case("delete with the agent away: the object goes behind the release timeout, and nothing is left on the node")
def delete_without_agent(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
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


def token_of_agent(pod):
    return kubectl("create", "token", "duress-agent", "-n", SYSTEM, "--bound-object-kind=Pod",
                   f"--bound-object-name={pod['metadata']['name']}", f"--bound-object-uid={pod['metadata']['uid']}"
                   ).stdout.strip()


def node_stress(name, node):
    return {"apiVersion": "duress.dev/v1alpha1", "kind": "NodeStress",
            "metadata": {"name": name, "labels": {"duress.dev/experiment-uid": "e2e"}},
            "spec": {"nodeName": node, "desiredPhase": "Stop", "containers": [], "stressors": {"cpu": {"load": "1"}},
                     "experiment": {"namespace": "default", "name": "e2e", "uid": "e2e",
                                    "createdAt": "2026-01-01T00:00:00Z"}}}


@case("own node: an agent's token reaches its own node's objects only, and their status only")
def own_node(_):
    pod = daemon_pods("agent")[0]
    token = token_of_agent(pod)
    mine, other = "duress-e2e-mine", "duress-e2e-other"
    try:
        base = "/apis/duress.dev/v1alpha1/nodestresses"
        report = {"status": {"released": True, "observedGeneration": 1, "containers": []}}

        def answer_of(name, node):
            # The sweeper removes them, for there is no such experiment: anew then.
            for _ in range(5):
                apply(node_stress(name, node))
                answer = patch_as(token, f"{base}/{name}/status", report)
                if not answer.startswith("404"):
                    return answer
            raise Failed(f"{name} is removed again and again")
        answer = answer_of(mine, pod["spec"]["nodeName"])
        expect(answer == "200", f"its own is refused: {answer}")
        answer = answer_of(other, "another-node")
        expect("own node only" in answer, f"another node's status: {answer}")
        answer = patch_as(token, f"{base}/{mine}", {"spec": {"desiredPhase": "Run"}})
        expect("cannot patch resource" in answer, f"its own spec: {answer}")
        done = kubectl("delete", "nodestress", other, token=token, check=False)
        expect("cannot delete" in done.stderr, f"delete another node's: {done.stderr or done.stdout}")
        done = kubectl("get", "secrets", "-A", token=token, check=False)
        expect(done.returncode != 0 and "cannot list" in done.stderr, "it may read secrets")
    finally:
        kubectl("delete", "nodestress", mine, other, "--ignore-not-found", check=False)


@case("who may aim: the right to create a StressChaos in each namespace that is named")
def who_may_aim(space):
    user = "e2e-user"
    names = [f"{space.name}-{i:02}" for i in range(27)]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "duress-e2e-user"},
            "rules": [{"apiGroups": ["chaos-mesh.org"], "resources": ["stresschaos"], "verbs": ["*"]}]}
    def binding(namespace):
        return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": {"name": "e2e", "namespace": namespace},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "duress-e2e-user"},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]}
    things = [role, binding(space.name)]
    for name in names:
        things += [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, binding(name)]
    victim = f"{space.name}-victim"
    things.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": victim}})
    apply({"apiVersion": "v1", "kind": "List", "items": things})

    def aim(selector):
        thing = {"apiVersion": "chaos-mesh.org/v1alpha1", "kind": "StressChaos",
                 "metadata": {"name": "aim", "namespace": space.name},
                 "spec": {"mode": "all", "selector": selector, "stressors": cpu(1)}}
        done = apply(thing, "--dry-run=server", user=user, check=False)
        return "" if done.returncode == 0 else done.stderr
    try:
        eventually("the user's rights", lambda: kubectl("auth", "can-i", "create", "stresschaos", "-n", names[26], user=user,
                                                        check=False).stdout.strip() == "yes", 10)
        for selector in ({}, {"namespaces": names[:1]}, {"namespaces": names[:3]}, {"namespaces": names[:26]},
                         {"pods": {names[0]: ["a"], names[1]: ["b"]}}):
            expect(aim(selector) == "", f"{str(selector)[:80]}: {aim(selector)}")
        expect("at most 26 namespaces" in aim({"namespaces": names}), f"27: {aim({'namespaces': names}) or 'taken'}")
        for selector in ({"namespaces": [victim]}, {"namespaces": names[:25] + [victim]}, {"pods": {victim: ["a"]}},
                         {"namespaces": names[:1], "pods": {victim: ["a"]}}):
            expect(f"{victim}" in aim(selector), f"{str(selector)[-80:]}: {aim(selector) or 'taken'}")
        done = kubectl("create", "-f", "-", "--dry-run=server", check=False,
                       text=f'{{"apiVersion": "chaos-mesh.org/v1alpha1", "kind": "StressChaos", "metadata": {{"name": "a", '
                            f'"namespace": "{space.name}"}}, "spec": {{"selector": {{"namespaces": ["kube-system"]}}, '
                            f'"stressors": {{"cpu": {{"load": 1}}}}}}}}')
        expect("protects from stress: kube-system" in done.stderr, f"kube-system: {done.stderr or done.stdout}")
    finally:
        kubectl("delete", "namespace", victim, *names, "--wait=false", check=False)
        kubectl("delete", "clusterrole", "duress-e2e-user", check=False)


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


@case("kill -9 of the agent: its loads end, and are there again once it is back; none twice")
def kill_agent(space):
    space.deploy()
    containers = space.containers()
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
    back = kill_daemon("agent")
    eventually("the agent running again", back, 60)
    rises(space, containers, base, 50 * MIB, 30)
    space.delete_stress()
    falls(space, containers, base)


@case("kill -9 of the controllers: the stress goes on, and a delete is carried out by the next")
def kill_controller(space):
    space.deploy()
    containers = space.containers()
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
    back = kill_daemon("controller")
    kubectl("delete", "stresschaos", "stress", "-n", space.name, "--wait=false")
    eventually("a controller running again", back, 60)
    falls(space, containers, base, 60)
    eventually(lambda: f"the object gone; {space.told()}", lambda: space.experiment() is None, 60)


@case("kill -9 of agent, launcher, loads and controllers at random moments: no double, no leftover")
def kill_anything(space):
    rounds = int(os.environ.get("DURESS_E2E_ROUNDS", "12"))
    dice = random.Random(int(os.environ.get("DURESS_E2E_SEED", "5")))
    space.deploy()
    containers = space.containers()
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
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


@case("agent without contact: it releases after 60 s by itself, and injects again when it hears the API server")
def no_contact(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
    agent = str(min(running(daemon_pods("agent")[0]).processes()))
    link = ["nsenter", "-t", agent, "-n", "ip", "link", "set", "eth0"]
    began = time.monotonic()
    run([*link, "down"])
    try:
        time.sleep(30)
        expect(containers[0].usage() - base[0] >= 48 * MIB, "it releases long before its time")
        falls(space, containers, base, 45)
        took = time.monotonic() - began
        tell(f"released {took:.0f} s after the contact broke")
        expect(50 <= took <= 75 * FACTOR, f"released after {took:.0f} s, not 60")
    finally:
        run([*link, "up"])
    rises(space, containers, base, 50 * MIB, 40)
    eventually(lambda: f"told as injected: {space.told()}",
               lambda: [one["phase"] for one in records(space.experiment())] == ["Injected"], 30, 0.3)


@case("kill switch: a StopAll ends all stress within 2 s, for good; what is made after it runs")
def kill_switch(space):
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
    stop = {"apiVersion": "duress.dev/v1alpha1", "kind": "StopAll", "metadata": {"name": "e2e"}, "spec": {"reason": "e2e"}}
    apply(stop)
    try:
        falls(space, containers, base, 2)
    finally:
        kubectl("delete", "stopall", "e2e")
    # By the API server's clock, which tells whole seconds.
    time.sleep(3)
    expect(containers[0].usage() - base[0] <= BAND, f"it came back when the StopAll was removed: {space.told()}")
    space.stress(name="later", stressors=memory("20MiB", 1))
    rises(space, containers, base, 20 * MIB, name="later")
    space.delete_stress("later")
    space.delete_stress()


@case("chart: what is generated is committed")
def generated(_):
    run([f"{ROOT}/tools/manifests.sh", "--check"])


@case("chart: controller.namespace carries out the experiments of that namespace only, with rights there only")
def one_namespace(space):
    def upgrade(namespace):
        helm("upgrade", "duress", f"{ROOT}/deploy/helm/duress", "-n", SYSTEM, "--reuse-values", "--wait", "--timeout=2m",
             "--set-string", f"controller.namespace={namespace}")
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    other = Space(f"{space.name}-other")
    upgrade(space.name)
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
        upgrade("")


@case("chart: helm test passes")
def helm_test(_):
    done = helm("test", "duress", "-n", SYSTEM, "--logs", check=False)
    expect(done.returncode == 0, done.stdout + done.stderr)


def uninstall(space):
    """Last of all: the chart goes under a running experiment."""
    space.deploy(1)
    containers = space.containers(1)
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
    helm("uninstall", "duress", "-n", SYSTEM, "--wait", "--timeout=2m")
    falls(space, containers, base)
    left = space.experiment()
    expect(left is not None, "the experiment is gone with the release")
    expect(not left["metadata"].get("finalizers"), f"finalizers are left: {left['metadata'].get('finalizers')}")
    expect(not of_experiment(left), f"NodeStress objects are left: {of_experiment(left)}")
    kubectl("delete", "namespace", space.name, "--timeout=60s")


__all__ = ["API_SERVER", "CASES", "Failed", "uninstall"]
