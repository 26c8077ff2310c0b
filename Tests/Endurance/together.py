#!/usr/bin/env python3
"""Two workers and three commands in a loop on one store: no job runs twice at once, and nobody else waits for long.

Usage: together.py PROGRAM [--seconds N] [--grants N] [--seed S] [--keep]
"""
import collections
import json
import os
import random
import re
import statistics
import time

import checks
import program
from loops import LockProbe, Loop, again, gates, imports, orders
from population import Population
from rig import Rig
from sandbox import Failure
from story import Operator, Story

FILES = 2
# What a person's order may wait for others, beside what it takes by itself.
LONGEST_WAIT = 1.0
HOLDER = re.compile(r"^\S.* on \S+ \(process (\d+)\) has run '(expire|revalidate)' since 20\d\d-\d\d-\d\dT[\d:.]+Z$")


def one_run_at_a_time(rig):
    """Of each job: what the journal tells of one run is never in the midst of another's."""
    runs = {run: (job, json.loads(actor)["kind"]) for run, job, actor in rig.query("SELECT id, job, actor FROM runs")}
    spans = collections.defaultdict(dict)
    for seq, entry in checks.journal(rig):
        run = entry.get("run")
        if run is None or entry["type"].startswith("run."):
            continue
        job, kind = runs[run]
        # An order by hand works its own grants without the lock.
        if job == "revoke" and kind == "person":
            continue
        is_outcome = entry.get("proof") in ("proven", "acknowledged", "already_inactive")
        if job == "revalidate" or entry["type"].startswith("provider."):
            lock = "revalidate"
        elif job == "revoke" or is_outcome or entry["type"] == "grant.stuck":
            lock = "revoke"
        else:
            lock = "expire"
        first, _ = spans[lock].get(run, (seq, seq))
        spans[lock][run] = (first, seq)
    counts = {}
    for lock, spans_of_runs in spans.items():
        ordered = sorted((span, run) for run, span in spans_of_runs.items())
        for ((_, last), run), ((first, _), other) in zip(ordered, ordered[1:]):
            if first <= last:
                raise Failure(f"runs {run} and {other} worked on '{lock}' at once: entry {first} before entry {last}")
        counts[lock] = len(ordered)
    # A worker's run lies within its lock, whether it wrote an entry or not.
    lives = collections.defaultdict(list)
    for run, job, begun, ended, actor in rig.query("SELECT id, job, started_at, ended_at, actor FROM runs ORDER BY id"):
        if json.loads(actor)["kind"] == "schedule":
            lives[job].append((begun, ended, run))
    for job, times in lives.items():
        for (_, ended, run), (begun, _, other) in zip(times, times[1:]):
            if ended is None or begun < ended:
                raise Failure(f"the workers' runs {run} and {other} of '{job}' went on at once")
        counts[f"workers' {job}"] = len(times)
    return counts


def limit():
    """A process that waits for a processor is not waiting for the store."""
    return LONGEST_WAIT * max(1, os.getloadavg()[0] / os.cpu_count())


def quantile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def waited_for_lock(probe):
    seconds = sorted(probe.seconds)
    print(
        f"  the store's lock: {len(seconds)} times, after {quantile(seconds, 0.5):.3f} s (median),"
        f" {quantile(seconds, 0.99):.3f} s (99 %), {seconds[-1]:.3f} s (at the most);"
        f" more than 0.25 s beside these jobs: {dict(probe.slow.most_common())}")
    if seconds[-1] > limit():
        raise Failure(f"the store's lock was to be had after {seconds[-1]:.2f} s only")


def waited(name, alone, beside):
    """How much longer than on the idle store meanwhile; what the machine's load alone may cost, its worst shows."""
    usual, worst = statistics.median(alone), max(alone)
    extra = sorted(second - usual for second in beside)
    at = lambda share: quantile(extra, share)
    print(
        f"  {name}: {usual:.2f} s on the idle store (at the most {worst:.2f});"
        f" beside the others {len(extra)} times, waiting {at(0.5):.2f} s (median),"
        f" {at(0.99):.2f} s (99 %), {extra[-1]:.2f} s (at the most)")
    if at(0.99) > limit() + worst - usual:
        raise Failure(f"{name} waited {at(0.99):.2f} s for the others")


