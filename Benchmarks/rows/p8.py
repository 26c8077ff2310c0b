"""P8: a policy change that touches all grants, which are judged anew, against P2's rate."""
from parts import measure
from rows import p2

ENTRIES = ("P8", "P8-growth")
GROWTH, GROWTH_WORK = "P8-growth", "grant judged anew"
# inputs.configuration's is 90d: nobody's decision changes by this, but everybody's deadline.
_IDLE_AFTER = "80d"


def run(bench):
    count = bench.sizes["p8"]
    product, ends = measure.alternate(
        bench.rounds, lambda: count / judged_anew(bench, count), lambda: count / p2.ended(bench, count))
    bench.report("P8", f"{count:,} grants judged anew after a policy change, against P2's rate",
                 measure.median(product) / measure.median(ends), mark=">= 0.8", product=product, yardstick=ends,
                 of="/s")


def grow(bench, count):
    return judged_anew(bench, count) / count * 1_000_000


def judged_anew(bench, count):
    """A run after a policy change; its seconds from the start to the exit."""
    with bench.stores.copy(bench.stores.looked_at(count)) as store:
        due = "SELECT sum(due_at) FROM states"
        before = store.value(due)
        store.configure(idle_after=_IDLE_AFTER)
        cost, report = bench.product(store, "rotate", "--json")
        bench.check("grants examined", report["counts"]["examined"], count)
        bench.check("grants kept", report["counts"]["keep"], count)
        # Every deadline is ten days earlier now.
        bench.check("deadlines moved by", before - store.value(due), count * 10 * 86_400_000)
        _, again = bench.product(store, "rotate", "--json")
        bench.check("grants examined by the next run", again["counts"]["examined"], 0)
    return cost.seconds
