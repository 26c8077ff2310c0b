"""P12: how long it takes to say what a breach lays open."""
from parts import inputs, measure

ENTRIES = ("P12-client", "P12-provider", "P12-memory")
GROWTH = None


def run(bench):
    roles, tenants, count = bench.sizes["scopes"]
    store, folder = bench.stores.scoped(roles, tenants, count), bench.stores.scopes(roles, tenants)
    memory = []
    for entry, target, work in (
            ("P12-client", ("--client", "client-0"), "a client"),
            ("P12-provider", ("--provider", inputs.PROVIDER), "all there is")):
        if not bench.wants(entry, "P12-memory"):
            continue
        costs = [_breach(bench, store, folder, target) for _ in range(bench.rounds)]
        took = [cost.seconds for cost in costs]
        memory += [cost.peak_bytes / 1_000_000 for cost in costs]
        bench.report(entry, f"blast-radius of {work}, {count:,} live grants, {tenants:,} tenants", measure.median(took),
                     unit=" s", mark="<= 3", product=took, of="s")
    bench.report("P12-memory", "the peak of both", max(memory), unit=" MB", mark="<= 512", product=memory, of="MB")


def _breach(bench, store, folder, target):
    _, tenants, count = bench.sizes["scopes"]
    cost, report = bench.product(store, "blast-radius", "--scopes", folder, *target, "--json")
    is_all = target[0] == "--provider"
    bench.check("live grants", report["grants"], count if is_all else count // tenants)
    bench.check("tenants", len(report["tenants"]), tenants if is_all else 1)
    # Those who share are all reached where everybody is; a shared token makes one family of its grants.
    bench.check("what is shared", sorted((one["kind"], one["to"]["client"], one["count"]) for one in report["shared"]),
                [] if is_all else [("family", "client-1", 1), ("token", "client-1", 1)])
    return cost
