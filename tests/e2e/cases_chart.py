"""The chart: what is generated, its values, its test, its end."""

from casebook import bases, case, falls, of_experiment, rises, under_stress
from cluster import MIB, ROOT, SYSTEM, Space, expect, helm, kubectl, records, run


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
    other = Space()
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
