"""Many requests to the API server at once, as its administrator: a process of kubectl for each would take minutes. Each
thread has a connection of its own, made in the cluster's network."""

import concurrent.futures
import ctypes
import http.client
import json
import os
import ssl
import threading

from cluster import API_SERVER, NETWORK, WORK, Failed

THREADS = 6
CLONE_NEWNET = 0x40000000
HERE = threading.local()


def administrator():
    """The token of the administrator's kubeconfig."""
    with open(f"{WORK}/tokens.csv", encoding="ascii") as file:
        return next(line.split(",")[0] for line in file if line.split(",")[1] == "admin")


def enter_network():
    with open(NETWORK, encoding="ascii") as file:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise Failed(f"{NETWORK}: {os.strerror(ctypes.get_errno())}")
    HERE.connection = http.client.HTTPSConnection(
        *API_SERVER, timeout=60, context=ssl.create_default_context(cafile=f"{WORK}/ca.crt"))
    HERE.headers = {"Authorization": f"Bearer {administrator()}"}


def send(request):
    """(method, path, body): the answer's JSON."""
    method, path, body = request
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    HERE.connection.request(method, path, json.dumps(body) if body is not None else None,
                            {**HERE.headers, "Content-Type": kind})
    answer = HERE.connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise Failed(f"{method} {path}: {answer.status} {text[:500].decode(errors='replace')}")
    return json.loads(text)


class Many:
    """Threads, as a context."""

    def __enter__(self):
        # pylint: disable-next=consider-using-with
        self.pool = concurrent.futures.ThreadPoolExecutor(THREADS, initializer=enter_network)
        return self

    def __exit__(self, *_):
        self.pool.shutdown()

    def send(self, requests):
        return list(self.pool.map(send, requests))

    def get(self, path):
        return self.send([("GET", path, None)])[0]
