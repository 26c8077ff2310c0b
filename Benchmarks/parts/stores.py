"""Prepared stores: made once for each number of grants, and copied for whatever changes them."""
import contextlib
import dataclasses
import datetime
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from parts import inputs, scope_inputs

# Where nobody listens: a provider that is stopped.
NOBODY = "http://127.0.0.1:1"
# Of each kind; what is larger is this store multiplied, where nobody opens a token.
IMPORTED = 1_000_000


@dataclasses.dataclass(frozen=True)
class Store:
    """A configuration directory with its store; `at` is the clock that its grants were made for."""

    folder: str
    at: datetime.datetime

    @property
    def configuration(self):
        return os.path.join(self.folder, "grantkeeper.yaml")

    @property
    def database(self):
        return os.path.join(self.folder, "state", "grants.sqlite")

    def configure(self, issuer=NOBODY, covered=False, **more):
        """Writes the configuration again; other values than before are a policy change."""
        inputs.configuration(self.folder, issuer, covered=covered, **more)

    def value(self, sql, *values):
        """The one value that a question to the database gives."""
        db = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return db.execute(sql, values).fetchone()[0]
        finally:
            db.close()

    def standing(self, number):
        """How many grants stand so: 0 active, 3 revoking, as the store counts them in its rows."""
        return self.value("SELECT count(*) FROM states WHERE standing = ?", number)


class Stores:
    """Makes stores below a folder when they are first asked for, and keeps them; `bench` runs the product."""

    def __init__(self, bench, folder):
        self._bench = bench
        self._folder = folder
        self._made = {}

    def asked(self, count):
        """So many active grants, judged and asked about: nothing is due until tomorrow."""
        return self._prepared("asked", count, self._make_asked)

    def looked_at(self, count):
        """As `asked`, for whoever opens no token."""
        if count <= IMPORTED:
            return self.asked(count)
        return self._prepared("looked-at", count, lambda store, count: self._multiply(self.asked, store, count))

    def half_unused(self, count):
        """So many active grants that are judged, and as many unused ones that are not: these are due.

        The provider is stopped from the beginning.
        """
        if count > IMPORTED:
            return self._prepared("half", count, lambda store, count: self._multiply(self.half_unused, store, count))
        return self._prepared("half", count, self._make_half_unused)

    def scopes(self, roles, tenants, changed=False):
        """A directory of scope documents; `changed` is another state of the same."""
        folder = os.path.join(self._folder, f"scopes-{roles}-{tenants}-{'after' if changed else 'before'}")
        return folder if os.path.exists(folder) else scope_inputs.documents(folder, roles, tenants, changed)

    def scoped(self, roles, tenants, count):
        """So many live grants within the scope documents of `scopes`; none is judged or asked about."""
        return self._prepared(f"scoped-{roles}-{tenants}", count, lambda store, count: self._make_scoped(
            store, roles, tenants, count))

    @contextlib.contextmanager
    def copy(self, store):
        """A copy to change, which is removed afterwards."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            copied = os.path.join(folder, "store")
            subprocess.run(["cp", "-a", "--reflink=auto", store.folder, copied], check=True)
            # What is written now is written outside of the time that follows.
            subprocess.run(["sync", "-f", copied], check=True)
            yield dataclasses.replace(store, folder=copied)

    @contextlib.contextmanager
    def empty(self):
        """A configuration directory without a store, which is removed afterwards."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            store = Store(os.path.join(folder, "store"), inputs.now())
            store.configure()
            yield store

    def drop(self):
        """Removes all prepared stores."""
        for store in self._made.values():
            shutil.rmtree(store.folder)
        self._made.clear()

    def _prepared(self, kind, count, make):
        if (kind, count) not in self._made:
            self._bench.say(f"making a store: {kind}, {count:,} grants")
            store = Store(os.path.join(self._folder, f"{kind}-{count}"), inputs.now())
            make(store, count)
            self._made[kind, count] = store
        return self._made[kind, count]

    def _multiply(self, kind, store, count):
        times, rest = divmod(count, IMPORTED)
        self._bench.check(f"of {count:,} grants, more than a multiple of {IMPORTED:,}", rest, 0)
        subprocess.run(["cp", "-a", kind(IMPORTED).folder, store.folder], check=True)
        # A process of its own: what it takes of memory would be the peak of all that this one starts afterwards.
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "multiply.py")
        subprocess.run([sys.executable, script, store.database, str(times)], check=True)

    def _make_asked(self, store, count):
        bench = self._bench
        store.configure(bench.provider().issuer)
        self._import(store, count, count)
        _, report = bench.product(store, "rotate", "--json")
        bench.check("judged before", report["counts"]["examined"], count)
        bench.check("asked before", report["verdicts"], {"active": count, "inactive": 0, "unknown": 0})

    def _make_half_unused(self, store, count):
        bench = self._bench
        store.configure()
        self._import(store, 2 * count, count, kind="mixed", only="active")
        _, report = bench.product(store, "rotate", "--json", statuses=(69,))
        bench.check("judged before", report["counts"]["examined"], count)
        self._import(store, 2 * count, count, kind="mixed", only="unused")

    def _make_scoped(self, store, roles, tenants, count):
        store.configure()
        path = os.path.join(store.folder, "grants.ndjson")
        scope_inputs.grants(path, roles, tenants, count, at=store.at)
        # The configuration does not know these tenants, which is said.
        self._read(store, path, count, statuses=(0, 2))

    def _import(self, store, numbers, count, **more):
        path = os.path.join(store.folder, "grants.ndjson")
        inputs.grants(path, numbers, at=store.at, **more)
        self._read(store, path, count)

    def _read(self, store, path, count, statuses=(0,)):
        _, report = self._bench.product(store, "grants", "import", path, "--json", statuses=statuses)
        self._bench.check("imported", report["added"], count)
        os.remove(path)
