"""Commands again and again on one store, and a probe of its lock."""
import collections
import json
import sqlite3
import threading
import time

from sandbox import instant
from story import REASON


class Loop(threading.Thread):
    """Runs commands again and again; notes how they ended and how long they took."""

    def __init__(self, rig, name, commands, until, statuses=(0, 2, 75), pause=0.0):
        super().__init__(daemon=True)
        self.rig, self.commands, self.until = rig, commands, until
        self.statuses, self.pause = statuses, pause
        self.name, self.ended, self.seconds, self.failure = name, collections.Counter(), [], None
        self.holders = []

    def run(self):
        try:
            for arguments in self.commands:
                if time.monotonic() > self.until:
                    return
                begun = time.monotonic()
                status, _, errors = self.rig.run(*arguments, "--json", statuses=self.statuses)
                self.seconds.append(time.monotonic() - begun)
                self.ended[status] += 1
                if status == 75:
                    self.holders.append(json.loads(errors.splitlines()[-1])["error"]["message"])
                time.sleep(self.pause)
        except Exception as error:
            self.failure = error


class LockProbe(threading.Thread):
    """Waits for the store's write lock as every writer does, again and again, and gives it back at once."""

    def __init__(self, rig, until):
        super().__init__(daemon=True)
        self.path, self.until, self.seconds, self.failure = rig.path("state/grants.sqlite"), until, [], None
        self.slow = collections.Counter()

    def run(self):
        try:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            while time.monotonic() < self.until:
                begun = time.monotonic()
                connection.execute("BEGIN IMMEDIATE")
                self.seconds.append(time.monotonic() - begun)
                # Whom it waited for, if they still go on.
                if self.seconds[-1] > 0.25:
                    jobs = connection.execute("SELECT DISTINCT job FROM runs WHERE ended_at IS NULL ORDER BY 1")
                    self.slow["+".join(job for (job,) in jobs)] += 1
                connection.execute("ROLLBACK")
                time.sleep(0.05)
            connection.close()
        except Exception as error:
            self.failure = error


def again(*arguments):
    while True:
        yield arguments


def imports(rig):
    """A new grant each time; it is over already, so that the next run has something to tell."""
    for number in range(1_000_000):
        name = f"intake/more-{number}.ndjson"
        rig.write(name, json.dumps({
            "id": f"more-{number}", "provider": "sandbox", "tenant": "acme", "client": "supplier-portal",
            "scopes": ["ticket.read"], "issued_at": instant(time.time() - 3 * 86_400),
            "expires_at": instant(time.time() - 86_400)}) + "\n")
        yield ("grants", "import", name)


def orders(grants):
    for grant in grants:
        yield ("revoke", grant, *REASON)


def gates(grants):
    for grant in grants:
        yield ("exempt", grant, "--owner", "finance", *REASON, "--until", "60d")
        yield ("freeze", "--tenant", "finance", *REASON)
        yield ("thaw", "--tenant", "finance", *REASON)
