"""P1: what a tick costs the worker when nothing is due, on a large store against a small one."""
import os
import re
import signal
import subprocess
import time
import urllib.request

from parts import measure

ENTRIES = ("P1", "P1-ms", "P1-run", "P1-growth")
GROWTH, GROWTH_WORK = "P1-growth", "turn"
_SCHEDULE = "job: expire\nevery: 1s\n"
_SUMS = {
    "turns": "grantkeeper_turn_seconds_count", "turn_seconds": "grantkeeper_turn_seconds_sum",
    "runs": 'grantkeeper_run_seconds_count{job_name="expire"}',
    "run_seconds": 'grantkeeper_run_seconds_sum{job_name="expire"}',
}


def run(bench):
    small, large = bench.sizes["p1"]
    at_large, at_small = measure.alternate(bench.rounds, lambda: ticks(bench, large), lambda: ticks(bench, small))
    turns, runs = ([[figure[which] for figure in figures] for figures in (at_large, at_small)] for which in (0, 1))
    work = f"a turn with nothing due, {large:,} grants"
    bench.report("P1", f"{work} against {small:,}", measure.median(turns[0]) / measure.median(turns[1]),
                 mark="<= 1.5", product=turns[0], yardstick=turns[1], of="ms")
    bench.report("P1-ms", work, measure.median(turns[0]), unit=" ms", mark="<= 2", product=turns[0], of="ms")
    bench.report("P1-run", f"a run of expire with nothing due, {large:,} grants against {small:,}",
                 measure.median(runs[0]) / measure.median(runs[1]), product=runs[0], yardstick=runs[1], of="ms")


def grow(bench, count):
    return ticks(bench, count)[0] * 1_000


def ticks(bench, count):
    """Lets a worker tick for a while; the mean of a turn and of a run in milliseconds."""
    with bench.stores.copy(bench.stores.looked_at(count)) as store:
        with open(store.configuration, "a", encoding="utf-8") as file:
            file.write('metrics: { listen: "127.0.0.1:0" }\n')
        with open(os.path.join(store.folder, "schedules", "look.yaml"), "w", encoding="utf-8") as file:
            file.write(_SCHEDULE)
        log = os.path.join(store.folder, "worker.log")
        with open(log, "wb") as errors:
            worker = subprocess.Popen(
                [bench.program, "worker"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                env={**os.environ, "GRANTKEEPER_CONFIG": store.configuration})
        try:
            # The first run, which finds nothing in the caches, is not a tick like the others.
            begin = _wait_for_run(worker, log)
            time.sleep(bench.sizes["p1_seconds"])
            end = _sums(log)
            bench.file_peak(("worker", count), _most_memory(worker.pid))
            worker.send_signal(signal.SIGTERM)
            bench.check("the worker's exit status", worker.wait(timeout=60), 0)
        finally:
            worker.kill()
            worker.wait()
        took = {name: end[name] - begin[name] for name in _SUMS}
        # It may be at work on one when it is asked; at a second's interval one is left out at most.
        fewest = bench.sizes["p1_seconds"] // 2
        bench.check(f"at least {fewest} runs and turns", min(took["runs"], took["turns"]) >= fewest, True)
        _check_runs(bench, store, end["runs"])
    return took["turn_seconds"] / took["turns"] * 1_000, took["run_seconds"] / took["runs"] * 1_000


def _check_runs(bench, store, least):
    """All ended well and looked at nothing."""
    told = "json_extract(CAST(summary AS TEXT), '$.counts.examined')"
    ran, good, examined = (
        store.value(f"SELECT {what} FROM runs WHERE job = 'expire'")
        for what in ("count(*)", "sum(outcome = 'done')", f"sum({told})"))
    bench.check("all runs in the store", ran >= least, True)
    bench.check("runs done", good, ran)
    bench.check("grants looked at with nothing due", examined, 0)


def _wait_for_run(worker, log):
    end = time.monotonic() + 60
    while True:
        sums = _sums(log)
        if sums and sums["runs"] >= 1:
            return sums
        if worker.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the worker has not run the schedule: {_text(log)[-600:]}")
        time.sleep(0.1)


def _sums(log):
    """What the worker's metrics say; nothing while it does not offer them yet."""
    found = re.search(r"metrics are offered host=\S+ port=(\d+)", _text(log))
    if not found:
        return None
    with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/metrics", timeout=10) as answer:
        lines = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[:1] not in ("#", ""))
    if _SUMS["runs"] in lines and _SUMS["turns"] not in lines:
        raise RuntimeError("this program does not say how long a turn takes (grantkeeper_turn_seconds)")
    return {name: float(lines.get(line, 0)) for name, line in _SUMS.items()}


def _most_memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1_024 for line in file if line.startswith("VmHWM"))


def _text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
