"""P6: reading usage lines into the last use of grants, against orjson and sqlite3."""
import datetime
import os
import sqlite3

from parts import inputs, measure

ENTRIES = ("P6", "P6-memory", "P6-growth")
GROWTH, GROWTH_WORK = "P6-growth", "usage line, as many as grants"
_UNKNOWN_PERCENT = 20


def run(bench):
    lines, grants = bench.sizes["p6_lines"], bench.sizes["p6_grants"]
    used = {}
    product, peer = measure.alternate(
        bench.rounds, lambda: lines / ingested(bench, lines, grants, used),
        lambda: lines / _peer(bench, lines, grants, used))
    work = f"{lines:,} usage lines on {grants:,} grants"
    bench.check("grants with a use, product and peer", used["product"], used["peer"])
    bench.report("P6", f"{work} against peer.py", measure.median(product) / measure.median(peer), mark=">= 3",
                 product=product, yardstick=peer, of="/s")
    peak = bench.peaks["usage", grants] / 1_000_000
    bench.report("P6-memory", f"{work}, the peak of memory", peak, unit=" MB", mark="<= 96", product=[peak], of="MB")


def grow(bench, count):
    return ingested(bench, count, count) / count * 1_000_000


def ingested(bench, lines, grants, used=None):
    """Reads a usage log; the seconds from the start to the exit. `used` is told how many grants have a use now."""
    prepared = bench.stores.looked_at(grants)
    path = _log(bench, lines, grants, prepared.at)
    unknown = lines * _UNKNOWN_PERCENT // 100
    with bench.stores.copy(prepared) as store:
        store.configure(covered=True)
        cost, report = bench.product(store, "usage", "ingest", path, "--json", peak=("usage", grants))
        # The feed's two own lines are counted as lines.
        bench.check("lines read", report["lines"], lines + 2)
        bench.check("uses of known grants", report["mapped"], lines - unknown)
        bench.check("uses of nobody's grant", report["unmapped"], unknown)
        bench.check("bad lines", report["bad"], 0)
        if used is not None:
            since = int(prepared.at.timestamp() - 86_400) * 1_000
            used["product"] = store.value("SELECT count(*) FROM states WHERE last_used_at > ?", since)
    return cost.seconds


def _peer(bench, lines, grants, used):
    prepared = bench.stores.looked_at(grants)
    said = bench.peer("peer.py", lines + 2, "usage", grants, bench.folder, _log(bench, lines, grants, prepared.at))
    bench.check("uses of nobody's grant, peer", said["unknown"], lines * _UNKNOWN_PERCENT // 100)
    since = inputs.time_text(prepared.at - datetime.timedelta(days=1))
    db = sqlite3.connect(os.path.join(bench.folder, "peer.sqlite"))
    try:
        used["peer"] = db.execute("SELECT count(*) FROM grants WHERE last_used_at > ?", (since,)).fetchone()[0]
    finally:
        db.close()
    return said["seconds"]


def _log(bench, lines, grants, at):
    path = os.path.join(bench.folder, f"usage-{lines}-{grants}.ndjson")
    if not os.path.exists(path):
        inputs.usage(path, lines, grants, at=at, unknown_percent=_UNKNOWN_PERCENT)
    return path
