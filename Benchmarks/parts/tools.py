"""What the yardsticks are run with: compiled below .build/bench/bin, the peers' Python in .build/bench/venv."""
import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys

BENCHMARKS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
YARDSTICKS = os.path.join(BENCHMARKS, "yardsticks")
BUILT = os.path.join(os.path.dirname(BENCHMARKS), ".build", "bench")
_LIBRARIES = {"bare-sqlite": "sqlite3", "bare-curl": "libcurl"}


class Missing(Exception):
    """Something that Scripts/deps bench installs is not there."""


def yardstick(name):
    """The path of a C yardstick, compiled when its source is newer."""
    source, program = os.path.join(YARDSTICKS, f"{name}.c"), os.path.join(BUILT, "bin", name)
    if os.path.exists(program) and os.path.getmtime(program) > os.path.getmtime(source):
        return program
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        raise Missing("there is no C compiler; run Scripts/deps bench")
    os.makedirs(os.path.dirname(program), exist_ok=True)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", _LIBRARIES[name]], check=True,
                           stdout=subprocess.PIPE).stdout.decode().split()
    # Beside it and then renamed: two at once do not run half a program.
    made = f"{program}.{os.getpid()}"
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", made, source, *flags], check=True)
    os.replace(made, program)
    return program


def peer_python():
    """The Python of the peers, with what yardsticks/requirements.txt names; made when that has changed."""
    requirements, folder = os.path.join(YARDSTICKS, "requirements.txt"), os.path.join(BUILT, "venv")
    os.makedirs(BUILT, exist_ok=True)
    with open(requirements, "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    python, stamp = os.path.join(folder, "bin", "python"), os.path.join(folder, "made-for")
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(stamp):
            with open(stamp, encoding="ascii") as file:
                if file.read() == wanted:
                    return python
        print("benchmarks: making the peers' virtual environment", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        # The system's Python: what an engineer on this machine would use, with the system's SQLite.
        subprocess.run([shutil.which("python3") or sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--requirement", requirements], check=True, stdout=sys.stderr)
        # Last, so that one that was cut short is not taken for a finished one.
        with open(stamp, "w", encoding="ascii") as file:
            file.write(wanted)
    return python


def schema(database, path):
    """Writes the schema of a store as SQL, for `bare-sqlite insert`."""
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        rows = db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
                          " ORDER BY rowid").fetchall()
    finally:
        db.close()
    if not rows:
        raise ValueError(f"{database} holds no tables")
    with open(path, "w", encoding="utf-8") as file:
        file.write(";\n".join(row[0] for row in rows) + ";\n")
    return path


def mean_body(database, event):
    """The mean length of the journal's bodies of one kind of event, in bytes: what a yardstick writes as well."""
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        # A body is JSON in a BLOB.
        mean = db.execute("SELECT avg(length(body)) FROM journal WHERE json_extract(CAST(body AS TEXT), '$.type') = ?",
                          (event,)).fetchone()[0]
    finally:
        db.close()
    return round(mean) if mean else None


def transaction(count, seconds):
    """How many rows the product wrote in 200 ms, which is the length of its transactions; in thousands, rounded up."""
    return max(1, -(-count // max(1, round(seconds * 5_000)))) * 1_000
