"""A grantkeeper beside a Doorkeeper, and the list of what was expected of it."""
import base64
import datetime
import json
import os
import pathlib
import sqlite3
import subprocess


def ago(**spans):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**spans)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


class Checks:
    """Counts what holds and what does not."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def expect(self, sentence, holds, detail=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'ok    ' if holds else 'WRONG '} {sentence}" + ("" if holds or detail == "" else f" | {detail}"), flush=True)


class Keeper:
    """One store and its configuration in a folder."""

    def __init__(self, program, folder, server, confirm_after="2s"):
        self.program, self.folder, self.server = program, pathlib.Path(folder), server
        (self.folder / "guard").mkdir(parents=True)
        self.secret("store.key", base64.b64encode(os.urandom(32)).decode() + "\n")
        self.secret("own.secret", "grantkeeper-secret")
        self.secret("wrong.secret", "not-the-secret")
        self.secret("portal.secret", "portal-secret")
        self.renew_canaries()
        for name, own in (("grantkeeper.yaml", "own.secret"), ("wrong-secret.yaml", "wrong.secret")):
            (self.folder / name).write_text(f"""store: {{ sqlite: grants.sqlite, high_water: guard/mark, key: {{ file: store.key }} }}
providers:
  - id: doorkeeper
    issuer: {server.issuer}
    introspection_endpoint: {server.issuer}/oauth/introspect
    revocation_endpoint: {server.issuer}/oauth/revoke
    token_endpoint: {server.issuer}/oauth/token
    client: {{ id: grantkeeper, secret: {{ file: {own} }} }}
    capabilities: {{ revocation_reaches: grant }}
    canaries:
      - {{ kind: access_token, token: {{ file: canary.access }}, client: canary }}
      - {{ kind: refresh_token, token: {{ file: canary.refresh }}, client: canary }}
clients: [{{ id: portal, provider: doorkeeper, secret: {{ file: portal.secret }} }}]
tenants: [{{ id: acme, party: supplier }}, {{ id: inhouse, party: internal }}]
feeds: [{{ id: gateway, covers: [{{ provider: doorkeeper, tenants: [inhouse] }}], late: 0s }}]
rotation:
  mode: enforce
  default: {{ idle_after: 60d, notice: 0s, revalidate_every: 1h, confirm_after: {confirm_after} }}
""")

    def secret(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)

    def renew_canaries(self):
        """What an operator does whose canary has run out: a new consent of the canary's client."""
        tokens = self.server.consent("canary")
        self.secret("canary.refresh", tokens["refresh_token"])
        self.secret("canary.access", self.server.consent("canary")["access_token"])

    def run(self, *arguments, config="grantkeeper.yaml", stdin=None):
        """Status, standard output, standard error."""
        done = subprocess.run(
            [self.program, *arguments, "--config", config], cwd=self.folder, capture_output=True, text=True,
            input=stdin, timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    def json(self, *arguments, **more):
        return [json.loads(line) for line in self.run(*arguments, "--json", **more)[1].splitlines() if line.strip()]

    def load(self, records):
        status, out, err = self.run("grants", "import", "-", stdin="".join(json.dumps(r) + "\n" for r in records))
        assert status == 0, (status, out, err)

    def grants(self):
        return {grant["id"]: grant for grant in self.json("grants", "list", "--all")}

    def standing(self, id):
        return self.grants()[id]["standing"]

    def let_a_day_pass_since_inactive(self):
        """The clock of the machine stays; what was seen inactive was seen a day and an hour earlier."""
        with sqlite3.connect(self.folder / "grants.sqlite") as store:
            store.execute(
                "UPDATE states SET inactive_since = inactive_since - 90000000 WHERE inactive_since IS NOT NULL"
            )
