"""What happens to a store in a test, step by step, and how it comes to rest; the same with kills and without."""
import json
import threading
import time

from rig import STANDINGS
from sandbox import Failure

REASON = ("--reason", "endurance test")


class Operator(threading.Thread):
    """The person who is there meanwhile: approves surges, retries what is stuck."""

    def __init__(self, rig):
        super().__init__(daemon=True)
        self.rig, self.over, self.failure = rig, threading.Event(), None
        self.approvals = self.retries = 0

    def run(self):
        while not self.over.wait(0.5):
            try:
                self.look()
            except Exception as error:
                self.failure = error
                return

    def look(self):
        if self.rig.value("SELECT count(*) FROM sqlite_master WHERE name = 'holds'") == 0:
            return
        for (plan,) in self.rig.query("SELECT hash FROM holds WHERE why = 'surge' AND hash IS NOT NULL"):
            # 65: other answers have come meanwhile, and it has another hash.
            status, _, _ = self.rig.run("runs", "approve", plan, *REASON, statuses=(0, 65))
            self.approvals += status == 0
        stuck = [grant for (grant,) in self.rig.query(
            "SELECT g.id FROM grants g JOIN states s USING (row) WHERE s.standing = ? LIMIT 50",
            STANDINGS.index("stuck"))]
        if stuck:
            self.rig.run("revoke", *stuck, *REASON)
            self.retries += len(stuck)

    def stop(self):
        self.over.set()
        self.join(310)
        if self.failure:
            raise self.failure


class Story:
    """The steps; each may be done again when it was cut off."""

    def __init__(self, rig, population):
        self.rig, self.population = rig, population
        self.imported = set()

    def begin(self):
        """Before any worker: the first file, the exemptions, the feed's window."""
        self.load(0)
        for grant in self.population.of("exempt"):
            self.rig.run("exempt", grant, "--owner", "finance", *REASON, "--until", "60d", statuses=(0,))
        self.observe()

    def steps(self):
        """Pairs of a command's arguments, for those that may be killed, and what does the step to its end."""
        found = []
        for file in range(self.population.files):
            if file > 0:
                found.append((("grants", "import", f"intake/grants-{file}.ndjson"), lambda file=file: self.load(file)))
            found.append((None, self.observe))
            found.append((None, lambda file=file: self.leave(file)))
            named = self.population.of("by-hand", file=file)
            if named:
                found.append((("revoke", *named, *REASON), lambda named=named: self.revoke(named)))
            found.append((("rotate",), None))
        return found

    def load(self, file):
        _, output, _ = self.rig.run("grants", "import", f"intake/grants-{file}.ndjson", "--json", statuses=(0,))
        report = json.loads(output)
        if report["lines"] != sum(report[name] for name in ("added", "updated", "unchanged", "ended")):
            raise Failure(f"the import of file {file} says {report}")
        self.imported.add(file)

    def in_use(self):
        """The grants whose uses the feed tells. None of them may be ordered to end: a use after an end is a warning."""
        used = [grant for file in sorted(self.imported) for grant in self.population.of("used", file=file)]
        return used[:: max(1, len(used) // 20)]

    def observe(self):
        self.rig.run("usage", "ingest", self.rig.observe(self.in_use()), statuses=(0,))

    def leave(self, file):
        for grant in self.population.leaving_behind_our_back(file):
            self.rig.sandbox.revoke(self.population.token[grant])

    def revoke(self, named):
        for _ in range(20):
            # 2: the provider did not let it be done at once; the queue goes on.
            self.rig.run("revoke", *named, *REASON)
            standings = self.rig.standings()
            left = [grant for grant in named if standings[grant] in ("active", "noticed", "quarantined")]
            if not left:
                return
            time.sleep(0.5)
        raise Failure(f"'revoke' did not take {left}")

    # Coming to rest

    def rest(self, worker, seconds):
        """Waits until nothing is left to do for a worker that nobody disturbs.

        It has to ask about every grant once more: a question that a kill made it forget would never be asked.
        """
        begun, end = int(time.time() * 1000), time.monotonic() + seconds
        quiet, seen = 0, None
        while quiet < 3:
            worker.check()
            left = self.left(begun)
            head = self.rig.value("SELECT max(seq) FROM journal")
            quiet = quiet + 1 if not left and head == seen else 0
            seen = head
            if time.monotonic() > end:
                raise Failure(f"{seconds} s were not enough for an undisturbed worker: {left or 'entries still come'}")
            if left:
                self.observe()
                silent = [grant for (grant,) in self.rig.query(
                    "SELECT g.id FROM grants g JOIN states s USING (row) WHERE s.standing <= 2 AND s.failures > 0"
                    " LIMIT 200")]
                if silent:
                    self.rig.run("revalidate", *silent, statuses=(0, 2, 69))
            time.sleep(2)

    def left(self, begun):
        """What is still to be done, by name; empty at the end."""
        now = int(time.time() * 1000)
        numbers = {
            "grants on their way": self.rig.value("SELECT count(*) FROM states WHERE standing BETWEEN 1 AND 4"),
            "grants due": self.rig.value("SELECT count(*) FROM states WHERE due_at <= ?", now),
            "orders": self.rig.value("SELECT count(*) FROM revocations"),
            "doubts": self.rig.value(
                "SELECT count(*) FROM states WHERE standing <= 2 AND (inactive_since IS NOT NULL OR failures > 0)"),
            "grants not asked about": self.rig.value(
                "SELECT count(*) FROM states s JOIN grants g USING (row)"
                " WHERE s.standing <= 2 AND g.tokens <> 0 AND coalesce(s.verdict_at, 0) < ?", begun),
            "answers pending": self.rig.value("SELECT count(*) FROM pending_verdicts"),
            "holds": self.rig.value("SELECT count(*) FROM holds"),
            "events": self.rig.value(
                "SELECT count(*) FROM sinks WHERE seq < (SELECT max(seq) FROM journal)"),
        }
        return {name: number for name, number in numbers.items() if number}
