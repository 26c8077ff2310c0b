"""P5: importing grants with their tokens, against bare SQLite inserting the same rows."""
import os

from parts import inputs, measure, tools

ENTRIES = ("P5", "P5-growth")
# Its grants have tokens that open: they are imported, and ten million take an hour.
GROWS_TO = 1_000_000
GROWTH, GROWTH_WORK = "P5-growth", "grant imported"
EVENT = "grant.recorded"


def run(bench):
    count = bench.sizes["p5"]
    written = {}

    def bare():
        return count / bench.bare("bare-sqlite", count, "insert", count, bench.folder, written["schema"], "--body",
                                  written["body"], "--transaction", written["transaction"])

    product, yardstick = measure.alternate(bench.rounds, lambda: count / imported(bench, count, written), bare)
    bench.report("P5", f"{count:,} grants with two tokens imported, against bare-sqlite "
                 f"({written['transaction']:,} a transaction)",
                 measure.median(product) / measure.median(yardstick), mark=">= 0.4", product=product,
                 yardstick=yardstick, of="/s")


def grow(bench, count):
    return imported(bench, count) / count * 1_000_000


def imported(bench, count, written=None):
    """Imports into an empty store; the seconds from the start to the exit. `written` as in P2."""
    path = os.path.join(bench.folder, f"import-{count}.ndjson")
    if not os.path.exists(path):
        inputs.grants(path, count, "active")
    with bench.stores.empty() as store:
        cost, report = bench.product(store, "grants", "import", path, "--json", peak=("import", count))
        bench.check("grants added", report["added"], count)
        bench.check("lines read", report["lines"], count)
        bench.check("grants in the store", store.value("SELECT count(*) FROM grants"), count)
        bench.check("tokens in the store", store.value("SELECT count(*) FROM tokens"), 2 * count)
        bench.check("journal entries", store.value("SELECT count(*) FROM journal"), count)
        if written is not None and not written:
            written["body"] = tools.mean_body(store.database, EVENT)
            written["transaction"] = tools.transaction(count, cost.seconds)
            written["schema"] = tools.schema(store.database, os.path.join(bench.folder, "schema.sql"))
    return cost.seconds
