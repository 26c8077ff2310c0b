"""The program as child processes on one folder: sandbox, configuration, workers, commands, and a look into the store.

Whatever becomes of the test, no child outlives it.
"""
import json
import os
import sqlite3
import subprocess
import time

from sandbox import Failure, Sandbox, die_with_parent, instant

CONFIGURATION = """\
store: {{ sqlite: state/grants.sqlite, high_water: guard/high-water, key: {{ file: store.key }} }}
providers:
  - id: sandbox
    issuer: {issuer}
    client: {{ id: grantkeeper, secret: {{ file: grantkeeper.secret }} }}
    limits: {{ requests_per_second: 100000, in_flight: 32, timeout: 2s }}
    capabilities: {{ revocation_reaches: grant, rotates_refresh_tokens: false }}
    access_token_lifetime: 0s
    canaries:
      - {{ kind: access_token, client: canary-client, token: {{ file: canary-access.token }} }}
      - {{ kind: refresh_token, client: canary-client, token: {{ file: canary-refresh.token }} }}
clients:
  - {{ id: supplier-portal, provider: sandbox, secret: {{ file: supplier-portal.secret }} }}
  - {{ id: partner-gateway, provider: sandbox, secret: {{ file: partner-gateway.secret }} }}
  - {{ id: erp-sync, provider: sandbox, secret: {{ file: erp-sync.secret }} }}
tenants:
  - {{ id: acme, party: supplier, owner: buyer-team }}
  - {{ id: cargolink, party: partner, owner: logistics }}
  - {{ id: finance, party: internal, owner: finance }}
  - {{ id: unseen, party: supplier, owner: buyer-team }}
feeds:
  - {{ id: gateway, covers: [{{ provider: sandbox, tenants: [acme, cargolink, finance] }}], late: 0s }}
rotation:
  mode: enforce
  default:
    notice: 3s
    confirmations: 2
    confirm_after: 2s
    revalidate_every: {revalidate_every}s
    valve: {{ share: 100%, count: 1000000, max: 1000000, window: 1s }}
  total_valve: {{ share: 100%, count: 1000000, max: 1000000, window: 1s }}
sinks:
  - {{ id: siem, type: file, path: events.ndjson }}
  - {{ id: owners, type: exec, command: [./tell-owners], notifies: true }}
"""
# Each batch is a file of its own: one that was cut off does not run into the next.
TELL_OWNERS = "#!/bin/sh\nexec cat >\"told/$(date +%s%N).$$\"\n"
SCHEDULES = {"expire": "job: expire\nevery: 2s\n", "revalidate": "job: revalidate\nevery: 3s\n"}
STANDINGS = ["active", "noticed", "quarantined", "revoking", "stuck", "expired", "revoked"]
ENDED = {"expired", "revoked"}


