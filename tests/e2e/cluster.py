"""The test bed's cluster as the cases need it: kubectl, Pods to stress, and their cgroups read from the host. Python's own
library only. A case's namespace and all in it go with the case."""

import contextlib
import glob
import itertools
import json
import os
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TESTBED = os.environ.get("DURESS_TESTBED") or os.path.join(os.environ.get("HOME", "/root"), ".cache/duress-testbed")
VERSION = os.environ.get("DURESS_K8S_VERSION", "1.35.4")
BIN = f"{TESTBED}/k8s-bin-{VERSION}"
WORK = f"{TESTBED}/k8s"
NETWORK = "/run/netns/duress-k8s"
API_SERVER = ("10.244.77.1", "6443")
SYSTEM = "duress-system"
MIB = 1 << 20
FACTOR = float(os.environ.get("DURESS_TIME_FACTOR", "1"))


class Failed(Exception):
    """What a case found wrong."""


def run(command, text=None, timeout=120, check=True):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout * FACTOR, check=False)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(command[-8:])}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done


def in_network(command):
    return ["nsenter", f"--net={NETWORK}", *command]


def kubectl(*arguments, text=None, timeout=120, check=True, user=None, token=None):
    command = [f"{BIN}/kubectl", f"--kubeconfig={WORK}/admin.conf"]
    if token:
        # Without the administrator's certificate, which would win.
        command = [f"{BIN}/kubectl", f"--server=https://{API_SERVER[0]}:{API_SERVER[1]}",
                   f"--certificate-authority={WORK}/ca.crt", f"--token={token}", "--kubeconfig=/dev/null"]
    if user:
        command.append(f"--as={user}")
    return run(in_network([*command, *arguments]), text=text, timeout=timeout, check=check)


ASK = """
import json, ssl, sys, urllib.error, urllib.request
told = json.load(sys.stdin)
request = urllib.request.Request(told["url"], data=json.dumps(told["body"]).encode(), method=told["method"],
    headers={"Authorization": "Bearer " + told["token"], "Content-Type": "application/merge-patch+json"})
try:
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=told["ca"])) as answer:
        print(answer.status)
except urllib.error.HTTPError as error:
    print(error.code, json.load(error)["message"])
"""


def patch_as(token, path, body):
    """One PATCH and no more, as an agent sends it; kubectl would read first. "200", or the code and the message."""
    told = {"url": f"https://{API_SERVER[0]}:{API_SERVER[1]}{path}", "method": "PATCH", "body": body, "token": token,
            "ca": f"{WORK}/ca.crt"}
    return run(in_network(["python3", "-c", ASK]), text=json.dumps(told)).stdout.strip()


def helm(*arguments, timeout=300, check=True):
    return run(in_network([f"{BIN}/helm", f"--kubeconfig={WORK}/admin.conf", *arguments]), timeout=timeout, check=check)


