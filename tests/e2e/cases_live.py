"""While somebody looks, an experiment's numbers come each second; else they come now and then."""

import contextlib
import itertools
import os
import re
import signal
import subprocess
import tempfile
import threading
import time

from casebook import case, of_experiment, tell
from cluster import BIN, FACTOR, NETWORK, ROOT, WORK, condition, container, eventually, expect, in_network, kubectl

# Some pages more and less all the time, below what is told at the ordinary pace but now and then.
MOVES = ["sh", "-c", "i=0; while :; do i=$(((i + 1) % 40)); dd if=/dev/zero of=/tmp/x bs=64k count=$((i + 1)) 2>/dev/null; "
         "sleep 0.2; done"]
USAGE = '{.status.experiment.containerRecords[0].measured.usageBytes}{"\\n"}'


def duress(config, *arguments):
    return ["nsenter", f"--net={NETWORK}", "env", f"KUBECONFIG={config}", f"{ROOT}/build/release/duress", "kubectl",
            *arguments]


@contextlib.contextmanager
def looking(space, config=f"{WORK}/admin.conf"):
    """`kubectl duress top` meanwhile, ended by Ctrl-C."""
    with subprocess.Popen(duress(config, "top", "stress", "-n", space.name), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        told = []
        reader = threading.Thread(target=lambda: told.extend(process.stdout))
        reader.start()
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.told = process.stderr.read()
            process.wait(10)
            reader.join()
            process.screen = "".join(told)


@contextlib.contextmanager
def changes(space):
    """The times at which the status got another usage, as long as one looks."""
    times = []
    process = subprocess.Popen(
        in_network([f"{BIN}/kubectl", f"--kubeconfig={WORK}/admin.conf", "get", "stresschaos", "stress", "-n", space.name,
                    "-w", "-o", f"jsonpath={USAGE}"]), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    def read():
        last = None
        for line in process.stdout:
            if last is not None and line != last:
                times.append(time.monotonic())
            last = line
    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield times
    finally:
        process.kill()
        process.wait()
        thread.join()


def seconds_between(times):
    return [round(later - earlier, 2) for earlier, later in itertools.pairwise(times)]


def impersonating(space, account):
    with open(f"{WORK}/admin.conf", encoding="utf-8") as file:
        text = file.read()
    as_account = re.sub(r"(user: \{token: [^}]*)", rf'\1, as: "system:serviceaccount:{space.name}:{account}"', text)
    handle, path = tempfile.mkstemp(prefix="duress-e2e-", suffix=".conf")
    with os.fdopen(handle, "w") as file:
        file.write(as_account)
    return path


def moving(space):
    space.deploy(1, containers=[container(command=MOVES)])
    space.stress()
    space.wait_for("AllInjected")


@case("live: while top looks, the numbers change each second; afterwards at the ordinary pace")
def live(space):
    moving(space)
    before = condition(space.experiment(), "AllInjected")
    generation = of_experiment(space.experiment())[0]["metadata"]["generation"]
    with looking(space) as top, changes(space) as seen:
        eventually("the first number of a live view", lambda: len(seen) > 2, 15)
        del seen[:]
        time.sleep(12 * FACTOR)
        live_gaps = seconds_between(seen)
    tell(f"watched: {len(live_gaps) + 1} changes in {12 * FACTOR:g} s, at most {max(live_gaps, default=0)} s apart")
    expect(len(live_gaps) >= 9 and max(live_gaps) <= 2.5, f"seconds between changes: {live_gaps}; {space.told()}")
    expect(f"{space.name}/stress: Running" in top.screen and not top.told, top.screen[-500:] + top.told)
    # No new order, and nothing is being injected meanwhile.
    expect(of_experiment(space.experiment())[0]["metadata"]["generation"] == generation, "another generation")
    expect(condition(space.experiment(), "AllInjected") == before, f"{condition(space.experiment(), 'AllInjected')}")
    time.sleep(31)
    with changes(space) as seen:
        time.sleep(13)
    tell(f"not watched: {len(seen)} changes in 13 s")
    expect(1 <= len(seen) <= 4, f"seconds between changes: {seconds_between(seen)}")


@case("live: who may not patch is told so and looks on; who may patch, but not aim, looks live")
def rights(space):
    moving(space)
    kubectl("create", "serviceaccount", "looks", "-n", space.name)
    kubectl("create", "role", "looks", "-n", space.name, "--verb=get,list,watch", "--resource=stresschaos.chaos-mesh.org")
    kubectl("create", "rolebinding", "looks", "-n", space.name, "--role=looks", f"--serviceaccount={space.name}:looks")
    config = impersonating(space, "looks")
    try:
        with looking(space, config) as top:
            time.sleep(3)
        expect(top.told.count("may patch stresschaos") == 1 and f"{space.name}/stress: Running" in top.screen,
               top.told + top.screen[-500:])
        def asked():
            return space.experiment()["metadata"].get("annotations", {}).get("duress.dev/watch-until")
        expect(not asked(), f"{asked()}")
        kubectl("patch", "role", "looks", "-n", space.name, "--type=json", "-p",
                '[{"op": "add", "path": "/rules/0/verbs/-", "value": "patch"}]')
        with looking(space, config) as top:
            eventually("the annotation", asked, 10, 0.3)
        expect(not top.told, top.told)
    finally:
        os.unlink(config)
