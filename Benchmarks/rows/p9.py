"""P9: how long readers wait while a run ends very many grants."""
import json
import os
import statistics
import subprocess

from parts import measure
from rows import p2, p7

ENTRIES = ("P9", "P9-bare")
GROWTH = None
LIMITS = {
    "P9": "the processor: the run's two threads and the reader share two cores. Alone, status takes 19 ms and grants list "
          "16, 7 of them the program's start (15 before libcurl was loaded on demand). Of 59 reads under strace none spent "
          "10 ms in a call but for futex; the slowest of 170 under perf sched (62 ms) had run for 32 ms and waited up to 17 "
          "ms for a core. A nice value of 10 for the run changed nothing.",
}
_AT_ONCE = 50
# Enough for a p99 that is not just the slowest read.
_MOST_RUNS = 10


def run(bench):
    count, fewest = bench.sizes["p9"], bench.sizes["reads"]
    start = measure.median(p7.versions(bench))
    reads, runs = [], 0
    while runs < bench.rounds or len(reads) < fewest and runs < _MOST_RUNS:
        reads += _reads_during_run(bench, count)
        runs += 1
    bench.check(f"at least {fewest} reads during {runs} runs", len(reads) >= fewest, True)
    slowest = _p99(reads)
    work = f"p99 of {len(reads)} reads (grants list, status) while P2 ends {count:,} grants"
    bench.report("P9", work, slowest, unit=" ms", mark="<= 50", product=reads, of="ms")
    bench.report("P9-bare", f"the same without the program's start ({start:.1f} ms)", slowest - start, unit=" ms")


def _p99(values):
    return statistics.quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else values[0]


def _reads_during_run(bench, count):
    """Reads in turn for as long as the run is at work; their milliseconds. One that outlasts the run does not count."""
    took = []
    with bench.stores.copy(bench.stores.half_unused(count)) as store:
        output = os.path.join(store.folder, "run.json")
        with open(output, "wb") as file:
            writer = subprocess.Popen(
                [bench.program, "rotate", "--json"], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL,
                env={**os.environ, "GRANTKEEPER_CONFIG": store.configuration})
        try:
            while writer.poll() is None:
                for read in (_list, _status):
                    seconds = read(bench, store, count)
                    if writer.poll() is None:
                        took.append(seconds * 1_000)
        finally:
            writer.kill()
            status = writer.wait()
        bench.check("the run's exit status", status, 69)
        with open(output, encoding="utf-8") as file:
            p2.check(bench, store, count, json.load(file))
    return took


def _list(bench, store, count):
    cost = measure.run([bench.program, "grants", "list", "--limit", str(_AT_ONCE), "--json"],
                       environment={"GRANTKEEPER_CONFIG": store.configuration})
    bench.check("grants listed", cost.output.count("\n"), min(_AT_ONCE, 2 * count))
    return cost.seconds


def _status(bench, store, count):
    cost, report = bench.product(store, "status", "--json", statuses=(0, 2))
    bench.check("live grants between half and all", count <= report["live"] <= 2 * count, True)
    bench.check("grants by standing", sum(
        number for group in report["grants"] for number in group.values() if isinstance(number, int)), 2 * count)
    return cost.seconds
