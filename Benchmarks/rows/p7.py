"""P7: how long it takes to say its version, and to find that nothing is due."""
from parts import measure

ENTRIES = ("P7-version", "P7-dry", "P7-growth")
GROWTH, GROWTH_WORK = "P7-growth", "dry run with nothing due"
_TIMES = 20


def run(bench):
    if bench.wants("P7-version"):
        took = versions(bench)
        bench.report("P7-version", f"--version, {_TIMES} times", measure.median(took), unit=" ms", mark="<= 20",
                     product=took, of="ms")
    if bench.wants("P7-dry"):
        count = bench.sizes["p7"]
        took = [dry_run(bench, count) for _ in range(_TIMES)]
        bench.report("P7-dry", f"rotate --dry-run with nothing due, {count:,} grants", measure.median(took),
                     unit=" ms", mark="<= 60", product=took, of="ms")


def grow(bench, count):
    return measure.median([dry_run(bench, count) for _ in range(_TIMES)]) * 1_000


def versions(bench):
    """Milliseconds, again and again: what the start of the program costs."""
    took = []
    for _ in range(_TIMES):
        cost = measure.run([bench.program, "--version"])
        bench.check("numbers in the version", cost.output.count("."), 2)
        took.append(cost.seconds * 1_000)
    return took


def dry_run(bench, count):
    cost, report = bench.product(bench.stores.looked_at(count), "rotate", "--dry-run", "--json")
    bench.check("grants looked at with nothing due", report["counts"]["examined"], 0)
    bench.check("live grants", report["live"], count)
    return cost.seconds * 1_000
