#!/usr/bin/env python3
"""Measures what Duress promises of a cluster, on a running one that it is installed in, and writes bench/CLUSTER.md.

  bench/cluster.py --kubeconfig FILE [--netns NAME] [--kubectl FILE] [--runs 20]

It has to run on the node itself: the container's own cgroup files say what is there, and when. Before each round, two
processes at a time are given as much by the kernel itself (MAP_POPULATE): the machine's limit. Chaos Mesh's figures are
those of its release 2.8 on the same work and the same kind of machine (docs/compatibility.md); they were not taken in
this run.
"""
import argparse
import glob
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20
NAMESPACE = "duress-bench"
PODS = f"""
apiVersion: v1
kind: Namespace
metadata: {{name: {NAMESPACE}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: {NAMESPACE}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: app
        image: duress.local/app:1
        command: [sh, -c, "exec sleep 100000"]
        resources: {{limits: {{memory: 500Mi}}, requests: {{memory: 100Mi}}}}
"""


class Cluster:
    def __init__(self, options):
        self.options = options
        self.prefix = ["nsenter", f"--net=/run/netns/{options.netns}"] if options.netns else []

    def kubectl(self, *words, stdin=None, check=True):
        done = subprocess.run([*self.prefix, self.options.kubectl, "--kubeconfig", self.options.kubeconfig, *words],
                              input=stdin, text=True, capture_output=True, check=False)
        if check and done.returncode != 0:
            raise SystemExit(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def get(self, *words):
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def containers(self):
        """Of a container that was restarted the API may tell the one before yet."""
        until = time.monotonic() + 20
        while True:
            try:
                return [Container(one) for one in self.ids()]
            except LookupError as error:
                if time.monotonic() > until:
                    raise SystemExit(f"{error}: is this its node?") from error
                time.sleep(0.2)

    def ids(self):
        pods = self.get("pods", "-n", NAMESPACE, "-l", "app=web")["items"]
        ids = [pod["status"]["containerStatuses"][0].get("containerID", "").split("//")[-1] for pod in pods
               if not pod["metadata"].get("deletionTimestamp")]
        return [one for one in ids if one]


class Container:
    def __init__(self, identity):
        found = glob.glob(f"/sys/fs/cgroup/memory/**/*{identity}*/memory.usage_in_bytes", recursive=True)
        found += glob.glob(f"/sys/fs/cgroup/**/*{identity}*/memory.current", recursive=True)
        if not found:
            raise LookupError(f"no cgroup of container {identity}")
        self.file = open(found[0])
        self.directory = pathlib.Path(found[0]).parent

    def usage(self):
        self.file.seek(0)
        return int(self.file.read())

    def oom_kills(self):
        """As the kernel counts them, in the file of either version."""
        files = [self.directory / name for name in ("memory.oom_control", "memory.events")]
        text = next(file for file in files if file.exists()).read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("oom_kill "))

    def processes(self):
        return (self.directory / "cgroup.procs").read_text().split()


