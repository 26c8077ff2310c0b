#!/usr/bin/env python3
"""Kills the worker, and commands beside it, at random moments of a run; then nothing may be lost, doubled or untold.

Usage: crash.py PROGRAM [--kills N] [--grants N] [--seed S] [--keep]

The same grants, answers and orders are gone through a second time without a kill, beside it: both must end alike.
"""
import os
import random
import sys
import threading
import time

import checks
import program
from kills import Kills, Step
from population import Population
from rig import STANDINGS, Rig
from sandbox import Failure
from story import Operator, Story

FILES = 8


def disturbed(rig, story, number, generator):
    kills = Kills(rig, generator)
    steps = story.steps()
    for index in range(number):
        first, last = (round(edge * len(steps) / number) for edge in (index, index + 1))
        threads = []
        for arguments, finish in steps[first:last]:
            dies = arguments is not None and (finish is None or generator.random() < 0.5)
            step = Step(kills, arguments, finish, generator.uniform(0.02, 1.5) if dies else None)
            if finish is None:
                # 'rotate' finds its job free only while no worker has it.
                for before in threads:
                    before.run()
                    before.check()
                threads = []
                step.run()
                step.check()
            else:
                threads.append(step)
        worker = rig.worker()
        beside = threading.Thread(target=lambda: [step.run() for step in threads], daemon=True)
        beside.start()
        kills.hit(worker)
        beside.join()
        for step in threads:
            step.check()
        if sys.stdout.isatty() or index % 25 == 24:
            print(f"  {index + 1} of {number} kills", flush=True)
    return kills


def undisturbed(rig, story, worker):
    """The same steps in the same order, one after another."""
    for arguments, finish in story.steps():
        worker.check()
        if finish:
            finish()
        else:
            rig.run(*arguments, "--wait", "5m", statuses=(0, 2, 69))


def finish(story, worker, seconds):
    story.rest(worker, seconds)
    worker.stop()


def verify(rig, population, tokens, number):
    """All that can be said of one store; returns what is to be compared."""
    results = checks.all_of(
        lambda: checks.replay(rig),
        lambda: checks.database(rig),
        lambda: checks.locks(rig),
        lambda: checks.failures(rig),
        lambda: checks.sinks(rig, torn_limit=number, repeats_allowed=number > 0),
        lambda: checks.verdicts(rig),
        lambda: checks.secrets(rig, tokens),
        lambda: checks.ends(rig, population))
    repeats, answers, looked = results[4:7]
    twice = checks.unrevoked_twice(rig, population)
    counts, entries, runs = checks.summary(rig)
    print(f"  {counts}; {entries} entries, {runs} runs, {answers} verdicts, {looked >> 20} MB without a token")
    print(f"  told again and torn, by sink: {repeats}; revocations repeated after a kill: {len(twice)} {twice[:10]}")
    state = rig.query(
        "SELECT g.id, s.standing, s.ended_at IS NOT NULL, e.owner, g.tokens, t.kinds FROM grants g"
        " JOIN states s USING (row) LEFT JOIN exemptions e USING (row)"
        " LEFT JOIN (SELECT row, sum(kind) AS kinds FROM tokens GROUP BY row) t USING (row) ORDER BY 1")
    # Whether a stuck one ends by its rule or by the person who retries it is a matter of the moment; `ends` has judged it.
    stubborn = set(population.of("stubborn"))
    ended = {STANDINGS.index("expired"), STANDINGS.index("revoked")}
    state = [(row[0], row[1] in ended, *row[2:]) if row[0] in stubborn else row for row in state]
    return state, twice


class Reference(threading.Thread):
    """The undisturbed run."""

    def __init__(self, rig, population, seconds):
        super().__init__(daemon=True)
        self.rig, self.population, self.seconds = rig, population, seconds
        self.failure = None

    def run(self):
        try:
            story = Story(self.rig, self.population)
            story.begin()
            operator = Operator(self.rig)
            operator.start()
            worker = self.rig.worker()
            undisturbed(self.rig, story, worker)
            finish(story, worker, self.seconds)
            operator.stop()
        except Exception as error:
            self.failure = error


def perform(options, folder):
    generator = random.Random(options.seed)
    is_long = options.grants >= 2_000
    population = Population(generator, options.grants, FILES, is_long)
    seconds = 120 + options.grants // 20
    # Both are made here: a child dies with the thread that started it.
    rigs = [
        Rig(options.program, os.path.join(folder, name), options.seed, options.every)
        for name in ("killed", "undisturbed")]
    rig, other = rigs
    tokens, others_tokens = (population.issue(each) for each in rigs)
    reference = Reference(other, population, seconds)
    reference.start()
    story = Story(rig, population)
    operator = None
    try:
        started = time.monotonic()
        story.begin()
        operator = Operator(rig)
        operator.start()
        kills = disturbed(rig, story, options.kills, generator)
        print(f"kills: {options.kills} of the worker in {time.monotonic() - started:.0f} s")
        print(f"  hit: {dict(kills.hits.most_common())}")
        print(f"  moments: {dict(kills.moments.most_common())}")
        slowest = max(kills.first_runs, default=0)
        print(f"  first run after a kill: {slowest:.1f} s at the most")
        last = rig.worker()
        finish(story, last, seconds)
        print(f"  the killed job again, after so many seconds of workers' lives, at the most: {kills.lost_time(last)}")
        operator.stop()
        print("after the kills:")
        state, twice = verify(rig, population, tokens, options.kills + sum(kills.hits.values()))
        # A batch of the revocation queue is what lies between the provider's answers and the commit.
        if len(twice) > 100 * options.kills:
            raise Failure(f"{len(twice)} revocations were repeated")
        reference.join()
        if reference.failure:
            raise reference.failure
        print("undisturbed:")
        expected, needless = verify(other, population, others_tokens, 0)
        if needless:
            raise Failure(f"without a kill these were revoked twice: {needless[:10]}")
        different = [(is_, must) for is_, must in zip(state, expected) if is_ != must]
        if different or len(state) != len(expected):
            raise Failure(f"{len(different)} grants are not as without kills (is, must be): {different[:5]}")
    finally:
        if operator:
            operator.over.set()
        for each in rigs:
            each.close()


def main():
    arguments = program.parser(__doc__)
    arguments.add_argument("--kills", type=int, default=300)
    arguments.add_argument("--grants", type=int, default=20_000)
    options = program.options(arguments)
    # Every grant is asked about every so often; a debug build manages some hundred questions a second.
    options.every = max(20, options.grants // 100)
    program.run("crash", options, f"{options.kills} kills", perform)


if __name__ == "__main__":
    main()
