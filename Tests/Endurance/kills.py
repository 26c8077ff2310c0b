"""When the worker dies, and what was hit; and steps beside it that may be killed themselves."""
import collections
import time

from sandbox import Failure

# So many seconds of workers' lives after a kill, on a machine with other things to do, some run, and one of the job
# that was killed, must have begun; a lock that is free only when its lease is over takes a minute.
FIRST_RUN_LIMIT = 30


class Kills:
    """Decides when, and notes what was hit."""

    def __init__(self, rig, generator):
        self.rig, self.random = rig, generator
        self.hits, self.moments = collections.Counter(), collections.Counter()
        self.first_runs = []
        # From and until when a worker lived, and the jobs that were killed at its end; the clock is the store's.
        self.lives = []

    def hit(self, worker):
        """Waits for a moment and kills the worker."""
        before = self.newest_run()
        moment = self.random.choices(
            ["start", "delay", "revocation", "introspection", "entry", "expire", "revoke", "revalidate", "deliver"],
            [3, 8, 2, 2, 2, 1, 1, 2, 1])[0]
        if moment == "start":
            time.sleep(self.random.random())
        else:
            self.await_first_run(worker, before)
            if moment == "delay":
                time.sleep(self.random.choice([0.05, 0.3, 1, 3]) * self.random.random())
            else:
                self.wait(self.fact(moment, before), 4)
                time.sleep(self.random.choice([0, 0.003, 0.03]) * self.random.random())
        worker.kill()
        died = time.time()
        open_runs = self.rig.query("SELECT job FROM runs WHERE ended_at IS NULL AND id > ?", before)
        jobs = sorted({job for (job,) in open_runs})
        self.hits["+".join(jobs) or ("between runs" if self.newest_run() > before else "before a run")] += 1
        self.moments[moment] += 1
        self.lives.append((worker.born, died, jobs))

    def lost_time(self, last):
        """For how long workers lived after a kill before one took up the job that was hit; `last` is never killed.

        Of jobs with a schedule, which are always due again in a moment; the longest of each.
        """
        lives = self.lives + [(last.born, time.time(), [])]
        longest = collections.Counter()
        for index, (_, died, jobs) in enumerate(lives):
            for job in {"expire", "revalidate"}.intersection(jobs):
                again = self.rig.value(
                    "SELECT min(started_at) FROM runs WHERE job = ? AND started_at > ?", job, int(died * 1000))
                again = time.time() if again is None else again / 1000
                lived = sum(
                    max(0, min(end, again) - begin) for begin, end, _ in lives[index + 1:])
                longest[job] = max(longest[job], lived)
        if max(longest.values(), default=0) > FIRST_RUN_LIMIT:
            raise Failure(f"what a kill left behind kept the next workers from their work: {dict(longest)} (seconds)")
        return {job: round(seconds, 1) for job, seconds in longest.items()}

    def newest_run(self):
        return self.rig.value("SELECT coalesce(max(id), 0) FROM runs")

    def fact(self, moment, before):
        if moment in ("revocation", "introspection"):
            endpoint = "revoke" if moment == "revocation" else "introspect"
            asked = self.rig.sandbox.requests(endpoint)
            return lambda: self.rig.sandbox.requests(endpoint) > asked
        if moment == "entry":
            head = self.rig.value("SELECT max(seq) FROM journal")
            return lambda: self.rig.value("SELECT max(seq) FROM journal") > head
        return lambda: self.rig.value(
            "SELECT count(*) FROM runs WHERE ended_at IS NULL AND id > ? AND job = ?", before, moment) > 0

    def await_first_run(self, worker, before):
        """What the one before it left behind must not keep a worker from its work."""
        if not self.wait(lambda: self.newest_run() > before, FIRST_RUN_LIMIT):
            raise Failure(f"a worker after a kill began no run within {FIRST_RUN_LIMIT} s")
        self.first_runs.append(time.monotonic() - worker.begun)

    @staticmethod
    def wait(happened, seconds):
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > end:
                return False
            time.sleep(0.003)
        return True


class Step:
    """One step of the story beside a worker, whatever becomes of that."""

    def __init__(self, kills, arguments, finish, kill_after):
        self.kills, self.arguments, self.finish, self.kill_after = kills, arguments, finish, kill_after
        self.failure = None

    def run(self):
        try:
            if self.arguments and self.kill_after is not None:
                if self.kills.rig.run_killed(self.kill_after, *self.arguments):
                    self.kills.hits[f"command {self.arguments[0]}"] += 1
            if self.finish:
                self.finish()
        except Exception as error:
            self.failure = error

    def check(self):
        if self.failure:
            raise self.failure