def filled(rig, population):
    """A store with all the grants."""
    tokens = population.issue(rig)
    story = Story(rig, population)
    story.begin()
    story.load(1)
    story.observe()
    return story, tokens


def perform(options, folder):
    generator = random.Random(options.seed)
    population = Population(generator, options.grants, FILES, False)
    # The same commands on a store that nobody else uses, at the same time, show what the machine's load costs.
    rig, idle = (Rig(options.program, os.path.join(folder, name), options.seed, 5) for name in ("store", "idle"))
    operator, workers = None, []
    try:
        story, tokens = filled(rig, population)
        filled(idle, population)
        in_use = set(story.in_use())
        spare = [grant for grant in population.of("used", "access-only", "by-hand") if grant not in in_use]
        generator.shuffle(spare)
        by_hand, exempted = spare[: len(spare) // 2], spare[len(spare) // 2:]
        operator = Operator(rig)
        operator.start()
        workers = [rig.worker(), rig.worker()]
        until = time.monotonic() + options.seconds
        loops = [
            # With pauses, so that the workers get a turn.
            Loop(rig, "rotate", again("rotate"), until, pause=2.1),
            Loop(rig, "revalidate", again("revalidate", "--all"), until, pause=2.3),
            Loop(rig, "rotate --full", again("rotate", "--full"), until, pause=2.7),
            Loop(rig, "gates", gates(exempted), until, (0,), 0.5),
        ]
        pairs = [
            [Loop(store, "import", imports(store), until, (0, 2), 0.2) for store in (rig, idle)],
            [Loop(store, "revoke", orders(by_hand), until, (0, 2), 0.2) for store in (rig, idle)],
        ]
        loops += [loop for pair in pairs for loop in pair]
        probe = LockProbe(rig, until)
        for thread in (*loops, probe):
            thread.start()
        for share in (0.3, 0.5, 0.7):
            time.sleep(max(0, until - options.seconds * (1 - share) - time.monotonic()))
            story.observe()
            for worker in workers:
                worker.check()
        for thread in (*loops, probe):
            thread.join()
            if thread.failure:
                raise thread.failure
        for loop in loops:
            where = " on the idle store" if loop.rig is idle else ""
            print(f"  {loop.name}{where}: {dict(loop.ended)} by exit status")
        operator.stop()
        for worker in workers:
            worker.stop()
        # What was written while another had the delivery.
        rig.run("events", "deliver", statuses=(0,))
        holders = [message for loop in loops for message in loop.holders]
        for message in holders:
            found = HOLDER.match(message)
            if not found:
                raise Failure(f"exit 75 does not name the holder: {message}")
        if options.seconds >= 30 and not holders:
            raise Failure("no command ever found a job taken")
        print(f"  exit 75: {len(holders)}; {holders[0] if holders else ''}")
        print(f"  runs, one at a time: {one_run_at_a_time(rig)}")
        checks.replay(rig)
        checks.database(rig)
        checks.locks(rig)
        checks.failures(rig)
        print(f"  told again and torn, by sink: {checks.sinks(rig, torn_limit=0, repeats_allowed=False)}")
        checks.secrets(rig, tokens)
        waited_for_lock(probe)
        for beside, alone in pairs:
            waited(beside.name, alone.seconds, beside.seconds)
    finally:
        if operator:
            operator.over.set()
        for worker in workers:
            worker.child.kill()
        for each in (rig, idle):
            each.close()


def main():
    arguments = program.parser(__doc__)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--grants", type=int, default=1_000)
    options = program.options(arguments)
    program.run("together", options, f"{options.seconds:.0f} s", perform)


if __name__ == "__main__":
    main()
