"""What a load would do is told by the nodes, and nothing of it is done."""

import json

from casebook import BAND, bases, case, tell
from cluster import (FACTOR, NETWORK, ROOT, WORK, apply, condition, eventually, expect, get, kubectl, memory,
                     records, run)

DURESS = ["nsenter", f"--net={NETWORK}", "env", f"KUBECONFIG={WORK}/admin.conf", f"{ROOT}/build/release/duress", "kubectl"]


def stress_chaos(space, name, size, **spec):
    return {"apiVersion": "chaos-mesh.org/v1alpha1", "kind": "StressChaos", "metadata": {"name": name, "namespace": space.name},
            "spec": {"mode": "all", "selector": {"namespaces": [space.name], "labelSelectors": {"app": "app"}},
                     "stressors": memory(size, 4), **spec}}


def nothing_held(space, containers, base):
    expect(all(one.usage() - was <= BAND for one, was in zip(containers, base)), f"something is held: {space.told()}")


@case("preflight: 3000 MiB into 500 MiB: the victim is told, nothing is held, the object is gone")
def victim(space):
    space.deploy()
    containers = space.containers()
    base = bases(containers)
    manifest = json.dumps(stress_chaos(space, "memory", "3000MiB"))
    done = run([*DURESS, "preflight", "-f", "-", "-o", "json"], text=manifest, check=False)
    expect(done.returncode == 10, f"exit code {done.returncode}, not 10: {done.stdout}{done.stderr}")
    told = json.loads(done.stdout)
    expect(len(told["containers"]) == 2, done.stdout)
    for one in told["containers"]:
        expect(one["answer"] == "oom" and one["victim"].startswith("worker ") and one["limitBytes"] == 500 << 20 and
               one["level"] and one["askedBytes"] == 3000 << 20, str(one))
    nothing_held(space, containers, base)
    expect(not get("stresschaos", "-n", space.name)["items"], "the preflight is still there")
    safe = run([*DURESS, "preflight", "-n", space.name, "-l", "app=app", "--memory", "50MiB"], check=False)
    expect(safe.returncode == 0 and "safe" in safe.stdout, safe.stdout + safe.stderr)


@case("preflight: an experiment with preflight: true is answered in its status, never injected, and removed after 60 s")
def marked(space):
    space.deploy()
    containers = space.containers()
    base = bases(containers)
    apply(stress_chaos(space, "stress", "50MiB", preflight=True))
    eventually(lambda: f"PreflightDone: {space.told()}",
               lambda: (condition(space.experiment(), "PreflightDone") or {}).get("status") == "True", 10, 0.1)
    told = space.experiment()
    expect([one["phase"] for one in records(told)] == ["Not Injected"] * 2, space.told())
    expect(all(one["measured"]["preflight"]["answer"] == "safe" for one in records(told)), space.told())
    changed = kubectl("patch", "stresschaos", "stress", "-n", space.name, "--type=merge", "-p",
                      '{"spec":{"preflight":false}}', check=False)
    expect(changed.returncode != 0 and "spec.preflight" in changed.stderr, changed.stdout + changed.stderr)
    eventually(lambda: f"the object gone: {space.told()}", lambda: space.experiment() is None, 70 * FACTOR, 0.5)
    nothing_held(space, containers, base)


@case("preflight: whoever may not aim at a namespace is not told of it either")
def without_rights(space):
    kubectl("create", "serviceaccount", "aims", "-n", space.name)
    kubectl("create", "role", "aims", "-n", space.name, "--verb=create,get", "--resource=stresschaos.chaos-mesh.org")
    kubectl("create", "rolebinding", "aims", "-n", space.name, "--role=aims", f"--serviceaccount={space.name}:aims")
    thing = stress_chaos(space, "stress", "50MiB", preflight=True)
    thing["spec"]["selector"]["namespaces"] = ["default"]
    refused = kubectl("apply", "-f", "-", text=json.dumps(thing), check=False,
                      user=f"system:serviceaccount:{space.name}:aims")
    expect(refused.returncode != 0 and "default" in refused.stderr, refused.stdout + refused.stderr)
    tell(refused.stderr.strip().splitlines()[-1][:160])
