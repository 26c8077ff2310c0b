"""What must be true of a store after anything: the journal tells all, sinks have it all, nothing ended twice."""
import collections
import glob
import json
import os
import sqlite3

from rig import ENDED, STANDINGS
from sandbox import TOKEN, Failure, milliseconds

# The lifecycle's table: an entry's type, from where it may come, and where it leads.
LIVE = {"active", "noticed", "quarantined"}
MOVES = {
    "grant.recorded": ({None} | ENDED, "active"),
    "grant.noticed": ({"active"}, "noticed"),
    "grant.quarantined": ({"active", "noticed"}, "quarantined"),
    "grant.reprieved": ({"noticed"}, "active"),
    "grant.restored": ({"quarantined"}, "active"),
    # A person's order may come upon one that is under way, and makes it the person's.
    "grant.revoking": (LIVE | {"stuck", "revoking"} | ENDED, "revoking"),
    "grant.stuck": ({"revoking"}, "stuck"),
    "grant.expired": (LIVE | {"revoking", "stuck"}, "expired"),
    "grant.revoked": (LIVE | {"revoking", "stuck"}, "revoked"),
    "grant.superseded": (LIVE, "expired"),
}


def all_of(*checks):
    """What each check returns; all that fail are told at once."""
    results, failures = [], []
    for check in checks:
        try:
            results.append(check())
        except Failure as failure:
            failures.append(str(failure))
    if failures:
        raise Failure("; ".join(failures))
    return results


def ends(rig, population):
    """Each grant stands as its kind must; an end that was stuck, and that a person then ordered, is the person's."""
    standings = rig.standings()
    ordered = {
        entry["grant"] for _, entry in journal(rig) if entry["type"] == "grant.revoking" and entry["rule"] == "by-hand"}
    wanted = {
        grant: "revoked" if end == "expired" and grant in ordered else end for grant, end in population.ends.items()}
    wrong = {grant: (standings.get(grant), end) for grant, end in wanted.items() if standings.get(grant) != end}
    if wrong:
        raise Failure(f"{len(wrong)} grants did not end as they must (is, must be): {dict(list(wrong.items())[:10])}")


def journal(rig):
    return [(seq, json.loads(body)) for seq, body in rig.query("SELECT seq, body FROM journal ORDER BY seq")]


def replay(rig):
    """Every change has its entry and every entry its change; no grant ends twice."""
    standing = {}
    for seq, entry in journal(rig):
        if entry["type"] not in MOVES:
            continue
        sources, target = MOVES[entry["type"]]
        grant = entry["grant"]
        if standing.get(grant) not in sources:
            raise Failure(f"entry {seq}: {entry['type']} of {grant}, which is {standing.get(grant)}")
        standing[grant] = target
    stored = rig.standings()
    wrong = [grant for grant in standing.keys() | stored.keys() if standing.get(grant) != stored.get(grant)]
    if wrong:
        some = {grant: (standing.get(grant), stored.get(grant)) for grant in sorted(wrong)[:10]}
        raise Failure(f"{len(wrong)} grants are not what the journal says (journal, store): {some}")
    return stored


def database(rig):
    """SQLite's own checks, and the counters recounted; on a copy's connection that may write nothing."""
    connection = sqlite3.connect(f"file:{rig.path('state/grants.sqlite')}?mode=ro", uri=True, timeout=30)
    try:
        for pragma, good in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
            found = connection.execute(f"PRAGMA {pragma}").fetchall()
            if found != good:
                raise Failure(f"PRAGMA {pragma}: {found[:5]}")
        counted = connection.execute(
            "SELECT provider, tenant, standing, n FROM counts WHERE n <> 0 ORDER BY 1, 2, 3").fetchall()
        recounted = connection.execute(
            "SELECT g.provider, g.tenant, s.standing, count(*) FROM grants g JOIN states s USING (row)"
            " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3").fetchall()
        if counted != recounted:
            raise Failure(f"the counters say {counted}, a count says {recounted}")
        stray = connection.execute(
            "SELECT count(*) FROM revocations r JOIN states s USING (row) WHERE s.standing NOT IN (3, 4)").fetchone()[0]
        missing = connection.execute(
            "SELECT count(*) FROM states s WHERE s.standing IN (3, 4)"
            " AND NOT EXISTS (SELECT 1 FROM revocations r WHERE r.row = s.row)").fetchone()[0]
        if stray or missing:
            raise Failure(f"{stray} orders to revoke for nothing, {missing} revocations without an order")
    finally:
        connection.close()
    _, output, _ = rig.run("audit", "verify", "--json", statuses=(0, 1))
    if not json.loads(output)["ok"]:
        raise Failure(f"audit verify: {output.decode()}")


