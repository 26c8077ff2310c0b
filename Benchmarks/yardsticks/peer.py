"""What an engineer would write instead, in an afternoon: aiohttp or orjson, and sqlite3.

    peer.py revalidate N DIR URL [CA_FILE]   asks about N tokens, 64 in flight, stores verdicts, commits of 1,000
    peer.py usage KNOWN DIR FILE             reads usage lines into the last use of KNOWN grants, commits of 10,000

Made outside the time: the database DIR/peer.sqlite with its grants. Prints {"count":…,"seconds":…}.
"""
import asyncio
import json
import os
import secrets
import sqlite3
import ssl
import sys
import time

import aiohttp
import orjson

IN_FLIGHT = 64
VERDICTS_PER_COMMIT = 1_000
LINES_PER_COMMIT = 10_000


def make_database(folder, count):
    """A table of grants with a token each, in WAL mode; other settings are SQLite's own."""
    path = os.path.join(folder, "peer.sqlite")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(
        "CREATE TABLE grants (id TEXT PRIMARY KEY, token TEXT NOT NULL, active INTEGER, checked_at REAL, "
        "scope TEXT, expires_at INTEGER, last_used_at TEXT) WITHOUT ROWID")
    db.executemany(
        "INSERT INTO grants (id, token) VALUES (?, ?)",
        ((f"g-{number:08d}", secrets.token_urlsafe(32)) for number in range(count)))
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return db


class Revalidation:
    """Reads grants, asks about them with so many workers, and stores what came back in batches."""

    def __init__(self, db, url, ca_file):
        self.db = db
        self.url = url
        self.tls = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self.verdicts = []
        self.done = 0

    async def run(self):
        rows = iter(self.db.execute("SELECT id, token FROM grants ORDER BY id").fetchall())
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT, ssl=self.tls)
        auth = aiohttp.BasicAuth("grantkeeper", "grantkeeper-secret")
        async with aiohttp.ClientSession(connector=connector, auth=auth) as session:
            await asyncio.gather(*(self.work(session, rows) for _ in range(IN_FLIGHT)))
        self.store()

    async def work(self, session, rows):
        for grant, token in rows:
            form = {"token": token, "token_type_hint": "refresh_token"}
            async with session.post(self.url, data=form) as response:
                response.raise_for_status()
                answer = await response.json()
            if answer["active"] is not True:
                sys.exit("peer: error: the provider says inactive")
            self.verdicts.append((1, time.time(), answer.get("scope"), answer.get("exp"), grant))
            self.done += 1
            if len(self.verdicts) >= VERDICTS_PER_COMMIT:
                self.store()

    def store(self):
        self.db.executemany(
            "UPDATE grants SET active = ?, checked_at = ?, scope = ?, expires_at = ? WHERE id = ?", self.verdicts)
        self.db.commit()
        self.verdicts = []


def revalidate(count, folder, url, ca_file=None):
    db = make_database(folder, count)
    begin = time.perf_counter()
    revalidation = Revalidation(db, url, ca_file)
    asyncio.run(revalidation.run())
    return revalidation.done, time.perf_counter() - begin, {}


def usage(known, folder, path):
    db = make_database(folder, known)
    begin = time.perf_counter()
    grants = {row[0] for row in db.execute("SELECT id FROM grants")}
    lines = unknown = 0
    uses = {}

    def store():
        db.executemany(
            "UPDATE grants SET last_used_at = max(coalesce(last_used_at, ''), ?2) WHERE id = ?1", uses.items())
        db.commit()
        uses.clear()

    with open(path, "rb") as file:
        for line in file:
            use = orjson.loads(line)
            lines += 1
            grant = use.get("grant")
            if grant in grants:
                at = use["at"]
                if at > uses.get(grant, ""):
                    uses[grant] = at
            elif grant is not None:
                unknown += 1
            if lines % LINES_PER_COMMIT == 0:
                store()
    store()
    return lines, time.perf_counter() - begin, {"unknown": unknown}


def main():
    work = {"revalidate": revalidate, "usage": usage}[sys.argv[1]]
    count, seconds, more = work(int(sys.argv[2]), *sys.argv[3:])
    print(json.dumps({"count": count, "seconds": round(seconds, 6), **more}))


main()
