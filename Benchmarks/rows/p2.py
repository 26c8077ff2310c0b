"""P2: unused grants to `revoking`, durable and hash-linked, against bare SQLite and django-oauth-toolkit's command."""
from parts import measure, tools

ENTRIES = ("P2", "P2-cleartokens", "P2-growth")
GROWTH, GROWTH_WORK = "P2-growth", "grant to revoking"
_WRITER = (
    "the writing thread, which waits for nobody: of about 12 us a grant it takes 4 for the status row with its indexes, 3 "
    "for the order to revoke, 2 for the journal's entry and its hash, 1 for commits, the rest for counters, checkpoints and "
    "freeing what the deciding thread made; planning takes 3 before it. The same statements in C on the product's schema: "
    "9.9 us. Tried and taken: deciding on a second thread, orders without foreign keys, statements bound on their "
    "handles, checkpoints on a third thread, what is judged handed on by reference. Left: orders as columns of the status "
    "row (6.8 us in C), because their reasons need a row besides; entries made ahead, because runs could not be replayed.")
LIMITS = {"P2": _WRITER, "P2-cleartokens": _WRITER}
_ACTIVE, _REVOKING = 0, 3
EVENT = "grant.revoking"


def run(bench):
    count = bench.sizes["p2"]
    written = {}
    calls = [lambda: ended(bench, count, written)]
    calls.append(lambda: bench.bare("bare-sqlite", count, "end", count, bench.folder, "--body", written["body"],
                                    "--transaction", written["transaction"]))
    if bench.wants("P2-cleartokens"):
        pairs = bench.sizes["cleartokens"]
        calls.append(lambda: bench.peer("cleartokens/run.py", pairs, pairs, bench.folder)["seconds"])
    rates = measure.alternate(bench.rounds, *calls)
    product, bare = ([count / seconds for seconds in rates[which]] for which in (0, 1))
    work = f"{count:,} unused of {2 * count:,} grants to revoking"
    detail = f"{written['body']} bytes, {written['transaction']:,} a transaction"
    bench.report("P2", f"{work} against bare-sqlite ({detail})", measure.median(product) / measure.median(bare),
                 mark=">= 0.6", product=product, yardstick=bare, of="/s")
    if bench.wants("P2-cleartokens"):
        peer = [pairs / seconds for seconds in rates[2]]
        bench.report("P2-cleartokens", f"the same against cleartokens of {pairs:,}",
                     measure.median(product) / measure.median(peer), mark=">= 15", product=product, yardstick=peer,
                     of="/s")


def grow(bench, count):
    return ended(bench, count) / count * 1_000_000


def ended(bench, count, written=None):
    """One run on a copy of a store of twice as many grants; its seconds, from the start to the exit.

    `written` is told what a yardstick has to write as well. The provider is stopped, so that the run ends with the
    decisions: that is exit status 69.
    """
    with bench.stores.copy(bench.stores.half_unused(count)) as store:
        cost, report = bench.product(store, "rotate", "--json", statuses=(69,), peak=("rotate", count))
        check(bench, store, count, report)
        if written is not None and not written:
            written["body"] = tools.mean_body(store.database, EVENT)
            written["transaction"] = tools.transaction(count, cost.seconds)
    return cost.seconds


def check(bench, store, count, report):
    """What such a run must have done, by what it says and by what the store holds."""
    counts = report["counts"]
    bench.check("grants examined", counts["examined"], count)
    bench.check("grants to end", counts["end"], count)
    bench.check("held by a gate", report["held"], [])
    bench.check("revoking, as reported", report["standings"]["revoking"], count)
    bench.check("revoking in the store", store.standing(_REVOKING), count)
    bench.check("active in the store", store.standing(_ACTIVE), count)
    bench.check("waiting revocations", store.value("SELECT count(*) FROM revocations"), count)
    bench.check("journal entries", store.value("SELECT count(*) FROM journal"), 3 * count)
