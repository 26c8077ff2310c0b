"""The sandbox as a child, and what all parts of the endurance tests share."""
import calendar
import ctypes
import http.client
import json
import re
import signal
import subprocess
import threading
import time

# What the sandbox's tokens look like.
TOKEN = re.compile(rb"[ar]t_[A-Za-z0-9_-]{32}")


class Failure(Exception):
    """What is not as it must be."""


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def instant(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def milliseconds(text):
    """Of an RFC 3339 time in UTC, as the program writes it."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1000 + int((fraction + "000")[:3])


class Sandbox:
    """An authorization server as a child, and what is done behind its protocol's back."""

    def __init__(self, program, seed, log):
        self.child = subprocess.Popen(
            [program, "sandbox", "--port", "0", "--seed", str(seed), "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, preexec_fn=die_with_parent)
        ready = json.loads(self.child.stdout.readline())
        self.port, self.issuer = ready["port"], ready["issuer"]
        self.local = threading.local()

    def ask(self, method, path, body=None):
        for attempt in range(3):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            try:
                connection.request(method, path, body)
                answer = connection.getresponse()
                text = answer.read()
                break
            except (http.client.HTTPException, OSError):
                connection.close()
                self.local.connection = None
                if attempt == 2:
                    raise
        if answer.status != 200:
            raise Failure(f"the sandbox answered {method} {path} with {answer.status}: {text[:200]!r}")
        return text

    def issue(self, orders):
        issued = []
        for start in range(0, len(orders), 5_000):
            body = "\n".join(json.dumps(order) for order in orders[start:start + 5_000]).encode()
            issued += [json.loads(line) for line in self.ask("POST", "/sandbox/grants", body).splitlines()]
        return issued

    def revoke(self, token):
        self.ask("POST", "/sandbox/revoke", json.dumps({"token": token}).encode())

    def requests(self, endpoint):
        return json.loads(self.ask("GET", "/sandbox/stats"))["endpoints"][endpoint]["requests"]

    def histories(self):
        lines = self.ask("GET", "/sandbox/grants").splitlines()
        return {line["id"]: line for line in map(json.loads, lines)}

    def stop(self):
        self.child.kill()
        self.child.wait()
