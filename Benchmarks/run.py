#!/usr/bin/env python3
"""The benchmarks: each row of the product against a yardstick that does the same work in the same call, in turn.

Prints a table and writes a JSON file. Exit status 0 if every mark is reached, 2 if one is missed, 1 if something did
not run or counted wrong.
"""
import argparse
import contextlib
import os
import subprocess
import sys
import tempfile

from parts import measure, stores, tools
from parts.bench import Bench
from parts.results import Results
from rows import p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12

# P4 comes last: it takes the memory that the others have seen.
ROWS = (p1, p2, p3, p5, p6, p7, p8, p9, p10, p11, p12, p4)
# Of "scopes": roles, of which each has ten scopes; tenants; live grants.
SIZES = {
    "quick": {
        "p1": (200, 600), "p1_seconds": 2, "p2": 600, "cleartokens": 200, "p3": 600, "peer": 300, "p4": (200, 600),
        "p5": 600, "p6_lines": 2_000, "p6_grants": 600, "p7": 600, "p8": 600, "p9": 600,
        "scopes": (20, 60, 2_400), "reads": 1, "grow": (200, 600),
    },
    "default": {
        "p1": (10_000, 1_000_000), "p1_seconds": 8, "p2": 200_000, "cleartokens": 50_000, "p3": 200_000,
        "peer": 30_000, "p4": (100_000, 200_000), "p5": 200_000, "p6_lines": 1_000_000, "p6_grants": 200_000,
        "p7": 200_000, "p8": 200_000, "p9": 200_000, "scopes": (1_000, 5_000, 1_000_000), "reads": 20,
        "grow": (10_000, 100_000, 1_000_000),
    },
    # As issue 4 names them; P1 and P4 take 10 M with GROW=10000000.
    "full": {
        "p1": (10_000, 1_000_000), "p1_seconds": 8, "p2": 1_000_000, "cleartokens": 200_000, "p3": 200_000,
        "peer": 30_000, "p4": (200_000, 1_000_000), "p5": 1_000_000, "p6_lines": 5_000_000, "p6_grants": 1_000_000,
        "p7": 1_000_000, "p8": 1_000_000, "p9": 1_000_000, "scopes": (1_000, 5_000, 1_000_000), "reads": 20,
        "grow": (10_000, 100_000, 1_000_000),
    },
}


class _Parser(argparse.ArgumentParser):
    # 2 says that a mark is missed.
    def error(self, message):
        self.exit(1, f"bench: error: {message}\n")


def options():
    parser = _Parser(description=__doc__)
    parser.add_argument("--program", required=True, help="the product's binary")
    parser.add_argument("--quick", action="store_true", help="small, one round; only counts are judged")
    parser.add_argument("--full", action="store_true", help="the sizes of issue 4")
    parser.add_argument("--rows", default="", help="only these: P2 P3-h1")
    parser.add_argument("--rounds", type=int, help="rounds, of which the median is quoted [5]")
    parser.add_argument("--grow", type=int, help="the largest store of the growth table [1000000]; 0 leaves it out")
    latest = os.path.join(tools.BENCHMARKS, "results", "latest.json")
    parser.add_argument("--json", metavar="FILE", default=latest, help="the JSON file [results/latest.json]")
    parser.add_argument("--keep", action="store_true", help="leave the prepared stores")
    chosen = parser.parse_args()
    entries = [entry for row in ROWS for entry in row.ENTRIES]
    for wanted in chosen.rows.split():
        if not any(entry == wanted or entry.startswith(f"{wanted}-") for entry in entries):
            parser.error(f"there is no row {wanted}; rows are {' '.join(entries)}")
    # Rows run on that many, or on half; above a million both must be an imported store so many times over.
    if (chosen.grow or 0) > stores.IMPORTED and chosen.grow % (2 * stores.IMPORTED):
        parser.error(f"--grow above {stores.IMPORTED:,} is a multiple of {2 * stores.IMPORTED:,}")
    if (chosen.rounds is not None and chosen.rounds < 1) or (chosen.grow or 0) < 0:
        parser.error("--rounds is from 1, --grow from 0")
    return chosen


def sizes(chosen):
    found = dict(SIZES["quick" if chosen.quick else "full" if chosen.full else "default"])
    if chosen.grow:
        smaller = [size for size in (10_000, 100_000, 1_000_000) if size < chosen.grow and not chosen.quick]
        found["grow"] = (*smaller, chosen.grow)
        if not chosen.quick and chosen.grow > found["p1"][1]:
            found["p1"] = (found["p1"][0], chosen.grow)
            # Its largest store holds two grants for each that ends.
            found["p4"] = (chosen.grow // 20, chosen.grow // 2)
    return found


def guarded(results, entries, work):
    """Runs a row; what it cannot report is failed, and the other rows still run."""
    try:
        work()
    except Exception as problem:
        why = " ".join(str(problem).split())
        results.failed([entry for entry in entries if entry not in results], f"{type(problem).__name__}: {why}")


def grow(bench, results, row):
    """One row on larger and larger stores: what one grant costs, or one call where that must be constant."""
    work = row.GROWTH_WORK
    most = getattr(row, "GROWS_TO", bench.sizes["grow"][-1])
    runs = [[size, round(row.grow(bench, size), 3)] for size in bench.sizes["grow"] if size <= most]
    first = next((cost for size, cost in runs if size >= 100_000), runs[0][1])
    shown = ", ".join(f"{size:,}: {cost:,.1f}" for size, cost in runs)
    bench.report(row.GROWTH, f"us a {work}; {shown}", runs[-1][1] / first, mark="<= 2", runs=runs)


def main():
    measure.exit_on_sigterm()
    chosen = options()
    os.makedirs(tools.BUILT, exist_ok=True)
    with contextlib.ExitStack() as stack:
        # Not in /tmp, which may be memory: what is durable must be durable here.
        folder = tempfile.mkdtemp(prefix="run-", dir=tools.BUILT)
        if chosen.keep:
            print(f"bench: stores are left in {folder}", file=sys.stderr)
        else:
            stack.callback(subprocess.run, ["rm", "-rf", folder], check=False)
        limits = {}
        for row in ROWS:
            limits.update(getattr(row, "LIMITS", {}))
        results = Results(os.path.abspath(chosen.json), folder, limits)
        bench = Bench(
            program=os.path.abspath(chosen.program), sizes=sizes(chosen), timed=not chosen.quick,
            rounds=chosen.rounds or (1 if chosen.quick else 5), wanted=chosen.rows.split(), results=results,
            folder=folder, stack=stack)
        for row in ROWS:
            entries = [entry for entry in row.ENTRIES if entry != row.GROWTH and bench.wants(entry)]
            if entries:
                guarded(results, entries, lambda row=row: row.run(bench))
        for row in ROWS:
            if row.GROWTH and chosen.grow != 0 and (
                    not chosen.rows or bench.names(row.GROWTH) or chosen.grow and bench.wants(row.GROWTH)):
                guarded(results, [row.GROWTH], lambda row=row: grow(bench, results, row))
    return results.status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
