"""What happens to an experiment between its creation and its end."""

import time

from casebook import BAND, bases, case, falls, rises, under_stress
from cluster import FACTOR, MIB, apply, condition, eventually, expect, kubectl, memory


@case("pause: an annotation releases, and taking it back stresses again")
def pause(space):
    containers, base = under_stress(space, 1)
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


@case("kill switch: a StopAll ends all stress within 2 s, for good; what is made after it runs", alone=True)
def kill_switch(space):
    containers, base = under_stress(space, 1)
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