class Rig:
    """One store with all that belongs to it, in a folder."""

    def __init__(self, program, folder, seed, revalidate_every):
        self.program, self.folder = os.path.abspath(program), folder
        os.makedirs(folder)
        self.log = open(self.path("commands.log"), "ab")
        self.environment = dict(os.environ, GRANTKEEPER_CONFIG=self.path("grantkeeper.yaml"), USER="endurance")
        self.run("init", ".", statuses=(0,))
        for name in ("state", "guard", "told", "schedules", "intake"):
            os.makedirs(self.path(name), exist_ok=True)
        self.sandbox = Sandbox(self.program, seed, self.log)
        for name, text in SCHEDULES.items():
            self.write(f"schedules/{name}.yaml", text)
        for name in os.listdir(self.path("schedules")):
            if name.removesuffix(".yaml") not in SCHEDULES:
                os.remove(self.path("schedules", name))
        for name in ("grantkeeper", "supplier-portal", "partner-gateway", "erp-sync"):
            self.write(f"{name}.secret", f"{name}-secret")
        canary = self.sandbox.issue([{"client": "canary-client", "scopes": ["canary"], "access_expires_in": None}])[0]
        self.write("canary-access.token", canary["access_token"])
        self.write("canary-refresh.token", canary["refresh_token"])
        self.write("tell-owners", TELL_OWNERS, 0o700)
        self.write("grantkeeper.yaml", CONFIGURATION.format(
            issuer=self.sandbox.issuer, revalidate_every=revalidate_every))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text, mode=0o600):
        if os.path.exists(self.path(name)):
            os.remove(self.path(name))
        with open(os.open(self.path(name), os.O_CREAT | os.O_WRONLY, mode), "w", encoding="utf-8") as file:
            file.write(text)

    # Commands

    def start(self, *arguments, stdout=None):
        return subprocess.Popen(
            [self.program, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=stdout or self.log, stderr=stdout and subprocess.PIPE or self.log, preexec_fn=die_with_parent)

    def run(self, *arguments, statuses=(0, 2), timeout=300):
        """Runs a command to its end; its status must be one of these. Returns status, output and errors."""
        child = self.start(*arguments, stdout=subprocess.PIPE)
        try:
            output, errors = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            raise Failure(f"{words(arguments)} did not end within {timeout} s") from None
        self.log.write(b"$ " + words(arguments).encode() + b"\n" + output + errors)
        self.log.flush()
        if child.returncode not in statuses:
            raise Failure(f"{words(arguments)} ended with {child.returncode}: {errors[-500:].decode()}")
        return child.returncode, output, errors

    def run_killed(self, delay, *arguments):
        """Runs a command and kills it after so long; whether it was still going."""
        child = self.start(*arguments)
        try:
            status = child.wait(delay)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return True
        if status not in (0, 2, 69, 75):
            raise Failure(f"{words(arguments)} ended with {status}")
        return False

    def worker(self):
        return Worker(self)

    # The store, read beside whoever writes

    def query(self, sql, *arguments):
        connection = sqlite3.connect(f"file:{self.path('state/grants.sqlite')}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(sql, arguments).fetchall()
        finally:
            connection.close()

    def value(self, sql, *arguments):
        return self.query(sql, *arguments)[0][0]

    def standings(self):
        rows = self.query("SELECT g.id, s.standing FROM grants g JOIN states s USING (row)")
        return {grant: STANDINGS[code] for grant, code in rows}

    def observe(self, used):
        """The feed reports some uses of this moment, and that it has seen everything until now."""
        now = time.time()
        # To the millisecond: of two logs within a second the later one tells of nothing that the first had observed.
        moment = f"{instant(now)[:-1]}.{int(now * 1_000) % 1_000:03d}Z"
        lines = [json.dumps({"feed": "gateway", "observed_from": instant(now - 190 * 86_400)})]
        lines += [
            json.dumps({"feed": "gateway", "at": moment, "provider": "sandbox", "grant": grant})
            for grant in used
        ]
        lines.append(json.dumps({"feed": "gateway", "observed_until": moment}))
        name = f"intake/usage-{time.monotonic_ns()}.ndjson"
        self.write(name, "\n".join(lines) + "\n")
        return name

    def close(self):
        self.sandbox.stop()
        self.log.close()


class Worker:
    """One life of the worker."""

    def __init__(self, rig):
        self.rig = rig
        self.log = open(rig.path("worker.log"), "ab")
        self.begun, self.born = time.monotonic(), time.time()
        self.child = subprocess.Popen(
            [rig.program, "worker"], cwd=rig.folder, env=rig.environment, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, preexec_fn=die_with_parent)

    def check(self):
        if self.child.poll() is not None:
            raise Failure(f"the worker ended by itself with {self.child.returncode}; worker.log says why")

    def kill(self):
        self.check()
        self.child.kill()
        self.child.wait()
        self.log.close()

    def stop(self):
        self.check()
        self.child.terminate()
        try:
            status = self.child.wait(60)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise Failure("the worker did not stop within a minute of SIGTERM") from None
        self.log.close()
        if status != 0:
            raise Failure(f"the worker ended with {status} after SIGTERM")


def words(arguments):
    shown = " ".join(arguments[:8])
    return f"grantkeeper {shown}" + (f" … ({len(arguments) - 8} more)" if len(arguments) > 8 else "")
