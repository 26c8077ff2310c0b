"""Starts the rig and checks, over HTTP, what the tests rely on. Prints "N passed, N failed".

Run it with the python that Scripts/django-rig-setup prints. The checks are also the list of what
django-oauth-toolkit does in this version: a new version that differs fails here first.
"""

import base64
import http.client
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

KEEPER = "grantkeeper", "grantkeeper-secret"
PORTAL = "supplier-portal", "supplier-portal-secret"
SYNC = "erp-sync", "erp-sync-secret"
BOTH = "ticket.read ticket.comment"


class Rig:
    """The rig as a child process, and a client of its server."""

    def __init__(self, *options):
        program = [sys.executable, str(Path(__file__).with_name("rig.py")), *options]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        word, _, description = self.process.stdout.readline().partition(" ")
        if word != "ready":
            raise SystemExit("selfcheck: error: the rig did not start; run rig.py by itself to see why")
        self.ready = json.loads(description)

    def ask(self, do, **members):
        self.process.stdin.write(json.dumps({"do": do, **members}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def active(self, token):
        return self.ask("is_active", token=token)["active"]

    def portal_grant(self, user="u-1", scope=BOTH):
        answer = self.ask("authorization_code", client="supplier-portal", user=user, scope=scope)
        return answer["access_token"], answer["refresh_token"]

    def send(self, address, client=None, bearer=None, connection=None, **form):
        """Posts the form, or gets without one; returns status, body, headers."""
        own = connection or http.client.HTTPConnection("127.0.0.1", self.ready["port"], timeout=60)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if client:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(client).encode()).decode()
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        own.request("POST" if form else "GET", urlsplit(address).path, urlencode(form) or None, headers)
        response = own.getresponse()
        body = response.read().decode()
        if not connection:
            own.close()
        return response.status, body, response.headers

    def introspect(self, token, client=KEEPER, **more):
        status, body, _ = self.send(self.ready["introspection_endpoint"], client, token=token, **more)
        return status, json.loads(body) if body else None

    def revoke(self, token, client=PORTAL, **more):
        status, body, _ = self.send(self.ready["revocation_endpoint"], client, token=token, **more)
        return status, body


class Checks:
    """Counts what held and says what did not."""

    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, sentence, got, expected):
        if got == expected:
            self.passed += 1
            return
        self.failed += 1
        print(f"failed: {sentence}: expected {expected}, got {got}")


def check_introspection(rig, check):
    access = rig.ask("client_credentials", client="erp-sync", scope="ticket.read")
    check.equal("a client-credentials token lives an hour", access["expires_in"], 3600)
    token = access["access_token"]
    status, answer = rig.introspect(token)
    end = answer.pop("exp")
    check.equal("a service's access token is active", (status, answer),
                (200, {"active": True, "scope": "ticket.read", "client_id": "erp-sync"}))
    check.equal("its end is an hour away", 3500 < end - time.time() <= 3600, True)
    user_access, user_refresh = rig.portal_grant()
    status, answer = rig.introspect(user_access)
    answer.pop("exp")
    check.equal("a user's access token is active", (status, answer), (200, {
        "active": True, "scope": BOTH, "client_id": "supplier-portal", "username": "u-1"}))
    check.equal("a live refresh token is called inactive",
                rig.introspect(user_refresh, token_type_hint="refresh_token"), (200, {"active": False}))
    check.equal("the server itself holds that refresh token for active",
                rig.ask("is_active", token=user_refresh), {"active": True, "kind": "refresh_token"})
    check.equal("a made-up token is inactive", rig.introspect("made-up"), (200, {"active": False}))
    check.equal("the server knows no made-up token",
                rig.ask("is_active", token="made-up"), {"active": False, "kind": None})
    check.equal("another client may introspect as well",
                rig.introspect(token, ("canary-client", "canary-client-secret"))[1]["active"], True)


