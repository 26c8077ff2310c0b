"""Makes what the benchmarks feed in: grant records, usage lines, and a configuration directory.

All of it is the same for the same seed and clock. Tokens are 43 base64url characters, as 32 random bytes are.
"""
import base64
import datetime
import json
import os
import random

PROVIDER = "bench"
FEED = "gateway"
CLIENTS = ("supplier-portal", "erp-sync", "mobile-app", "report-export", "warehouse")
TENANTS = 50
CHUNK = 10_000
_AREAS = ("ticket", "order", "invoice", "stock")
_SCOPES = [f"{area}.{verb}" for area in _AREAS for verb in ("read", "comment", "write")]
# The provider's one answer names this client, and the product compares: grants that are asked about are its.
ASKED_CLIENT = CLIENTS[0]
# What the provider tells of every token; other scopes than the record's would be a finding.
ASKED_SCOPES = ["invoice.read", "ticket.comment", "ticket.read"]
# How long ago it was used last, and the days of age that issued_at is spread over; longest age a year above.
KINDS = {
    "active": (1.0, 20),
    "unused": (200.0, 201),
}


def now():
    """The clock that inputs are made for, in whole seconds."""
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def time_text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def scope_sets(count=40, seed=3):
    """So many distinct sets of two or three of the twelve scopes, as JSON arrays."""
    draw = random.Random(seed)
    sets = set()
    while len(sets) < count:
        sets.add(tuple(sorted(draw.sample(_SCOPES, draw.choice((2, 3))))))
    return ['["' + '","'.join(names) + '"]' for names in sorted(sets)]


def tokens(draw, count):
    """So many tokens of 43 characters, no two alike."""
    text = base64.urlsafe_b64encode(draw.randbytes(33 * count)).decode("ascii")
    return [text[start:start + 43] for start in range(0, 44 * count, 44)]


def grants(path, count, kind="active", at=None, first=0, seed=1, only=None):
    """Writes `count` grant records from number `first` on; `kind` is one of KINDS, or `mixed`: each half.

    Mixed alternates within each tenant, so that exactly half of every partition is unused: the most that
    the valve lets end without an approval. `only` leaves out the records of the other kind.
    """
    at = at or now()
    draw = random.Random(seed * 1_000_003 + first)
    sets = scope_sets()
    asked = json.dumps(ASKED_SCOPES, separators=(",", ":"))
    kinds = ("unused", "active") if kind == "mixed" else (kind, kind)
    clients = [CLIENTS if name == "unused" else (ASKED_CLIENT,) * len(CLIENTS) for name in kinds]
    until = time_text(at - datetime.timedelta(hours=12))
    used = [time_text(at - datetime.timedelta(days=KINDS[name][0])) for name in kinds]
    issued = [
        [time_text(at - datetime.timedelta(days=KINDS[name][1] + day, seconds=day * 97)) for day in range(365)]
        for name in kinds
    ]
    with open(path, "wb", buffering=1 << 20) as file:
        for start in range(first, first + count, CHUNK):
            end = min(start + CHUNK, first + count)
            access, refresh = tokens(draw, end - start), tokens(draw, end - start)
            lines = []
            for index in range(start, end):
                which = index // TENANTS & 1
                if only and kinds[which] != only:
                    continue
                begun = issued[which][index * 7919 % 365]
                lines.append(
                    f'{{"id":"g-{index:08d}","provider":"{PROVIDER}","tenant":"tenant-{index % TENANTS:02d}",'
                    f'"client":"{clients[which][index % 7 % 5]}","subject":"u-{index:08d}",'
                    f'"scopes":{sets[index * 31 % len(sets)] if kinds[which] == "unused" else asked},"issued_at":"{begun}",'
                    f'"last_used_at":"{used[which]}","observed_from":"{begun}","observed_until":"{until}",'
                    f'"access_token":"{access[index - start]}","refresh_token":"{refresh[index - start]}"}}\n'
                )
            file.write("".join(lines).encode("ascii"))


