"""A Doorkeeper that is started, spoken to as its clients do, and looked into behind everybody's back."""
import base64
import http.client
import itertools
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
REDIRECT = "http://127.0.0.1:1/cb"
CLIENT = "portal"


class Doorkeeper:
    """One server with a state folder; `expires` is how many seconds its access tokens live."""

    def __init__(self, state, expires):
        self.state, self.expires = pathlib.Path(state), expires
        self.state.mkdir(parents=True)
        for name in ("config", "log", "tmp"):
            (self.state / name).mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.users = itertools.count(1)
        self.process = None

    def start(self):
        environment = dict(os.environ, STATE=str(self.state), EXPIRES=str(self.expires))
        log = open(self.state / "puma.log", "ab")
        self.process = subprocess.Popen(
            ["puma", "--quiet", "-t", "1:4", "-b", f"tcp://127.0.0.1:{self.port}", "config.ru"],
            cwd=HERE, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )
        for _ in range(300):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.2)
        raise SystemExit(f"puma does not start: {(self.state / 'puma.log').read_text()[-2000:]}")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    # What clients do.

    def call(self, method, path, form=None, client=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {}
        if client:
            pair = base64.b64encode(f"{client}:{client}-secret".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        return answer.status, content, answer.headers

    def token(self, form, client):
        status, body, _ = self.call("POST", "/oauth/token", form, client)
        assert status == 200, (status, body)
        return json.loads(body)

    def consent(self, client=CLIENT):
        """Access and refresh token of a new consent."""
        query = urllib.parse.urlencode({
            "response_type": "code", "client_id": client, "redirect_uri": REDIRECT,
            "scope": "ticket.read ticket.comment", "as": f"u{next(self.users)}",
        })
        _, body, headers = self.call("GET", f"/oauth/authorize?{query}")
        place = urllib.parse.urlparse(headers.get("Location") or "")
        code = urllib.parse.parse_qs(place.query).get("code")
        assert code, (headers, body[:500])
        return self.token({"grant_type": "authorization_code", "code": code[0], "redirect_uri": REDIRECT}, client)

    def service(self):
        """An access token alone."""
        return self.token({"grant_type": "client_credentials", "scope": "ticket.read"}, CLIENT)["access_token"]

    def refresh(self, token):
        """The status of a refresh: whether the refresh token works."""
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.call("POST", "/oauth/token", form, CLIENT)[0]

    def revoke(self, token):
        status, body, _ = self.call("POST", "/oauth/revoke", {"token": token}, CLIENT)
        assert status == 200, (status, body)

    # What its database says.

    def row(self, column, token):
        with sqlite3.connect(self.state / "doorkeeper.sqlite3") as database:
            return database.execute(
                "SELECT revoked_at, strftime('%s', 'now') - strftime('%s', created_at) >= expires_in "
                f"FROM oauth_access_tokens WHERE {column} = ?", (token,)
            ).fetchone()

    def refresh_lives(self, token):
        row = self.row("refresh_token", token)
        return bool(row) and row[0] is None

    def access_lives(self, token):
        row = self.row("token", token)
        return bool(row) and row[0] is None and not row[1]

    def lose_all(self):
        """A database restored from before all consents."""
        self.stop()
        with sqlite3.connect(self.state / "doorkeeper.sqlite3") as database:
            database.execute("DELETE FROM oauth_access_tokens")
        self.start()
