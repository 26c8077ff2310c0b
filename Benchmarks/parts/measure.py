"""Runs commands and says what they cost: seconds, processor time, the peak of resident memory; and describes the
machine that this was."""
import dataclasses
import os
import platform
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time


@dataclasses.dataclass
class Cost:
    """What one command took, and what it said.

    `peak_bytes` is never below our own peak when the command was started: the kernel hands it on. Keep the
    measuring process small.
    """

    seconds: float
    cpu: float
    peak_bytes: int
    status: int
    output: str
    errors: str


class Failed(Exception):
    """A command ended as it should not; says how."""


def run(command, statuses=(0,), environment=None, folder=None, limit=3_600):
    """Runs a command to its end; one that ends with another status than wanted is an error with its last words.

    After `limit` seconds it is killed, which is such an error.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=folder,
            env={**os.environ, **(environment or {})})
        watch = threading.Timer(limit, os.kill, (process.pid, signal.SIGKILL))
        watch.daemon = True
        watch.start()
        try:
            _, raw, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            watch.cancel()
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(raw)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    cost = Cost(
        seconds=seconds, cpu=usage.ru_utime + usage.ru_stime, peak_bytes=usage.ru_maxrss * 1024,
        status=process.returncode, output=texts[0], errors=texts[1])
    if cost.status not in statuses:
        said = (cost.errors or cost.output).strip()[-600:]
        raise Failed(f"{os.path.basename(command[0])} {' '.join(command[1:3])} ended with {cost.status}: {said}")
    return cost


def exit_on_sigterm():
    """Makes SIGTERM end this process through its `finally` and `with` blocks, so that it leaves no process behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def cpu_of(pid):
    """The processor seconds that a running process has used so far, all its threads together."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def alternate(times, *calls):
    """Calls functions in turn, which return seconds (or anything); one list for each, of what it returned.

    Who begins changes each round: none always finds the machine as the same other left it.
    """
    results = [[] for _ in calls]
    for round_number in range(times):
        for at in range(len(calls)):
            which = (round_number + at) % len(calls)
            results[which].append(calls[which]())
    return results


def median(values):
    return statistics.median(values)


def noise(values):
    """How far the runs lie apart, as a share of their median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def machine(folder="."):
    """The machine, as the results name it; `folder` is where the stores lie."""
    return {
        "cpu": _first("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": int((_first("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) // 1024,
        "kernel": platform.release(),
        "disk": _disk(folder),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "python_sqlite": sqlite3.sqlite_version,
        "libcurl": _output("pkg-config", "--modversion", "libcurl"),
        "sqlite": _output("pkg-config", "--modversion", "sqlite3"),
        "nginx": _output("nginx", "-v").rpartition("/")[2],
    }


def _first(path, name):
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.partition(":")[0].strip() == name:
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return None


def _output(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "replace").strip()


def _disk(folder):
    """The file system and device below `folder`, and whether the device turns."""
    device, kind, longest = "", "", -1
    real = os.path.realpath(folder)
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            source, point, name = line.split()[:3]
            if (real + "/").startswith(point.rstrip("/") + "/") and len(point) > longest:
                device, kind, longest = source, name, len(point)
    turns = ""
    try:
        base = os.path.basename(os.path.realpath(device))
        block = os.path.realpath(f"/sys/class/block/{base}")
        if not os.path.exists(f"{block}/queue"):
            block = os.path.dirname(block)
        with open(f"{block}/queue/rotational", encoding="ascii") as file:
            turns = " rotational" if file.read().strip() == "1" else " solid-state"
    except OSError:
        pass
    return f"{kind} on {device}{turns}"