def usage(path, count, known, at=None, seed=2, unknown_percent=20):
    """Writes `count` uses of the feed: most of one of `known` grants by its id, the others of nobody's grant.

    Uses are spread over the last day in the order of time; one in twenty comes twice. The first and the last
    line are the feed's own: what it saw.
    """
    at = at or now()
    draw = random.Random(seed)
    begin = at - datetime.timedelta(days=1)
    # A day is 86,400 seconds: a second's text is made once.
    seconds = [time_text(begin + datetime.timedelta(seconds=second)) for second in range(86_400)]
    with open(path, "wb", buffering=1 << 20) as file:
        file.write(f'{{"feed":"{FEED}","observed_from":"{time_text(at - datetime.timedelta(days=30))}"}}\n'.encode())
        for start in range(0, count, CHUNK):
            end = min(start + CHUNK, count)
            numbers = draw.choices(range(known), k=end - start)
            lines = []
            for index in range(start, end):
                moment = seconds[index * 86_400 // count]
                if index % 20 == 19 and lines:
                    lines.append(lines[-1])
                    continue
                name = "g" if index % 100 >= unknown_percent else "nobody"
                lines.append(
                    f'{{"feed":"{FEED}","at":"{moment}","grant":"{name}-{numbers[index - start]:08d}",'
                    f'"provider":"{PROVIDER}","status":200}}\n'
                )
            file.write("".join(lines).encode("ascii"))
        file.write(f'{{"feed":"{FEED}","observed_until":"{time_text(at)}"}}\n'.encode())


_CONFIGURATION = """\
store:
  sqlite: state/grants.sqlite
  high_water: guard/high-water
  key: {{ file: store.key }}
providers:
  - id: {provider}
    issuer: {issuer}
    client: {{ id: grantkeeper, secret: {{ file: grantkeeper.secret }} }}
    limits: {{ requests_per_second: 1000000, in_flight: {in_flight}, timeout: 10s }}
    capabilities: {{ revocation_reaches: grant, rotates_refresh_tokens: false }}
    canaries: [{{ kind: access_token, client_credentials: {{ scope: introspection }} }}]
{ca_file}clients:
{clients}
tenants:
{tenants}
feeds:
  - {{ id: {feed}, covers: [{{ provider: {provider} }}], max_unmapped: 90% }}
rotation:
  mode: enforce
  total_valve: {{ share: 100%, count: 1000000000, max: 1000000000 }}
  default:
    idle_after: {idle_after}
    notice: 0s
    valve: {{ share: 100%, count: 1000000000, max: 1000000000 }}
"""


def configuration(folder, issuer, ca_file=None, in_flight=32, idle_after="90d", covered=True):
    """Writes a configuration directory; returns the path of its grantkeeper.yaml.

    `covered`: false leaves the feed undeclared, so that the records' own observation decides alone. Written
    again with another `idle_after` it is a policy change for the same store.
    """
    for name, mode in ((".", 0o755), ("state", 0o700), ("guard", 0o700), ("schedules", 0o755)):
        os.makedirs(os.path.join(folder, name), mode=mode, exist_ok=True)
    names = ("grantkeeper", *CLIENTS)
    for name in names:
        _private(os.path.join(folder, f"{name}.secret"), f"{name}-secret")
    _private(os.path.join(folder, "store.key"), base64.b64encode(random.Random(4).randbytes(32)).decode())
    text = _CONFIGURATION.format(
        provider=PROVIDER, feed=FEED, issuer=issuer, in_flight=in_flight, idle_after=idle_after,
        ca_file=f"    ca_file: {ca_file}\n" if ca_file else "",
        clients="\n".join(
            f"  - {{ id: {name}, provider: {PROVIDER}, secret: {{ file: {name}.secret }} }}" for name in CLIENTS),
        tenants="\n".join(f"  - {{ id: tenant-{number:02d}, party: supplier }}" for number in range(TENANTS)),
    )
    if not covered:
        begin, end = text.index("feeds:"), text.index("rotation:")
        text = text[:begin] + text[end:]
    path = os.path.join(folder, "grantkeeper.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _private(path, text):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
