#!/usr/bin/env python3
"""Installs the chart on a real cluster and runs the cases on it; prints TAP. A cluster that runs is used and left, else
one is started and taken down.

usage: tests/e2e/run.py [--only WORDS]... [--list] [--jobs N] [--keep] [--no-install] [--program FILE]

  --only WORDS   cases whose name holds the words
  --jobs N       so many cases at once, of those that do not disturb each other (default 4)
  --short        without the cases that take about a minute each, or more
  --first        without the second node's cases, which take minutes: it is an emulated machine
  --keep         leave the chart installed, and uninstall it in no case
  --no-install   take what is installed
  --program      the duress of the image (default: build/release/duress)
"""

import argparse
import concurrent.futures
import hashlib
import os
import sys
import threading
import time
import traceback

import v2_node
from casebook import all_cases, said
from cluster import (API_SERVER, NETWORK, ROOT, SYSTEM, TESTBED, WORK, Failed, Space, daemon_pods, eventually, get, helm, kubectl,
                     remove_spaces, run)

IMAGE = "duress.local/duress:e2e"


def start_cluster():
    if os.path.exists(f"{WORK}/admin.conf") and os.path.exists(NETWORK):
        return False
    run([f"{ROOT}/tests/testbed/k8s-up.sh"], timeout=900)
    return True


def make_image(program):
    # From there the second node takes it when it starts.
    os.makedirs(f"{TESTBED}/images-extra", exist_ok=True)
    tar = f"{TESTBED}/images-extra/duress-e2e.tar"
    made = run([f"{ROOT}/tools/image.sh", tar, IMAGE, program])
    print(f"# {made.stdout.strip()}")
    run(["ctr", "-a", f"{WORK}/containerd/containerd.sock", "-n", "k8s.io", "images", "import", tar])
    with open(program, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]


def install(program):
    digest = make_image(program)
    repository, tag = IMAGE.rsplit(":", 1)
    # A new program under the old name starts new Pods.
    values = {"image.repository": repository, "image.tag": tag, "apiServer.host": API_SERVER[0],
              "controller.podAnnotations.program": f"x{digest}", "agent.podAnnotations.program": f"x{digest}"}
    arguments = [f"--set-string={name}={value}" for name, value in values.items()]
    arguments.append(f"--set-string=apiServer.port={API_SERVER[1]}")
    arguments.append("--set=bounds.hostPID=true")  # cases stress such Pods; cases_bounds.py has who may not
    began = time.monotonic()
    helm("upgrade", "--install", "duress", f"{ROOT}/deploy/helm/duress", "-n", SYSTEM, "--create-namespace",
         "--take-ownership", "--wait", "--timeout=3m", *arguments)
    # Behind a release that was killed, its lease has to run out first.
    pods = [pod["metadata"]["name"] for pod in daemon_pods("controller")]
    eventually("a controller that leads", lambda: (get("lease", "duress-controller", "-n", SYSTEM) or {"spec": {}})["spec"]
               .get("holderIdentity") in pods, 60)
    print(f"# chart installed in {time.monotonic() - began:.1f} s", flush=True)


def why_not_installed():
    pods = kubectl("get", "pods", "-n", SYSTEM, "-o", "wide", check=False).stdout
    told = ""
    for component in ("controller", "agent"):
        told += kubectl("logs", "-n", SYSTEM, "-l", f"app.kubernetes.io/component={component}", "--tail=10", "--prefix",
                        check=False).stdout
    return (pods + told).strip()


class Report:
    """TAP. Of several threads, one line group at a time."""

    def __init__(self):
        self.number = 0
        self.failed = 0
        self.wrong = []  # the cases of these
        self.lock = threading.Lock()

    def one(self, case):
        began = time.monotonic()
        space = None
        wrong = ""
        try:
            space = Space()
            case.function(space)
        except Failed as failed:
            wrong = str(failed)
        except Exception:  # pylint: disable=broad-except
            wrong = traceback.format_exc()
        if space:
            space.remove()
        if wrong:
            with self.lock:
                self.wrong.append(case)
        self.tell(case.name, wrong, time.monotonic() - began, said())

    def once_more(self):
        """On a shared machine somebody else's load can hold a case up: one that failed runs once more by itself, and what
        it says then counts."""
        wrong, self.wrong = self.wrong, []
        if not wrong:
            return
        print("== once more", flush=True)
        self.failed -= len(wrong)
        for case in wrong:
            self.one(case)

    def tell(self, name, wrong, seconds=0.0, remarks=()):
        with self.lock:
            self.number += 1
            self.failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {self.number} - {name} ({seconds:.1f} s)")
            for line in [*remarks, *wrong.splitlines()]:
                print(f"#   {line}")
            sys.stdout.flush()


def parse():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--no-install", action="store_true")
    parser.add_argument("--program", default=f"{ROOT}/build/release/duress")
    return parser.parse_args()


def side_by_side(report, cases, jobs):
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        list(pool.map(report.one, cases))


def second_node(report, cases):
    """Its cases, and what failed before them once more."""
    mine = bool(cases) and not get("node", v2_node.NODE)
    began = time.monotonic()
    try:
        if mine:
            v2_node.start()
        if cases:
            v2_node.join()
            # Nothing comes there that does not name it.
            kubectl("cordon", v2_node.NODE)
            report.tell("second node: joined, with an agent", "", time.monotonic() - began)
            side_by_side(report, cases, 2)
    except Failed as failed:
        report.tell("second node: joined, with an agent", str(failed), time.monotonic() - began)
    report.once_more()
    if mine:
        v2_node.leave()


def run_cases(arguments, chosen):
    report = Report()
    remove_spaces()
    if not arguments.no_install:
        try:
            install(arguments.program)
        except Failed as failed:
            report.tell("chart: installed", f"{failed}\n{why_not_installed()}")
            print("1..1", flush=True)
            return 1
    side_by_side(report, [case for case in chosen if not case.alone and not case.second], arguments.jobs)
    for case in chosen:
        if case.alone and not case.last:
            report.one(case)
    second_node(report, [case for case in chosen if case.second])
    for case in chosen:
        if case.last:
            report.one(case)
    if not arguments.keep and not arguments.no_install:
        kubectl("delete", "namespace", SYSTEM, "--wait=false", "--ignore-not-found", check=False)
    print(f"1..{report.number}", flush=True)
    return 1 if report.failed else 0


def main():
    arguments = parse()
    stays = arguments.keep or arguments.no_install
    def wanted(case):
        if (case.second and arguments.first) or (case.long and arguments.short):
            return False
        return not stays if case.last else not arguments.only or any(words in case.name for words in arguments.only)
    chosen = [case for case in all_cases() if wanted(case)]
    if arguments.list:
        print("\n".join(case.name for case in chosen))
        return 0
    if os.geteuid() != 0:
        sys.exit("tests/e2e/run.py: needs root, for the cluster's network and the containers' cgroups")
    started = start_cluster()
    try:
        return run_cases(arguments, chosen)
    finally:
        if started:
            run([f"{ROOT}/tests/testbed/k8s-down.sh"], timeout=300, check=False)


if __name__ == "__main__":
    sys.exit(main())