def check_introspection_refusals(rig, check):
    address = rig.ready["introspection_endpoint"]
    token = rig.ask("client_credentials", client="erp-sync", scope="ticket.read")["access_token"]
    for name, client in [("wrong secret", (KEEPER[0], "wrong")), ("unknown client", ("nobody", "wrong")),
                         ("missing credential", None)]:
        check.equal(f"introspection with a {name} is 403 without a body",
                    rig.send(address, client, token=token)[:2], (403, ""))
    bearer = rig.ask("client_credentials", client="grantkeeper", scope="introspection")["access_token"]
    status, body, _ = rig.send(address, bearer=bearer, token=token)
    check.equal("a bearer with the scope introspection may introspect",
                (status, json.loads(body)["active"]), (200, True))
    check.equal("a bearer without that scope gets 403", rig.send(address, bearer=token, token=token)[0], 403)
    check.equal("a request without a token gets 400", rig.send(address, KEEPER, other="1")[0], 400)


def check_revocation(rig, check):
    access, refresh = rig.portal_grant()
    other_access, other_refresh = rig.portal_grant()
    check.equal("revocation with a wrong secret is 401",
                rig.revoke(access, (PORTAL[0], "wrong")), (401, '{"error": "invalid_client"}'))
    check.equal("revocation by another client is 200", rig.revoke(access, KEEPER), (200, ""))
    check.equal("and ends nothing", (rig.active(access), rig.active(refresh)), (True, True))
    check.equal("revocation by the token's own client is 200", rig.revoke(access), (200, ""))
    check.equal("revoking the access token takes the refresh token along",
                (rig.active(access), rig.active(refresh)), (False, False))
    check.equal("introspection then says inactive", rig.introspect(access), (200, {"active": False}))
    check.equal("revoking it again is 200", rig.revoke(access), (200, ""))
    check.equal("the same user's other consent lives on",
                (rig.active(other_access), rig.active(other_refresh)), (True, True))
    rig.revoke(other_refresh, token_type_hint="access_token")
    check.equal("revoking the refresh token, even with the wrong hint, takes the access token along",
                (rig.active(other_access), rig.active(other_refresh)), (False, False))
    token = rig.ask("client_credentials", client="erp-sync", scope="ticket.read")["access_token"]
    check.equal("a service's token is revoked by its client", (rig.revoke(token, SYNC), rig.active(token)),
                ((200, ""), False))


def check_rotation(rig, check):
    access, refresh = rig.portal_grant("u-2")
    new = rig.ask("refresh", client="supplier-portal", token=refresh)
    old_and_new = access, refresh, new["access_token"], new["refresh_token"]
    check.equal("a refresh ends the old pair and gives a new one",
                [rig.active(token) for token in old_and_new], [False, False, True, True])
    check.equal("the old refresh token is refused",
                rig.ask("refresh", client="supplier-portal", token=refresh)["status"], 400)
    check.equal("revoking the old refresh token is 200", rig.revoke(refresh), (200, ""))
    check.equal("and leaves its successor alone", rig.active(new["refresh_token"]), True)


def check_ends_at_the_server(rig, check):
    access, refresh = rig.portal_grant("u-3")
    check.equal("the administrator's revocation finds the token",
                rig.ask("revoke", token=access), {"revoked": True, "kind": "access_token"})
    check.equal("and ends both", (rig.active(access), rig.active(refresh)), (False, False))
    access, refresh = rig.portal_grant("u-3")
    rig.ask("revoke", token=refresh)
    check.equal("revoking the refresh token there ends both too",
                (rig.active(access), rig.active(refresh)), (False, False))
    access, refresh = rig.portal_grant("u-3")
    rig.ask("revoke", token=access, alone=True)
    check.equal("a refresh token whose access token was deleted is refused as well",
                (rig.active(refresh), rig.ask("refresh", client="supplier-portal", token=refresh)["status"]),
                (False, 400))


def check_token_endpoint(rig, check):
    form = {"grant_type": "client_credentials", "scope": "ticket.read"}
    address = rig.ready["token_endpoint"]
    check.equal("the token endpoint gives a token", rig.send(address, SYNC, **form)[0], 200)
    check.equal("a wrong secret there is 401",
                rig.send(address, (SYNC[0], "wrong"), **form)[:2], (401, '{"error": "invalid_client"}'))
    check.equal("an unknown scope is 400", rig.send(address, SYNC, **form | {"scope": "other"})[:2],
                (400, '{"error": "invalid_scope"}'))
    check.equal("a client of the authorization-code grant gets no client credentials",
                rig.send(address, PORTAL, **form)[:2], (400, '{"error": "unauthorized_client"}'))