def experiment(name, size, workers, **more):
    spec = {"mode": "all", "selector": {"namespaces": [NAMESPACE], "labelSelectors": {"app": "web"}},
            "stressors": {"memory": {"workers": workers, "size": size}}, "duration": "10m", **more}
    return json.dumps({"apiVersion": "chaos-mesh.org/v1alpha1", "kind": "StressChaos",
                       "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec})


def wait_until(holds, most=60.0, every=0.001):
    """Seconds until it holds."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > most:
            raise SystemExit("it did not come about within a minute")
        time.sleep(every)
    return time.monotonic() - began


POPULATE = f"""
import mmap, sys, time
sys.stdin.read(1)
began = time.monotonic()
mmap.mmap(-1, {50 * MIB}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
print(time.monotonic() - began)
"""


def machine_limit():
    """Seconds until the kernel has given 50 MiB to each of two processes at a time."""
    both = [subprocess.Popen([sys.executable, "-c", POPULATE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(2)]
    time.sleep(0.3)
    for one in both:
        one.stdin.write("\n")
        one.stdin.flush()
    return max(float(one.communicate()[0]) for one in both)


def one_round(cluster, workers):
    """The machine's limit, apply, settle, delete: the seconds of each, and how far usage was off."""
    limit = machine_limit()
    containers = cluster.containers()
    before = [one.usage() for one in containers]
    name = f"b{workers}-{time.monotonic_ns()}"
    cluster.kubectl("apply", "-f", "-", stdin=experiment(name, "50MiB", workers))
    filled = wait_until(lambda: all(one.usage() - was >= 0.95 * 50 * MIB for one, was in zip(containers, before)))
    time.sleep(1.5)
    error = [one.usage() - was - 50 * MIB for one, was in zip(containers, before)]
    cluster.kubectl("delete", "stresschaos", name, "-n", NAMESPACE, "--wait=false")
    released = wait_until(lambda: all(one.usage() - was < 3 * MIB for one, was in zip(containers, before)))
    began = time.monotonic()
    while cluster.kubectl("get", "stresschaos", name, "-n", NAMESPACE, "--ignore-not-found", "-o", "name"):
        pass
    return filled, error, released, released + time.monotonic() - began, limit


def restarted(cluster):
    """Seconds from the new container's start to 95 % of the load in it."""
    name = f"restart-{time.monotonic_ns()}"
    cluster.kubectl("apply", "-f", "-", stdin=experiment(name, "50MiB", 1))
    time.sleep(2)
    old = {pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["containerID"]
           for pod in cluster.get("pods", "-n", NAMESPACE, "-l", "app=web")["items"]}
    victim = cluster.containers()[0]
    directory = victim.directory.parent
    known = set(os.listdir(directory))
    os.kill(min(int(pid) for pid in victim.processes()), 9)  # the oldest is the container's init
    fresh = []

    def is_there():
        fresh[:] = [one for one in set(os.listdir(directory)) - known if len(one) == 64]
        return bool(fresh) and (directory / fresh[0] / "cgroup.procs").read_text().strip() != ""

    wait_until(is_there)
    container = Container(fresh[0])
    seconds = wait_until(lambda: container.usage() >= 0.95 * 50 * MIB, most=90)
    cluster.kubectl("delete", "stresschaos", name, "-n", NAMESPACE)
    assert old
    return seconds


def too_much(cluster):
    """3000 MiB into 500 MiB: seconds until the status of both has the forecast, and from the kernel's last kill on, the
    event and the verdict; and what it says."""
    name = f"much-{time.monotonic_ns()}"
    containers = cluster.containers()
    before = [one.oom_kills() for one in containers]
    killed = []

    def wait_for_kills():
        wait_until(lambda: all(one.oom_kills() > was for one, was in zip(containers, before)))
        killed.append(time.monotonic() - began)

    cluster.kubectl("apply", "-f", "-", stdin=experiment(name, "3000MiB", 4))
    seconds = {}
    records = []

    def has_all():
        records[:] = (cluster.get("stresschaos", name, "-n", NAMESPACE).get("status", {})
                      .get("experiment", {}).get("containerRecords", []))
        for key in ("forecast", "event", "verdict"):
            if len(records) == 2 and all(record.get("measured", {}).get(key) for record in records):
                seconds.setdefault(key, time.monotonic() - began)
        return len(seconds) == 3

    began = time.monotonic()
    watcher = threading.Thread(target=wait_for_kills)
    watcher.start()
    wait_until(has_all, every=0)
    watcher.join()
    cluster.kubectl("delete", "stresschaos", name, "-n", NAMESPACE)
    told = [{key: record["measured"].get(key) for key in ("kills", "oomKills", "event", "verdict", "forecast")}
            for record in records]
    return {"seconds": {"forecast": round(seconds["forecast"], 3), "kill": round(killed[0], 3),
                        "eventAfterKill": round(seconds["event"] - killed[0], 3),
                        "verdictAfterKill": round(seconds["verdict"] - killed[0], 3)}, "records": told}


def daemons():
    """RSS, PSS (KiB) and CPU seconds of each part, by the words of its command line or its name."""
    out = {}
    for path in glob.glob("/proc/[0-9]*"):
        try:
            words = pathlib.Path(path, "cmdline").read_bytes().split(b"\0")
            if len(words) < 2 or not words[0].endswith(b"duress"):
                continue
            part = words[1].decode()
            rollup = pathlib.Path(path, "smaps_rollup").read_text().splitlines()
            figures = {line.split()[0]: int(line.split()[1]) for line in rollup[1:]}
            stat = pathlib.Path(path, "stat").read_text().rsplit(") ", 1)[1].split()
        except (OSError, IndexError, ValueError):
            continue
        one = out.setdefault(part, {"processes": 0, "rss": 0, "pss": 0, "cpu": 0.0})
        one["processes"] += 1
        one["rss"] += figures["Rss:"]
        one["pss"] += figures["Pss:"]
        one["cpu"] += (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return out


def idle(seconds=30):
    before = daemons()
    time.sleep(seconds)
    after = daemons()
    return {part: {**figures, "percentOfACore": 100 * (figures["cpu"] - before.get(part, figures)["cpu"]) / seconds}
            for part, figures in after.items()}


def many_loads(cluster, count=50):
    """What the agent and its loads cost while it holds 1 MiB in each of so many containers, recorded."""
    cluster.kubectl("scale", "deployment/web", "-n", NAMESPACE, f"--replicas={count}")
    cluster.kubectl("rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=300s")
    cluster.kubectl("apply", "-f", "-", stdin=experiment("many", "1MiB", 1))
    cluster.kubectl("wait", "stresschaos/many", "-n", NAMESPACE, "--for=condition=AllInjected", "--timeout=60s")
    time.sleep(5)
    figures = idle()
    cluster.kubectl("delete", "stresschaos", "many", "-n", NAMESPACE)
    return {"count": count, **figures}


def times(of, limit):
    """How many times as long as the machine's limit, at the median."""
    return f"{statistics.median(of) / statistics.median(limit):.1f}"


def costs(figures):
    return (f"processes, RSS, PSS, CPU | | {figures['processes']}, {figures['rss'] / 1024:.1f} MiB, "
            f"{figures['pss'] / 1024:.1f} MiB, {figures['percentOfACore']:.2f} % of a core")


def middle(figures):
    return f"{statistics.median(figures):.3f} s, {max(figures):.3f} s at worst"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--kubectl", default="kubectl")
    parser.add_argument("--netns", default="")
    parser.add_argument("--runs", type=int, default=20)
    cluster = Cluster(parser.parse_args())
    cluster.kubectl("apply", "-f", "-", stdin=PODS)
    cluster.kubectl("rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=90s")
    time.sleep(2)
    results = {"idle": idle()}
    for workers in (1, 4):
        rounds = [one_round(cluster, workers) for _ in range(cluster.options.runs)]
        results[f"workers{workers}"] = {
            "fill": [one[0] for one in rounds], "errorBytes": [off for one in rounds for off in one[1]],
            "released": [one[2] for one in rounds], "gone": [one[3] for one in rounds],
            "limit": [one[4] for one in rounds]}
        print(f"{workers} workers: filled {middle(results[f'workers{workers}']['fill'])}", file=sys.stderr)
    results["restart"] = [restarted(cluster) for _ in range(3)]
    results["tooMuch"] = too_much(cluster)
    results["manyLoads"] = many_loads(cluster)
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    write(results, cluster.options.runs)


def write(results, runs):
    one, four = results["workers1"], results["workers4"]
    worst = {key: max(abs(off) for off in results[key]["errorBytes"]) / 1024 for key in ("workers1", "workers4")}
    limits = one["limit"] + four["limit"]
    parts = "".join(f"| {part}, idle: {costs(figures)} | |\n" for part, figures in sorted(results["idle"].items()))
    many = results["manyLoads"]
    parts += (f"| agent with {many['count']} recorded loads, of which it, its launcher and their recorder: "
              f"{costs(many['agent'])} | 20 MB |\n"
              f"| the supervisors and wardens of these loads: {costs(many['run'])} | |\n")
    (HERE / "CLUSTER.md").write_text(f"""# A cluster's figures

Kubernetes 1.35, one node on cgroup v1, etcd without fsync, warm; median and worst of {runs}. `bench/cluster.py` makes this
file. Chaos Mesh's figures are of its 2.8 on the same work, on a machine of the same kind, not of this run.

| what | Chaos Mesh | Duress | goal |
|---|---|---|---|
| `kubectl apply` returned, both Pods at 95 % of 50 MiB, 1 worker | 0.067-0.093 s | {middle(one['fill'])} | 0.05 s |
| the same, 4 workers | 3.03-3.06 s | {middle(four['fill'])} | 0.05 s |
| the machine's limit: two processes that the kernel gives 50 MiB at a time | | {middle(limits)}; Duress took \
{times(one['fill'], limits)} and {times(four['fill'], limits)} times as long | |
| usage error then, at most, 1 / 4 workers | +2.3 / +5.6 MiB | {worst['workers1']:.0f} / {worst['workers4']:.0f} KiB | counter's batch (256 KiB a CPU) + 64 KiB |
| `kubectl delete` returned, released | 0.012-0.033 s | {middle(one['released'] + four['released'])} | 0.03 s |
| the same, object gone (to the resolution of a kubectl call) | | {middle(one['gone'] + four['gone'])} | 0.2 s |
| container restarted, stressed again | never | {middle(results['restart'])} after it runs | 0.5 s |
{parts}
3000 MiB into 500 MiB: seconds until the status of both containers has the forecast, until the kernel's own counters have
the kill in both, and from then until the status has the event and the verdict; and what it says then:

```
{json.dumps(results['tooMuch'], indent=1)}
```
""")
    (HERE / "cluster.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