@contextlib.contextmanager
def background(*arguments):
    """kubectl that goes on meanwhile."""
    process = subprocess.Popen(in_network([f"{BIN}/kubectl", f"--kubeconfig={WORK}/admin.conf", *arguments]),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def get(*arguments):
    done = kubectl("get", *arguments, "-o", "json", check=False)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout else None


def apply(thing, *arguments, **options):
    return kubectl("apply", "-f", "-", *arguments, text=json.dumps(thing), **options)


def eventually(what, look, seconds=30, every=0.05):
    """The first true answer of `look`; what else it is, it says in the last words."""
    until = time.monotonic() + seconds * FACTOR
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > until:
            raise Failed(f"not within {seconds * FACTOR:g} s: {what() if callable(what) else what}")
        time.sleep(every)


def expect(holds, what):
    if not holds:
        raise Failed(what)


class Container:
    """A running container by its ID, seen from the host."""

    def __init__(self, container_id):
        self.id = container_id.split("//")[-1]
        found = glob.glob(f"/sys/fs/cgroup/memory/duress-k8s/**/{self.id}", recursive=True)
        found = found or glob.glob(f"/sys/fs/cgroup/**/duress-k8s/**/{self.id}", recursive=True)
        if not found:
            raise Failed(f"container {self.id} has no cgroup on this host")
        self.memory = found[0]
        self.v1 = "/memory/" in self.memory

    def usage(self):
        with open(f"{self.memory}/{'memory.usage_in_bytes' if self.v1 else 'memory.current'}", encoding="ascii") as file:
            return int(file.read())

    def processes(self):
        """None of one that has just ended."""
        try:
            with open(f"{self.memory}/cgroup.procs", encoding="ascii") as file:
                return [int(pid) for pid in file.read().split()]
        except FileNotFoundError:
            return []

    def cpu_seconds(self):
        if self.v1:
            with open(f"{self.memory.replace('/memory/', '/cpuacct/')}/cpuacct.usage", encoding="ascii") as file:
                return int(file.read()) / 1e9
        with open(f"{self.memory}/cpu.stat", encoding="ascii") as file:
            return int(file.readline().split()[1]) / 1e6

    def exists(self):
        return os.path.isdir(self.memory)


def running(pod, name=None):
    """The Container of a Pod's running container, or None."""
    for status in (pod.get("status") or {}).get("containerStatuses") or []:
        if name in (None, status["name"]) and "running" in status.get("state", {}):
            try:
                return Container(status["containerID"])
            except Failed:
                return None
    return None


PREFIX = "duress-e2e-"
RUN = f"{int(time.time()) % 100000:05}"  # the namespaces of the run before may still be going
COUNT = itertools.count()


def remove_spaces():
    """What a run that was killed has left."""
    names = kubectl("get", "namespaces", "-o", "name").stdout.split()
    left = [name for name in names if name.startswith(f"namespace/{PREFIX}")]
    if left:
        kubectl("delete", "--wait=false", *left)


class Space:
    """A namespace of a case's own."""

    def __init__(self):
        self.name = f"{PREFIX}{RUN}-{next(COUNT):02}"
        kubectl("create", "namespace", self.name)
        eventually("a default service account", lambda: get("serviceaccount", "default", "-n", self.name))

    def remove(self):
        kubectl("delete", "stresschaos", "--all", "-n", self.name, "--timeout=60s", check=False)
        kubectl("delete", "namespace", self.name, "--wait=false", check=False)

    def deploy(self, replicas=2, name="app", containers=None, seconds=60, **pod):
        containers = containers or [container()]
        labels = {"app": name}
        spec = {"terminationGracePeriodSeconds": 0, "containers": containers, **pod}
        apply({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": self.name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels}, "spec": spec}}})
        return self.pods(replicas, name, seconds)

    def pods(self, count=2, name="app", seconds=60):
        """So many running Pods of that name, none of them going."""
        def look():
            found = get("pods", "-n", self.name, "-l", f"app={name}")["items"]
            found = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
            return found if len(found) == count and all(running(pod) for pod in found) else None
        return eventually(f"{count} running Pods of {name}", look, seconds)

    def containers(self, count=2, name="app"):
        return [running(pod) for pod in self.pods(count, name)]

    def stress(self, name="stress", stressors=None, **spec):
        thing = {"apiVersion": "chaos-mesh.org/v1alpha1", "kind": "StressChaos",
                 "metadata": {"name": name, "namespace": self.name},
                 "spec": {"mode": "all", "selector": {"namespaces": [self.name]}, "stressors": stressors or memory(),
                          **spec}}
        apply(thing)
        return thing

    def experiment(self, name="stress"):
        return get("stresschaos", name, "-n", self.name)

    def delete_stress(self, name="stress"):
        kubectl("delete", "stresschaos", name, "-n", self.name, "--timeout=30s")

    def wait_for(self, kind, name="stress", seconds=30):
        kubectl("wait", f"--for=condition={kind}", f"stresschaos/{name}", "-n", self.name,
                f"--timeout={int(seconds * FACTOR)}s", timeout=seconds + 10)

    def told(self, name="stress"):
        """What the status says, in short: for messages."""
        status = (self.experiment(name) or {}).get("status") or {}
        short = {key: status.get(key) for key in ("phase", "targets", "injected", "asked", "got")}
        short["conditions"] = {one["type"]: one["status"] + " " + one.get("message", "")
                               for one in status.get("conditions") or []}
        short["records"] = [{"id": one["id"], "phase": one.get("phase"),
                             "message": (one.get("measured") or {}).get("message")}
                            for one in ((status.get("experiment") or {}).get("containerRecords") or [])[:4]]
        return json.dumps(short)


def container(name="app", limit="500Mi", command=None, **more):
    return {"name": name, "image": "duress.local/app:1", "command": command or ["sleep", "1000000"],
            "resources": {"requests": {"memory": "20Mi"}, "limits": {"memory": limit}}, **more}


def memory(size="50MiB", workers=4, **more):
    return {"memory": {"workers": workers, "size": size, **more}}


def cpu(load=30, workers=1, **more):
    return {"cpu": {"workers": workers, "load": load, **more}}


def condition(experiment, kind):
    for one in ((experiment or {}).get("status") or {}).get("conditions") or []:
        if one["type"] == kind:
            return one
    return None


def records(experiment):
    status = (experiment or {}).get("status") or {}
    return (status.get("experiment") or {}).get("containerRecords") or []


def daemon_pods(component):
    found = get("pods", "-n", SYSTEM, "-l", f"app.kubernetes.io/name=duress,app.kubernetes.io/component={component}")
    return [pod for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]
