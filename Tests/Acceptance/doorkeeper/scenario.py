#!/usr/bin/env python3
"""grantkeeper against a real Doorkeeper: what it says of living and dead tokens, and what it ends.

Usage: scenario.py PROGRAM. Ends with "N passed, N failed"; the status is 1 where something failed.
"""
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from rig import Checks, Keeper, ago
from server import CLIENT, Doorkeeper

checks = Checks()


def record(id, tokens, tenant="acme", unused=False, **more):
    return {
        "id": id, "provider": "doorkeeper", "tenant": tenant, "client": CLIENT, "subject": f"s-{id}",
        "scopes": ["ticket.read"], "issued_at": ago(days=200), "last_used_at": ago(days=120 if unused else 3),
        "observed_from": ago(days=199), "observed_until": ago(days=0),
        **{kind: tokens[kind] for kind in ("access_token", "refresh_token") if kind in tokens}, **more,
    }


def ends_and_keeps(program, folder):
    """Two hours of life for each access token, as Doorkeeper has it."""
    server = Doorkeeper(folder / "server", 7200)
    server.start()
    try:
        keeper = Keeper(program, folder / "keeper", server)
        consents = {f"rt-{i}": server.consent() for i in range(6)}
        consents |= {id: server.consent() for id in ("rt-unused", "rt-hand", "rt-gone", "rt-refreshed")}
        services = {f"at-{i}": server.service() for i in range(6)}
        services |= {id: server.service() for id in ("at-unused", "at-hand", "at-gone")}
        records = [record(id, tokens, unused=id.endswith("-unused")) for id, tokens in consents.items()]
        end = {"access_token_expires_at": ago(hours=-2), "has_refresh_token": False}
        records += [
            record(id, {"access_token": token}, "inhouse", id.endswith("-unused"), subject=None, **end)
            for id, token in services.items()
        ]
        keeper.load(records)

        def lives(id):
            if id in consents:
                return server.refresh_lives(consents[id]["refresh_token"])
            return server.access_lives(services[id])

        status, out, _ = keeper.run("providers", "check")
        checks.expect("providers check is content", status == 0, out)
        keeper.run("revalidate", "--all")
        said = keeper.grants()
        wrong = [id for id in said if said[id]["last_verdict"] != "active"]
        checks.expect("every living token is called active", not wrong, [(id, said[id]["last_verdict"]) for id in wrong])

        keeper.run("rotate")
        said = keeper.grants()
        # An in-house feed covers those without a window yet: they are kept.
        checks.expect(
            "an unused grant ends here and at the server",
            said["rt-unused"]["standing"] == "expired" and not lives("rt-unused"), said["rt-unused"],
        )
        checks.expect("its end is proven", said["rt-unused"]["proof"] == "proven", said["rt-unused"]["proof"])
        checks.expect(
            "its access token has ended with it", not server.access_lives(consents["rt-unused"]["access_token"])
        )
        others = [id for id in said if not id.endswith("-unused")]
        checks.expect("no other grant ends here", all(said[id]["standing"] == "active" for id in others))
        checks.expect("no other grant ends at the server", all(map(lives, others)), [i for i in others if not lives(i)])

        for id in ("rt-hand", "at-hand"):
            status, out, err = keeper.run("revoke", id, "--reason", "acceptance")
            grant = keeper.grants()[id]
            checks.expect(
                f"{id} is revoked by hand, proven, and dead at the server",
                status == 0 and grant["standing"] == "revoked" and grant["proof"] == "proven" and not lives(id),
                (status, grant["standing"], grant["proof"], err),
            )

        tokens = consents["rt-refreshed"]
        checks.expect("a client refreshes its token", server.refresh(tokens["refresh_token"]) == 200)
        server.revoke(services["at-gone"])
        server.revoke(consents["rt-gone"]["refresh_token"])
        keeper.run("revalidate", "--all")
        keeper.run("rotate")
        checks.expect("one inactive answer ends nothing", keeper.standing("at-gone") == "active")
        time.sleep(2.5)
        keeper.run("revalidate", "--all")
        keeper.run("rotate")
        checks.expect(
            "a refresh token that may have been replaced ends nothing within a day",
            keeper.standing("rt-refreshed") == "active" and keeper.standing("rt-gone") == "active",
        )

        live = [id for id, grant in keeper.grants().items() if grant["standing"] == "active"]

        def are_kept():
            return all(keeper.standing(id) == "active" for id in live)

        keeper.run("revalidate", "--all", config="wrong-secret.yaml")
        keeper.run("rotate", config="wrong-secret.yaml")
        checks.expect("a wrong secret of ours ends nothing", are_kept())
        keeper.run("revalidate", "--all")

        status, out, _ = keeper.run("revoke", "rt-0", "--reason", "acceptance", config="grantkeeper.yaml")
        checks.expect("after that an order by hand is carried out", status == 0 and not lives("rt-0"), out)
        live.remove("rt-0")

        server.stop()
        status, _, _ = keeper.run("revalidate", "--all")
        checks.expect("a server that is down is told by status 69", status == 69, status)
        keeper.run("rotate")
        checks.expect("a server that is down ends nothing", are_kept())
        server.start()

        server.lose_all()
        for _ in range(2):
            keeper.run("revalidate", "--all")
            keeper.run("rotate")
            time.sleep(2.5)
        checks.expect("a server that lost its database ends nothing by itself", are_kept())
        status, out, _ = keeper.run("audit", "verify")
        checks.expect("the audit trail holds", status == 0, out)
    finally:
        server.stop()


