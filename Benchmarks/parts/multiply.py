"""Larger stores than an import makes in reasonable time: the grants of a store, again and again under new numbers.

Rows, ids, subjects and fingerprints are new, and the counters follow; sealed tokens are copied and open no more, since
each is sealed for its row. So this is for whoever looks and decides, not for whoever asks a provider.
"""
import sqlite3
import sys

_SHIFTED = {
    "subjects": {"id": "id + :rows", "name": "printf('u-%08d', CAST(substr(name, 3) AS INTEGER) + :rows)"},
    "grants": {"row": "row + :rows", "id": "printf('g-%08d', CAST(substr(id, 3) AS INTEGER) + :rows)",
               "subject": "subject + :rows"},
    "states": {"row": "row + :rows"},
    "tokens": {"row": "row + :rows", "fingerprint": "randomblob(32)"},
}
_COUNTED = {"counts": "n", "asked": "n", "holdings": "live"}
# Scattered: built in one go afterwards.
_REBUILT = "tokens_by_fingerprint"


def multiply(database, times):
    """Makes a store hold so many times as many grants; it must not be open, and its numbers must have no gaps."""
    db = sqlite3.connect(database, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -2000000")
        rows, highest = db.execute("SELECT count(*), max(row) FROM grants").fetchone()
        if rows != highest or db.execute("SELECT count(*) FROM families").fetchone()[0]:
            raise ValueError(f"{database}: only a store of numbers without gaps and without families is multiplied")
        index = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (_REBUILT,)).fetchone()[0]
        db.execute("BEGIN")
        db.execute(f"DROP INDEX {_REBUILT}")
        for copy in range(1, times):
            for table, shifted in _SHIFTED.items():
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                values = ", ".join(shifted.get(column, column) for column in columns)
                own = "id" if table == "subjects" else "row"
                db.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {own} <= :most",
                           {"rows": copy * rows, "most": rows})
        for table, column in _COUNTED.items():
            db.execute(f"UPDATE {table} SET {column} = {column} * ?", (times,))
        db.execute(index)
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")
    finally:
        db.close()


if __name__ == "__main__":
    multiply(sys.argv[1], int(sys.argv[2]))
