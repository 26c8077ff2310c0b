"""One call of the benchmarks: what is asked for, and what the rows share."""
import json
import os
import sys

from parts import measure, tools
from parts.provider import Provider
from parts.stores import Stores


class Miscounted(Exception):
    """Something was counted that should not be, or was not counted that should."""


class Bench:
    """Runs the product and the yardsticks, checks what they counted, and hands figures on to the results."""

    def __init__(self, program, sizes, rounds, timed, wanted, results, folder, stack):
        self.program = program
        self.sizes = sizes
        self.rounds = rounds
        # Without timing, a row is good if it counted right.
        self.timed = timed
        self.folder = folder
        self.stores = Stores(self, folder)
        # The most memory that a kind of command took on a store of so many grants, by (kind, grants).
        self.peaks = {}
        self._wanted = wanted
        self._results = results
        self._stack = stack
        self._providers = {}

    def wants(self, *ids):
        """Whether one of these entries is asked for; `P3` asks for all that begin with `P3-`."""
        return not self._wanted or any(
            wanted == one or one.startswith(f"{wanted}-") for wanted in self._wanted for one in ids)

    def names(self, one):
        """Whether an entry is asked for by its own name."""
        return one in self._wanted

    def say(self, text):
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def check(self, what, found, wanted):
        """Every count that a row makes goes through here."""
        if found != wanted:
            raise Miscounted(f"{what}: {found} in place of {wanted}")

    def report(self, entry, work, value, **more):
        """Adds an entry to the results, if it is wanted."""
        if self.wants(entry):
            self._results.add(entry, work, value, timed=self.timed, **more)

    def provider(self, tls=False):
        """nginx, started when first asked for and ended with this call."""
        if tls not in self._providers:
            self._providers[tls] = self._stack.enter_context(Provider(tls=tls))
        return self._providers[tls]

    def product(self, store, *arguments, statuses=(0,), peak=None):
        """Runs the product on a store: its cost, and the JSON it printed.

        `peak` files its memory, as (kind, grants).
        """
        cost = measure.run([self.program, *arguments], statuses, {"GRANTKEEPER_CONFIG": store.configuration})
        report = json.loads(cost.output)
        if peak:
            self.file_peak(peak, report["peak_memory_bytes"])
        return cost, report

    def file_peak(self, peak, size):
        self.peaks[peak] = max(size, self.peaks.get(peak, 0))

    def bare(self, name, count, *arguments):
        """Runs a C yardstick; its seconds, after it has counted as many as it should."""
        return self._yardstick([tools.yardstick(name), *map(str, arguments)], name, count)["seconds"]

    def peer(self, script, count, *arguments):
        """Runs a peer in its Python; what it printed."""
        path = os.path.join(tools.YARDSTICKS, script)
        return self._yardstick([tools.peer_python(), path, *map(str, arguments)], script, count)

    def _yardstick(self, command, name, count):
        said = json.loads(measure.run(command).output)
        self.check(name, said["count"], count)
        return said