def outlives_its_access_token(program, folder):
    """Doorkeeper calls a living refresh token inactive once its access token is over."""
    server = Doorkeeper(folder / "server", 12)
    server.start()
    try:
        keeper = Keeper(program, folder / "keeper", server)
        consents = {f"rt-{i}": server.consent() for i in range(4)}
        records = [record(id, tokens, "inhouse") for id, tokens in consents.items()]
        records += [
            record(f"busy-{i}", {"access_token": server.service()}, "inhouse", has_refresh_token=False) for i in range(6)
        ]
        # One without an access token in its record: its condition cannot be known.
        bare = server.consent()
        consents["rt-bare"] = bare
        records.append(record("rt-bare", {"refresh_token": bare["refresh_token"]}, "inhouse"))
        keeper.load(records)

        def feed(begins=False):
            lines = [{"feed": "gateway", "observed_from": ago(days=98)}] if begins else []
            lines += [{"feed": "gateway", "at": ago(seconds=0), "grant": f"busy-{i}"} for i in range(6)]
            lines.append({"feed": "gateway", "observed_until": ago(seconds=0)})
            keeper.run("usage", "ingest", "-", stdin="".join(json.dumps(line) + "\n" for line in lines))

        feed(begins=True)
        keeper.run("revalidate", "--all")
        while any(server.access_lives(tokens["access_token"]) for tokens in consents.values()):
            time.sleep(0.5)
        for step in range(3):
            keeper.renew_canaries()
            keeper.run("revalidate", "--all")
            feed()
            keeper.run("rotate")
            keeper.let_a_day_pass_since_inactive()
            time.sleep(2.5)
        standings = {id: keeper.standing(id) for id in consents}
        checks.expect(
            "no grant ends whose refresh token outlives its access token",
            all(standing == "active" for standing in standings.values()), standings,
        )
        statuses = {id: server.refresh(tokens["refresh_token"]) for id, tokens in consents.items()}
        checks.expect("its refresh token works at the server", all(s == 200 for s in statuses.values()), statuses)
    finally:
        server.stop()


def main():
    program = os.path.abspath(sys.argv[1])
    os.environ.pop("GRANTKEEPER_CONFIG", None)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="grantkeeper-doorkeeper-"))
    try:
        for part in (ends_and_keeps, outlives_its_access_token):
            print(f"== {part.__doc__}", flush=True)
            part(program, folder / part.__name__)
    except Exception as error:
        checks.expect("the scenario comes to its end", False, repr(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed or not checks.passed else 0


if __name__ == "__main__":
    sys.exit(main())
