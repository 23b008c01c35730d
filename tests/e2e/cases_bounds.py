"""What the administrator lets no experiment do: each bound on, off, and put back."""

import json
import os

from casebook import bases, case, falls, rises
from cluster import (MIB, ROOT, SYSTEM, WORK, apply, condition, container, eventually, expect, helm, kubectl, memory,
                     records, running)

STATIC = f"{WORK}/static-pods"
PROTECTED = ["kube-system", "kube-node-lease", "kube-public"]
AS_BEFORE = ("bounds.hostPID=true", "bounds.nodeCritical=false", "bounds.staticPods=false", "bounds.targets=0",
             "policies.protectedNamespaces={%s}" % ",".join(PROTECTED))


def set_values(*values):
    helm("upgrade", "duress", f"{ROOT}/deploy/helm/duress", "-n", SYSTEM, "--reuse-values", "--wait", "--timeout=2m",
         *[f"--set={value}" for value in values])


def static_pod(space):
    """One that the kubelet has from a file, as it shows it to the API server."""
    thing = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "static", "namespace": space.name,
                                                             "labels": {"app": "static"}},
             "spec": {"terminationGracePeriodSeconds": 0, "containers": [container()]}}
    with open(f"{STATIC}/{space.name}.json", "w", encoding="utf-8") as file:
        json.dump(thing, file)
    return space.containers(1, "static")


def told_of(space, name="stress"):
    """By the Pods' first names: phase and message of each record."""
    return {one["id"].split("/")[1].split("-")[0]: (one["phase"], (one.get("measured") or {}).get("message") or "")
            for one in records(space.experiment(name))}


def selected(space, name="stress"):
    return condition(space.experiment(name), "Selected") or {}


@case("bounds: node-critical, static and hostPID Pods, protected namespaces and too many targets are refused and told",
      alone=True)
def bounds_of_the_administrator(space):
    try:
        carried_out_within_bounds(space)
    finally:
        if os.path.exists(f"{STATIC}/{space.name}.json"):
            os.remove(f"{STATIC}/{space.name}.json")
        set_values(*AS_BEFORE)


def carried_out_within_bounds(space):
    space.deploy(1, name="plain")
    space.deploy(1, name="host", hostPID=True)
    space.deploy(1, name="critical", priorityClassName="system-node-critical")
    plain = space.containers(1, "plain")
    refused = space.containers(1, "host") + space.containers(1, "critical") + static_pod(space)
    base, refused_base = bases(plain), bases(refused)

    set_values("bounds.hostPID=false")
    space.stress()
    rises(space, plain, base, 50 * MIB)
    wanted = {"host": "bounds.hostPID: true", "critical": "bounds.nodeCritical: true", "static": "bounds.staticPods: true"}
    def are_told():
        told = told_of(space)
        return all(told.get(pod, ("", ""))[0] == "Not Injected" and words in told[pod][1] for pod, words in wanted.items())
    eventually(lambda: f"each that is refused is told: {told_of(space)}", are_told, 10, 0.2)
    falls(space, refused, refused_base)

    set_values("bounds.hostPID=true", "bounds.nodeCritical=true", "bounds.staticPods=true", "bounds.targets=4")
    rises(space, refused, refused_base, 50 * MIB, 30)
    too_many(space, plain + refused, base + refused_base)

    set_values(*AS_BEFORE[:-1], "policies.protectedNamespaces={%s}" % ",".join([*PROTECTED, space.name]))
    falls(space, plain + refused, base + refused_base, 20)
    eventually(lambda: f"the namespace is told as protected: {space.told()}",
               lambda: all("policies.protectedNamespaces" in one[1] for one in told_of(space).values()), 10, 0.2)
    late = {"apiVersion": "chaos-mesh.org/v1alpha1", "kind": "StressChaos",
            "metadata": {"name": "late", "namespace": space.name},
            "spec": {"mode": "all", "selector": {}, "stressors": {"cpu": {"load": 1}}}}
    again = apply(late, check=False)
    expect("protects from stress" in again.stderr, f"the policy lets it be made: {again.stderr or again.stdout}")


def too_many(space, running_ones, base):
    """Four are allowed, and run."""
    kubectl("scale", "deployment/plain", "-n", space.name, "--replicas=2")
    fifth = [running(pod) for pod in space.pods(2, "plain")]
    fifth = [one for one in fifth if one.id not in [other.id for other in running_ones]]
    eventually(lambda: f"a fifth is too many, and told: {selected(space)}",
               lambda: selected(space).get("reason") == "TooManyTargets" and "goes on" in selected(space)["message"], 10, 0.2)
    rises(space, running_ones, base, 50 * MIB)
    expect(fifth[0].usage() < 30 * MIB, f"the fifth is stressed all the same: {fifth[0].usage() / MIB:.1f} MiB")
    space.stress(name="more")
    eventually(lambda: f"5 of 4 are not begun: {space.told('more')}",
               lambda: selected(space, "more").get("reason") == "TooManyTargets", 10, 0.2)
    about = selected(space, "more")
    expect(about["status"] == "False" and "5 containers" in about["message"] and "allows an experiment 4" in about["message"],
           str(about))
    expect(not records(space.experiment("more")), f"it is cut to fit: {space.told('more')}")
    space.delete_stress("more")


@case("bounds: all loads of a node hold no more memory than the administrator allows, and fill so many at a time", alone=True)
def bounds_of_a_node(space):
    space.deploy(3)
    pods = sorted(space.pods(3), key=lambda pod: pod["metadata"]["name"])
    containers = [running(pod) for pod in pods]
    base = bases(containers)

    def stress(name, pod, **more):
        space.stress(name=name, selector={"pods": {space.name: [pod["metadata"]["name"]]}}, stressors=memory(**more))
    def message(name):
        return "; ".join((one.get("measured") or {}).get("message") or "" for one in records(space.experiment(name)))
    try:
        set_values("bounds.memoryPerNode=80Mi")
        stress("first", pods[0])
        rises(space, containers[:1], base[:1], 50 * MIB, 40, "first")
        stress("second", pods[1])
        waits = "waits: the administrator allows 80 MiB of stress on this node; 50 MiB are held by others, this asks for 50 MiB"
        eventually(lambda: f"the second waits: {space.told('second')}", lambda: message("second") == waits, 10, 0.1)
        stress("never", pods[2], size="100MiB")
        eventually(lambda: f"the third never fits: {space.told('never')}",
                   lambda: "this asks for 100 MiB: ask for less" in message("never"), 10, 0.1)
        falls(space, containers[1:], base[1:], 5, "second")
        space.delete_stress("first")
        rises(space, containers[1:2], base[1:2], 50 * MIB, 10, "second")
        falls(space, containers[2:], base[2:], 5, "never")
        for name in ("second", "never"):
            space.delete_stress(name)
        set_values("bounds.memoryPerNode=", "bounds.fillsPerNode=1")
        stress("slow", pods[0], time="8s")
        stress("behind", pods[1])
        words = "waits: 1 fill runs on this node, the administrator allows 1 at a time"
        eventually(lambda: f"one waits for the other: {space.told('behind')}",
                   lambda: words in (message("behind"), message("slow")), 10, 0.1)
        rises(space, containers[:2], base[:2], 50 * MIB, 30, "behind")
    finally:
        set_values("bounds.memoryPerNode=", "bounds.fillsPerNode=0")
