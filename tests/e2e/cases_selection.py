"""Which Pods and containers an experiment takes."""

from casebook import BAND, bases, case, falls, rises
from cluster import MIB, condition, container, cpu, eventually, expect, kubectl, records, running


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
