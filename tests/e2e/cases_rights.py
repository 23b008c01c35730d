"""Who may do what, and what is refused at once."""

import json

from casebook import case
from cluster import SYSTEM, Failed, apply, cpu, daemon_pods, eventually, expect, kubectl, memory, patch_as


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


def recording(name, node):
    return {"apiVersion": "duress.dev/v1alpha1", "kind": "Recording", "metadata": {"name": name, "namespace": "default"},
            "spec": {"nodeName": node, "problem": "made by hand"}}


@case("own node: an agent's token reaches its own node's objects only, and their status only")
def own_node(_):
    reaches_its_own_only(daemon_pods("agent")[0], "another-node")


@case("own node: of two nodes, each agent's token reaches its own objects, and the other's not", second=True)
def of_two_nodes(_):
    pods = daemon_pods("agent")
    nodes = [pod["spec"]["nodeName"] for pod in pods]
    expect(len(set(nodes)) == 2, f"agents on {nodes}")
    for pod, other in zip(pods, reversed(nodes)):
        reaches_its_own_only(pod, other)


def reaches_its_own_only(pod, other_node):
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
        answer = answer_of(other, other_node)
        expect("own node only" in answer, f"another node's status: {answer}")
        answer = patch_as(token, f"{base}/{mine}", {"spec": {"desiredPhase": "Run"}})
        expect("cannot patch resource" in answer, f"its own spec: {answer}")
        done = kubectl("delete", "nodestress", other, token=token, check=False)
        expect("cannot delete" in done.stderr, f"delete another node's: {done.stderr or done.stdout}")
        for name, node, ours in ((mine, pod["spec"]["nodeName"], True), (other, "another-node", False)):
            done = kubectl("create", "-f", "-", token=token, check=False, text=json.dumps(recording(name, node)))
            expect((done.returncode == 0) == ours and (ours or "own node only" in done.stderr),
                   f"a recording of {node}: {done.stderr or done.stdout}")
        apply(recording(other, "another-node"))
        answer = patch_as(token, f"/apis/duress.dev/v1alpha1/namespaces/default/recordings/{other}",
                          {"spec": {"problem": "taken over"}})
        expect("own node only" in answer, f"another node's recording: {answer}")
        done = kubectl("get", "recordings", "-n", "default", token=token, check=False)
        expect("cannot list" in done.stderr, f"read recordings: {done.stderr or done.stdout}")
        done = kubectl("get", "secrets", "-A", token=token, check=False)
        expect(done.returncode != 0 and "cannot list" in done.stderr, "it may read secrets")
    finally:
        kubectl("delete", "nodestress", mine, other, "--ignore-not-found", check=False)
        kubectl("delete", "recording", mine, other, "-n", "default", "--ignore-not-found", check=False)


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
