"""What an experiment did to its containers, as a page: made of what their nodes recorded, which is handed out when asked for
and gone an hour later."""

import glob
import json
import os
import tempfile
import time

from casebook import all_run, bases, case, rises, tell, whole_again
from cluster import (MIB, NETWORK, ROOT, SYSTEM, WORK, condition, container, daemon_pods, eventually, expect, get, kubectl, run)

MOST = 64 << 10
# Processes come and go, and all of it is recorded.
CHURNS = ["sh", "-c", "while :; do true & sleep 0.03 & wait; done"]


def report(space, *arguments, name="stress"):
    return run(["nsenter", f"--net={NETWORK}", "env", f"KUBECONFIG={WORK}/admin.conf", f"{ROOT}/build/release/duress",
                "kubectl", "report", name, "-n", space.name, *arguments], check=False)


def page_of(space, *arguments):
    with tempfile.TemporaryDirectory(prefix="duress-e2e-") as directory:
        path = f"{directory}/page.html"
        done = report(space, "-o", path, *arguments)
        if not os.path.exists(path):
            return done, ""
        with open(path, encoding="utf-8") as file:
            return done, file.read()


def recordings(space):
    return get("recordings", "-n", space.name, "--show-managed-fields")["items"]


def ids_of(space, count=2):
    return sorted(f"{space.name}/{pod['metadata']['name']}/app" for pod in space.pods(count))


@case("report: the page of an experiment's containers, while it runs and when it is over")
def page(space):
    space.deploy()
    containers = space.containers()
    base = bases(containers)
    space.stress()
    rises(space, containers, base, 50 * MIB)
    time.sleep(1)
    began = time.monotonic()
    done, html = page_of(space)
    tell(f"the page of 2 containers after {time.monotonic() - began:.2f} s, {len(html) >> 10} KiB")
    expect(done.returncode == 0 and not done.stderr, f"{done.returncode}: {done.stdout}{done.stderr}")
    expect("made by duress report" in html and all(one in html for one in ids_of(space)), html[:2000])
    expect("50 MiB" in html, "the level is not in the page")
    told = recordings(space)
    expect(len(told) == 2, f"{len(told)} Recordings")
    nodes = {pod["spec"]["nodeName"] for pod in space.pods()}
    expect(all(one["spec"]["nodeName"] in nodes and "ownerReferences" not in one["metadata"] for one in told), str(told)[:500])

    # Over, but there.
    kubectl("patch", "stresschaos", "stress", "-n", space.name, "--type=merge", "-p", '{"spec":{"duration":"1s"}}')
    eventually(lambda: f"Finished: {space.told()}", lambda: space.experiment()["status"]["phase"] == "Finished", 20, 0.2)
    done = report(space, "-o", "json")
    expect(done.returncode == 0, done.stdout + done.stderr)
    told = json.loads(done.stdout)
    expect([one["id"] for one in told["containers"]] == ids_of(space) and not told["missing"], done.stdout[:2000])
    for one in told["containers"]:
        expect(one["complete"] and one["looks"] > 10 and one["finding"] == "fine" and "50" in one["sentence"], str(one)[:1000])
    expect(len(recordings(space)) == 2, "asked for again, they took the place of those before")
    expect(condition(space.experiment(), "Completed")["status"] == "True", space.told())


@case("report: a long recording is thinned out to an object of at most 64 KiB; who may view may read it and no more")
def thinned(space):
    space.deploy(1, containers=[container(command=CHURNS)])
    space.stress()
    space.wait_for("AllInjected")

    def largest():
        sizes = [os.path.getsize(path) for path in glob.glob("/run/duress/recordings/*.duress")]
        return max(sizes, default=0)
    eventually(lambda: f"a recording of more than an object may have: {largest()} bytes", lambda: largest() > MOST + 4096,
               150, 1)
    done, html = page_of(space)
    expect(done.returncode == 0 and ids_of(space, 1)[0] in html, f"{done.returncode}: {done.stderr}")
    told = recordings(space)
    sizes = [len(json.dumps(one, separators=(",", ":"))) for one in told]
    tell(f"{largest()} bytes of a recording as an object of {sizes[0]}")
    expect(len(told) == 1 and MOST // 3 < sizes[0] <= MOST, f"sizes {sizes}")

    kubectl("create", "serviceaccount", "looks", "-n", space.name)
    kubectl("create", "rolebinding", "looks", "-n", space.name, "--clusterrole=edit", f"--serviceaccount={space.name}:looks")
    def may(verb):
        return kubectl("auth", "can-i", verb, "recordings.duress.dev", "-n", space.name, check=False,
                       user=f"system:serviceaccount:{space.name}:looks").stdout.strip() == "yes"
    eventually("the right to list", lambda: may("list"), 15, 0.5)
    expect(may("get") and may("watch"), "an editor may not read recordings")
    expect(not any(may(verb) for verb in ("create", "update", "patch", "delete")), "an editor may write recordings")


@case("report: recordings outlive their experiment and are gone when their time is over; what has none is named",
      alone=True, long=True)
def gone(space):
    kept = 20
    kubectl("patch", "deployment", "duress-controller", "-n", SYSTEM, "--type=json", "-p", json.dumps(
        [{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": f"--recordings-kept={kept}s"}]))
    try:
        kubectl("rollout", "status", "deployment/duress-controller", "-n", SYSTEM, "--timeout=60s")
        space.deploy(1)
        space.stress()
        space.wait_for("AllInjected")
        time.sleep(1)
        done, _ = page_of(space)
        taken = time.monotonic()
        expect(done.returncode == 0, done.stdout + done.stderr)
        space.delete_stress()
        time.sleep(kept / 2)
        expect(len(recordings(space)) == 1, "gone with its experiment")
        eventually("the recording gone", lambda: not recordings(space), kept, 0.5)
        tell(f"gone {time.monotonic() - taken:.1f} s after it was handed out; kept for {kept} s")

        # Paused, and another agent since: nobody has a recording.
        space.stress()
        space.wait_for("AllInjected")
        kubectl("annotate", "stresschaos", "stress", "-n", space.name, "experiment.chaos-mesh.org/pause=true")
        eventually(lambda: f"Paused: {space.told()}", lambda: space.experiment()["status"]["phase"] == "Paused", 20, 0.2)
        node = space.pods(1)[0]["spec"]["nodeName"]
        before = [pod["metadata"]["name"] for pod in daemon_pods("agent") if pod["spec"]["nodeName"] == node]
        kubectl("delete", "pod", "-n", SYSTEM, *before)
        eventually("another agent", lambda: all_run("agent") and not
                   {pod["metadata"]["name"] for pod in daemon_pods("agent")} & set(before), 60, 0.3)
        done, html = page_of(space)
        expect(done.returncode == 1 and ids_of(space, 1)[0] in done.stderr and "has no recording" in done.stderr,
               f"{done.returncode}: {done.stdout}{done.stderr}")
        expect(not html, "a page of nothing")
    finally:
        kubectl("rollout", "undo", "deployment/duress-controller", "-n", SYSTEM, check=False)
        kubectl("rollout", "status", "deployment/duress-controller", "-n", SYSTEM, "--timeout=60s", check=False)
        whole_again()
