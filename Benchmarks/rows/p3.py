"""P3: asking the provider about active grants, and storing its verdicts, against bare libcurl and aiohttp."""
from parts import measure

ENTRIES = ("P3-h1", "P3-h2", "P3-peer", "P3-growth")
# Its grants have tokens that open: they are imported, and ten million take an hour.
GROWS_TO = 1_000_000
GROWTH, GROWTH_WORK = "P3-growth", "grant asked over HTTP/1.1"
_CORES = (
    "two cores for three: of each question nginx takes about 13 us, the wire's thread 24 (bare loop: 16 to 19), the "
    "store's two threads 17 to 19, reading and unsealing included, the rest 2; together 57 to 59, which two cores cannot "
    "do faster than 35,000 times a second. The wire's thread waits for the store in 0.7 % of the time. Tried: batches of "
    "1,000 and 2,000 (more memory, not faster), transactions of 4,200 verdicts in place of 2,100 (3 us less, but past 96 "
    "MB), epoll in the bare loop (0.78 of poll).")
LIMITS = {"P3-h1": _CORES, "P3-h2": _CORES, "P3-peer": _CORES}
# In flight, and connections for bare-curl over HTTP/2.
_HTTP1, _HTTP2 = 16, 64
_SOCKETS = 1


def run(bench):
    count = bench.sizes["p3"]
    if bench.wants("P3-h1", "P3-peer"):
        _over_http1(bench, count)
    if bench.wants("P3-h2"):
        provider = bench.provider(tls=True)
        product, bare = measure.alternate(
            bench.rounds, lambda: count / asked(bench, count, tls=True),
            lambda: count / bench.bare("bare-curl", count, count, provider.introspection, "--handles", _HTTP2,
                                       "--connections", _SOCKETS, "--ca-file", provider.ca_file))
        bench.report("P3-h2", f"{count:,} grants asked over HTTP/2 and TLS against bare-curl, {_HTTP2} in flight",
                     measure.median(product) / measure.median(bare), mark=">= 0.75", product=product, yardstick=bare,
                     of="/s")


def _over_http1(bench, count):
    url, few = bench.provider().introspection, bench.sizes["peer"]
    calls = [lambda: count / asked(bench, count)]
    calls.append(lambda: count / bench.bare("bare-curl", count, count, url, "--handles", _HTTP1))
    if bench.wants("P3-peer"):
        calls.append(lambda: few / bench.peer("peer.py", few, "revalidate", few, bench.folder, url)["seconds"])
    product, bare, *peer = measure.alternate(bench.rounds, *calls)
    bench.report("P3-h1", f"{count:,} grants asked over HTTP/1.1 against bare-curl, {_HTTP1} in flight",
                 measure.median(product) / measure.median(bare), mark=">= 0.6", product=product, yardstick=bare,
                 of="/s")
    if peer:
        bench.report("P3-peer", f"the same against peer.py with {few:,}",
                     measure.median(product) / measure.median(peer[0]), mark=">= 5", product=product,
                     yardstick=peer[0], of="/s")


def grow(bench, count):
    return asked(bench, count) / count * 1_000_000


def asked(bench, count, tls=False):
    """Asks about all grants of a store; the seconds from the start to the exit."""
    provider = bench.provider(tls)
    with bench.stores.copy(bench.stores.asked(count)) as store:
        before = store.value("SELECT max(verdict_at) FROM states")
        store.configure(provider.issuer, ca_file=provider.ca_file if tls else None, in_flight=_HTTP2 if tls else _HTTP1)
        cost, report = bench.product(store, "revalidate", "--all", "--json", peak=("revalidate", count))
        bench.check("verdicts", report["verdicts"], {"active": count, "inactive": 0, "unknown": 0})
        bench.check("verdicts not stored", report["pending"], 0)
        bench.check("verdicts in the store", store.value(
            "SELECT count(*) FROM states WHERE verdict = 1 AND verdict_at > ?", before), count)
    return cost.seconds