def check_discovery(rig, check):
    base = f"http://127.0.0.1:{rig.ready['port']}"
    for path in ["/.well-known/oauth-authorization-server/o", "/o/.well-known/oauth-authorization-server"]:
        status, body, _ = rig.send(base + path)
        document = json.loads(body)
        names = ["issuer", "token_endpoint", "introspection_endpoint", "revocation_endpoint"]
        check.equal(f"{path} names issuer and endpoints", (status, [document[name] for name in names]),
                    (200, [rig.ready[name] for name in names]))
    check.equal("OpenID discovery is off", rig.send(f"{base}/o/.well-known/openid-configuration")[0], 404)


def check_clock(rig, check):
    access, refresh = rig.portal_grant("u-4")
    rig.ask("clock", skew=3700)
    status, body, headers = rig.send(rig.ready["introspection_endpoint"], KEEPER, token=access)
    ahead = parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
    check.equal("Date follows the rig's clock", 3690 < ahead < 3710, True)
    check.equal("an hour later the access token is inactive", (status, body), (200, '{"active": false}'))
    check.equal("and the refresh token is not", (rig.active(access), rig.active(refresh)), (False, True))
    rig.ask("clock", skew=0)


def check_counting_and_connections(rig, check):
    token = rig.ask("client_credentials", client="erp-sync", scope="ticket.read")["access_token"]
    rig.ask("requests", reset=True)
    connection = http.client.HTTPConnection("127.0.0.1", rig.ready["port"], timeout=60)
    for secret in ["grantkeeper-secret", "grantkeeper-secret", "wrong"]:
        rig.send(rig.ready["introspection_endpoint"], (KEEPER[0], secret), connection=connection, token=token)
    connection.close()
    rig.ask("client_credentials", client="erp-sync", scope="ticket.read")
    check.equal("requests are counted per path and status, on one connection, the rig's own apart",
                rig.ask("requests"),
                {"requests": {"/o/introspect/": {"200": 2, "403": 1}}, "connections": 1, "own": 1})


def check_many_at_once(rig, check):
    grants = [rig.portal_grant(f"u-{number % 20 + 1}") for number in range(40)]
    rig.ask("requests", reset=True)
    with ThreadPoolExecutor(16) as pool:
        asked = pool.map(lambda number: rig.introspect(grants[number % 40][0])[0], range(200))
        revoked = pool.map(lambda grant: rig.revoke(grant[1])[0], grants)
        statuses = set(asked) | set(revoked)
    check.equal("sixteen at once, reading and writing, are all answered", statuses, {200})
    check.equal("and each is counted", rig.ask("requests")["requests"],
                {"/o/introspect/": {"200": 200}, "/o/revoke_token/": {"200": 40}})
    tokens = [token for pair in grants for token in pair]
    check.equal("and every grant has ended", {rig.active(token) for token in tokens}, {False})


def check_protocol(rig, check):
    check.equal("an unknown command is answered with an error", "error" in rig.ask("dance"), True)
    answer = rig.ask("authorization_code", client="supplier-portal", user="u-999", scope=BOTH)
    check.equal("an unknown user is answered with an error", "error" in answer, True)


def check_ends(rig, check):
    check.equal("stop is answered", rig.ask("stop"), {"stopped": True})
    check.equal("and the rig ends well", rig.process.wait(timeout=20), 0)


def main():
    check = Checks()
    started = time.monotonic()
    rig = Rig()
    try:
        print(f"started in {time.monotonic() - started:.2f} s")
        for part in [check_introspection, check_introspection_refusals, check_revocation, check_rotation,
                     check_ends_at_the_server, check_token_endpoint, check_discovery, check_clock,
                     check_counting_and_connections, check_protocol, check_ends]:
            part(rig, check)
        fast = rig = Rig("--fast-secrets", "--clock-skew", "-600")
        _, _, headers = fast.send(fast.ready["introspection_endpoint"], KEEPER, token="made-up")
        behind = time.time() - parsedate_to_datetime(headers["Date"]).timestamp()
        check.equal("--clock-skew sets the clock", 590 < behind < 610, True)
        check_many_at_once(fast, check)
        fast.process.stdin.close()
        check.equal("the rig ends with its standard input", fast.process.wait(timeout=20), 0)
    finally:
        if rig.process.poll() is None:
            rig.process.terminate()
            rig.process.wait(timeout=20)
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed or not check.passed else 0


if __name__ == "__main__":
    sys.exit(main())