def sinks(rig, torn_limit, repeats_allowed=True):
    """Each entry has arrived; a repeat has the same bytes; nothing is told before what comes before it."""
    entries = {seq: body["id"] for seq, body in journal(rig)}
    with open(rig.path("events.ndjson"), "rb") as file:
        siem = _arrived(file.read().splitlines(), entries, "siem")
    owners = {"lines": {}, "repeats": 0, "torn": 0}
    for name in sorted(glob.glob(rig.path("told/*"))):
        with open(name, "rb") as file:
            batch = _arrived(file.read().splitlines(), entries, "owners", is_whole=False)
        for seq, line in batch["lines"].items():
            if owners["lines"].setdefault(seq, line) != line:
                raise Failure(f"sink owners was told entry {seq} twice, differently")
            owners["repeats"] += owners["lines"][seq] is not line
        owners["repeats"] += batch["repeats"]
        owners["torn"] += batch["torn"]
    for name, sink in (("siem", siem), ("owners", owners)):
        missing = sorted(entries.keys() - sink["lines"].keys())
        if missing:
            raise Failure(f"sink {name} was never told {len(missing)} entries, the first is {missing[0]}")
        if sink["torn"] > torn_limit:
            raise Failure(f"sink {name} has {sink['torn']} torn lines")
        if sink["repeats"] and not repeats_allowed:
            raise Failure(f"sink {name} was told {sink['repeats']} entries again, without a crash")
    return {name: (sink["repeats"], sink["torn"]) for name, sink in (("siem", siem), ("owners", owners))}


def _arrived(lines, entries, sink, is_whole=True):
    arrived, repeats, torn, highest, before = {}, 0, 0, 0, None
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            torn += 1
            continue
        seq = event["seq"]
        if entries.get(seq) != event["id"]:
            raise Failure(f"sink {sink} has an entry {seq} with the id {event['id']}, which the journal has not")
        if is_whole and seq > highest + 1:
            raise Failure(f"sink {sink} was told entry {seq} before entry {highest + 1}")
        if not is_whole and before is not None and seq != before + 1:
            raise Failure(f"sink {sink} was told entry {seq} right after entry {before}")
        before, highest = seq, max(highest, seq)
        if seq in arrived:
            repeats += 1
            if arrived[seq] != line:
                raise Failure(f"sink {sink} was told entry {seq} twice, differently")
        arrived[seq] = line
    return {"lines": arrived, "repeats": repeats, "torn": torn}


def verdicts(rig):
    """What the provider said last of each grant is what the store holds, and it is true."""
    histories = rig.sandbox.histories()
    runs = rig.query(
        "SELECT started_at, ifnull(ended_at, 1 << 60) FROM runs WHERE job IN ('revalidate', 'rotate', 'approve')")
    rows = rig.query(
        "SELECT g.id, s.verdict, s.verdict_at FROM grants g JOIN states s USING (row)"
        " WHERE s.standing <= 2 AND g.tokens <> 0")
    lost = []
    for grant, verdict, at in rows:
        history = histories[grant]
        if verdict is None or bool(verdict) != history["active"]:
            raise Failure(f"{grant}: the store says {verdict}, the provider {history['active']}")
        answered = history["last_answer_at"]
        if answered is None or history["last_answer"] != bool(verdict):
            raise Failure(f"{grant}: the store says {verdict}, the provider's last answer was {history['last_answer']}")
        # A verdict is as of the batch's beginning, which is not before its run's; a person's question of a few grants
        # takes no lock, so that several runs may go on.
        answered = milliseconds(answered)
        run = min((start for start, end in runs if start <= answered + 1 and end >= answered - 1), default=0)
        if at < run:
            lost.append((grant, at, answered))
    if lost:
        raise Failure(f"{len(lost)} answers are not in the store, such as (grant, stored, answered) {lost[:5]}")
    return len(rows)


def secrets(rig, tokens):
    """No token in any file but what was imported; in the store they are sealed."""
    secret = {token.encode() for token in tokens}
    looked = 0
    for place, _, names in os.walk(rig.folder):
        if place == rig.path("intake"):
            continue
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                data = file.read()
            looked += len(data)
            for found in TOKEN.finditer(data):
                if found.group() in secret:
                    raise Failure(f"a token stands in {os.path.relpath(os.path.join(place, name), rig.folder)}")
    return looked


def locks(rig):
    held = rig.query("SELECT job, pid FROM locks WHERE owner IS NOT NULL")
    if held:
        raise Failure(f"locks are held though nothing runs: {held}")


def failures(rig):
    """Runs that failed, and holds that no script explains."""
    failed = collections.Counter(job for (job,) in rig.query("SELECT job FROM runs WHERE outcome = 'failed'"))
    holds = collections.Counter(
        entry["reason"] for _, entry in journal(rig)
        if entry["type"] == "provider.held" and entry["reason"] != "surge")
    if failed or holds:
        raise Failure(f"runs failed: {dict(failed)}; the provider was held: {dict(holds)}")


def unrevoked_twice(rig, population):
    """Tokens whose revocation was asked for when it was done already; only a crash between answer and commit may."""
    excused = set(population.of("by-hand", "stubborn"))
    histories = rig.sandbox.histories()
    return sorted(
        grant for grant in population.kind
        if histories[grant]["needless_revocations"] and histories[grant]["revocations"] and grant not in excused)


def summary(rig):
    counts = collections.Counter(STANDINGS[code] for (code,) in rig.query("SELECT standing FROM states"))
    return dict(counts), rig.value("SELECT count(*) FROM journal"), rig.value("SELECT count(*) FROM runs")
