"""The table while it grows, and the JSON file."""
import json
import operator
import os
import statistics
import textwrap

from parts import measure

_HOLDS = {"<=": operator.le, ">=": operator.ge}
_LINE = "{id:<20}{value:>10}  {mark:<8}{ok:<8}{product:>13}{yardstick:>13}  {noise:<12}{work}"


class Results:
    """Prints each entry as it comes and writes all of them, so that a call that is cut short has written its part."""

    def __init__(self, path, folder, limits):
        """`limits` says of entries that may miss their mark what is in the way, as it was measured."""
        self._path = path
        self._limits = limits
        self._machine = measure.machine(folder)
        self._rows = []
        self._header = False

    def add(self, entry, work, value, timed, mark=None, runs=(), unit="", product=None, yardstick=None, of=""):
        """`mark` is like `>= 0.6`. `product` and `yardstick` are what each round took or reached, in `of`.

        Runs are theirs, round by round, unless given.
        """
        found = product and yardstick
        if not runs:
            runs = [list(pair) for pair in zip(product, yardstick)] if found else list(product or [value])
        noise = [measure.noise(values) for values in (product, yardstick) if values and len(values) > 1]
        ok = True
        if mark and timed:
            sign, limit = mark.split()
            ok = _HOLDS[sign](value, float(limit))
        load = os.getloadavg()[0]
        row = {
            "id": entry, "work": work, "value": round(value, 4), "mark": mark, "ok": ok, "runs": runs,
            "noise": [round(one, 3) for one in noise], "load": round(load, 2),
        }
        limit = None if ok else self._limits.get(entry)
        if limit:
            row["limit"] = limit
        self._keep(row)
        self._print(
            id=entry, value=f"{_short(value)}{unit}", mark=mark or "–",
            ok=("yes" if ok else "MISSED") if timed else "counted",
            product=f"{_short(statistics.median(product))} {of}" if product else "",
            yardstick=f"{_short(statistics.median(yardstick))} {of}" if yardstick else "",
            noise="/".join(f"{one:.0%}" for one in noise), work=work)
        if limit:
            print(textwrap.fill(limit, 116, initial_indent="    limit: ", subsequent_indent="    "), flush=True)

    def failed(self, entries, why):
        """Entries that did not run to their end, or counted wrong."""
        for entry in entries:
            self._keep({"id": entry, "work": why, "value": None, "mark": None, "ok": False, "runs": []})
            self._print(id=entry, value="–", mark="–", ok="FAILED", product="", yardstick="", noise="", work=why)

    def __contains__(self, entry):
        return any(row["id"] == entry for row in self._rows)

    @property
    def status(self):
        """0 if all is well, 2 if a mark is missed, 1 if something did not run or counted wrong."""
        if not self._rows or any(row["value"] is None for row in self._rows):
            return 1
        return 0 if all(row["ok"] for row in self._rows) else 2

    def _print(self, **cells):
        if not self._header:
            print(_LINE.format(id="row", value="value", mark="mark", ok="ok", product="product",
                               yardstick="yardstick", noise="noise", work="work"))
            self._header = True
        print(_LINE.format(**cells), flush=True)

    def _keep(self, row):
        self._rows.append(row)
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        new = f"{self._path}.new"
        with open(new, "w", encoding="utf-8") as file:
            json.dump({"machine": self._machine, "rows": self._rows}, file, indent=1)
            file.write("\n")
        os.replace(new, self._path)


def _short(value):
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
