"""What people and programs read of Duress with the tools that they have: kubectl's own words, and Prometheus' figures."""

from cases_bounds import set_values
from casebook import case, eventually, under_stress
from cluster import MIB, SYSTEM, cpu, daemon_pods, expect, kubectl


@case("kubectl: get, describe and explain tell what is asked, what is there and what every field means")
def kubectl_words(space):
    under_stress(space)
    header, *lines = kubectl("get", "stress", "-n", space.name).stdout.splitlines()
    expect(header.split() == ["NAME", "MODE", "ASKED", "GOT", "INJECTED", "TARGETS", "PHASE", "AGE"], f"columns: {header}")
    expect(lines[0].split()[:2] == ["stress", "all"] and "50 MiB" in lines[0] and "Running" in lines[0], f"a line: {lines[0]}")

    def described():
        told = kubectl("describe", "stresschaos", "stress", "-n", space.name).stdout
        wanted = ("AllInjected", "Injected Count", "Working Set Bytes", "Successfully apply chaos for " + space.name)
        return all(words in told for words in wanted)
    eventually("a description with conditions, records, figures and events", described)
    for field, words in (("spec.stressors.memory.size", "12.5%"), ("spec.guards.notReadyFor", "not Ready"),
                         ("spec.selector", "All kinds of selectors must hold"), ("status.conditions", "AllInjected")):
        told = " ".join(kubectl("explain", f"stresschaos.{field}").stdout.split())
        expect(words in told or field == "spec.stressors.memory.size" and "of the effective limit" in told,
               f"explain {field}: {told}")


def figures(component, port):
    """{"name{labels}": value} of all its Pods."""
    out = {}
    for pod in daemon_pods(component):
        path = f"/api/v1/namespaces/{SYSTEM}/pods/{pod['metadata']['name']}:{port}/proxy/metrics"
        for line in kubectl("get", "--raw", path).stdout.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                out[name] = out.get(name, 0) + float(value)
    return out


@case("metrics: agent and controller tell Prometheus what is asked, held and taken of bounds, and what the API server refused",
      alone=True)
def metrics(space):
    set_values("metrics.enabled=true", "bounds.memoryPerNode=2Gi")
    try:
        under_stress(space, 1)
        space.stress(name="busy", stressors=cpu(20, 1))
        space.wait_for("AllInjected", "busy")
        pod = space.pods(1)[0]["metadata"]["name"]
        labels = f'{{experiment="{space.name}/stress",namespace="{space.name}",pod="{pod}",container="app"}}'
        busy = labels.replace("/stress", "/busy")

        def told():
            found = figures("agent", 9091)
            there = found.get(f"duress_held_bytes{labels}") == 50 * MIB and f"duress_cpu_deviation_cores{busy}" in found
            return found if there else None
        agent = eventually(lambda: f"50 MiB held, and a CPU load: {figures('agent', 9091)}", told, 20)
        expect(agent[f"duress_asked_bytes{labels}"] == 50 * MIB, f"asked: {agent}")
        expect(abs(agent[f"duress_memory_deviation_bytes{labels}"]) < 1 * MIB, f"deviation: {agent}")
        expect(agent[f"duress_usage_bytes{labels}"] >= 50 * MIB, f"usage: {agent}")
        expect(0 < agent[f"duress_injection_seconds{labels}"] < 10, f"latency: {agent}")
        expect(agent[f"duress_injections_total{labels}"] == 1, f"injections: {agent}")
        for name in ("duress_throttled_periods_total", "duress_oom_kills_total", "duress_container_restarts_total"):
            expect(agent[f"{name}{labels}"] == 0, f"{name}: {agent}")
        node = '{node="duress-node"}'
        expect(agent[f"duress_agent_memory_bound_bytes{node}"] == 2048 * MIB, f"bound: {agent}")
        expect(agent[f"duress_agent_memory_claimed_bytes{node}"] >= 50 * MIB, f"claimed: {agent}")
        expect(agent[f"duress_agent_contact{node}"] == 1, f"contact: {agent}")

        def led():
            found = figures("controller", 9090)
            return found if found.get('duress_experiments{phase="Running"}') == 2 else None
        controller = eventually(lambda: f"two experiments: {figures('controller', 9090)}", led, 20)
        expect(controller["duress_targets_injected"] == 2, f"targets: {controller}")
        expect(any(name.startswith("duress_controller_leads") and value == 1 for name, value in controller.items()),
               f"a leader: {controller}")
    finally:
        set_values("metrics.enabled=false", "bounds.memoryPerNode=")
