"""P4: the peak of resident memory, and that it does not grow with the store."""
import os

from parts import stores
from rows import p1, p2, p3, p5

# What each kind needs where no row before this one has seen it.
_KINDS = {
    "worker": p1.ticks, "rotate": p2.ended, "revalidate": p3.asked, "import": p5.imported,
    "plan": lambda bench, count: _plan(bench, count),
}
ENTRIES = tuple(f"P4-{kind}{end}" for kind in _KINDS for end in ("", "-flat"))
GROWTH = None
LIMITS = {
    "P4-revalidate-flat": "caches that the smaller store does not fill: 32 MB of the writer's pages, and what malloc "
                          "keeps of batches of 700 questions, which grow to that only in a longer run.",
}


def run(bench):
    for kind, work in _KINDS.items():
        if not bench.wants(f"P4-{kind}", f"P4-{kind}-flat"):
            continue
        small, large = _sizes(bench, kind)
        for count in (small, large):
            if (kind, count) not in bench.peaks:
                work(bench, count)
        at_small, at_large = (bench.peaks[kind, count] / 1_000_000 for count in (small, large))
        # P2's stores hold an active grant for each that ends.
        factor = 2 if kind in ("rotate", "plan") else 1
        bench.report(f"P4-{kind}", f"the peak of {kind}, {factor * large:,} grants", at_large, unit=" MB", mark="<= 96",
                     product=[at_large], of="MB")
        bench.report(f"P4-{kind}-flat", f"the same against {factor * small:,}", at_large / at_small, mark="<= 1.1",
                     product=[at_large], yardstick=[at_small], of="MB")


def _sizes(bench, kind):
    """A smaller and a larger store; no larger one than can be imported where every token is needed."""
    small, large = bench.sizes["p4"]
    if kind in ("import", "revalidate") and large > stores.IMPORTED:
        return stores.IMPORTED // 5, stores.IMPORTED
    return small, large


def _plan(bench, count):
    """A dry run that plans an end for each unused grant, and writes the plan."""
    store = bench.stores.half_unused(count)
    path = os.path.join(bench.folder, "plan.ndjson")
    _, report = bench.product(store, "rotate", "--dry-run", "--plan-out", path, "--json", statuses=(0, 2),
                              peak=("plan", count))
    bench.check("grants to end", report["counts"]["end"], count)
    with open(path, "rb") as file:
        # The first line says what was planned for.
        bench.check("decisions in the plan's file", sum(1 for _ in file) - 1, count)
    os.remove(path)
