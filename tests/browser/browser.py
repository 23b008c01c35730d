"""A headless Chromium, driven by the DevTools protocol over a pipe: no port is opened, no package needed."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
]
PATIENCE = 30  # seconds for an answer


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="duress-browser-")
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()

        # The protocol's pipes are descriptors 3 and 4; first out of their way, then there.
        def place():
            a, b = os.dup(to_read), os.dup(from_write)
            a, b = (fd if fd > 4 else os.dup(os.dup(os.dup(fd))) for fd in (a, b))
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            ["chromium", *FLAGS, f"--user-data-dir={self.profile}", "about:blank"], preexec_fn=place, pass_fds=(3, 4),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.rest = b""
        self.next_id = 0
        self.events = []
        self.answers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, params=None, session=None):
        self.next_id += 1
        message = {"id": self.next_id, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        while self.next_id not in self.answers:
            self.receive()
        answer = self.answers.pop(self.next_id)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def receive(self):
        while b"\0" not in self.rest:
            chunk = os.read(self.from_read, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser ended")
            self.rest += chunk
        text, _, self.rest = self.rest.partition(b"\0")
        message = json.loads(text)
        if "id" in message:
            self.answers[message["id"]] = message
        else:
            self.events.append(message)

    def page(self, path, width=1280, height=900, **options):
        return Page(self, path, width, height, **options)


class Page:
    """One page of a file, loaded; `requests`, `problems` are what it tried and what it complained of."""

    def __init__(self, browser, path, width, height, scheme="light", script=True, reduced=False):
        self.browser = browser
        target = browser.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = browser.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.target = target
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride",
                  {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        if reduced:
            features.append({"name": "prefers-reduced-motion", "value": "reduce"})
        self.call("Emulation.setEmulatedMedia", {"features": features})
        if not script:
            self.call("Emulation.setScriptExecutionDisabled", {"value": True})
        self.url = "file://" + os.path.abspath(path)
        began = time.monotonic()
        self.call("Page.navigate", {"url": self.url})
        while not any(e["method"] == "Page.loadEventFired" for e in self.own()):
            browser.receive()
            if time.monotonic() - began > PATIENCE:
                raise RuntimeError(f"{path} was not loaded in {PATIENCE} s")
        self.load_seconds = time.monotonic() - began

    def own(self):
        return [event for event in self.browser.events if event.get("sessionId") == self.session]

    def call(self, method, params=None):
        return self.browser.call(method, params, self.session)

    def run(self, expression):
        result = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def key(self, key, shift=False):
        codes = {"Tab": 9, "ArrowRight": 39, "ArrowLeft": 37, "End": 35, "Home": 36, "Escape": 27}
        params = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper())),
                  "modifiers": 8 if shift else 0}
        if len(key) == 1:
            params["text"] = key
        self.call("Input.dispatchKeyEvent", {"type": "keyDown", **params})
        self.call("Input.dispatchKeyEvent", {"type": "keyUp", **params})

    def mouse(self, kind, x, y, buttons=0):
        self.call("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "button": "left" if buttons or kind == "mouseReleased" else "none",
                                              "buttons": buttons, "clickCount": 1})

    def requests(self):
        return [e["params"]["request"]["url"] for e in self.own() if e["method"] == "Network.requestWillBeSent"
                and e["params"]["request"]["url"] != self.url and not e["params"]["request"]["url"].startswith("data:")]

    def problems(self):
        self.run("1")  # whatever was said before this has arrived after it
        said = [e["params"] for e in self.own() if e["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
        said += [e["params"] for e in self.own() if e["method"] == "Runtime.consoleAPICalled"]
        return [json.dumps(what)[:300] for what in said]

    def picture(self, path=None, whole=True):
        params = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            params["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = base64.b64decode(self.call("Page.captureScreenshot", params)["data"])
        if path:
            with open(path, "wb") as file:
                file.write(data)
        return data

    def paper(self, path):
        data = base64.b64decode(self.call("Page.printToPDF", {"printBackground": False, "paperWidth": 8.27, "paperHeight": 11.69})["data"])
        with open(path, "wb") as file:
            file.write(data)
        return data

    def close(self):
        self.browser.call("Target.closeTarget", {"targetId": self.target})
