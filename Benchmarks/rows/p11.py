"""P11: how long it takes to say what a change of scope documents means for the live grants."""
from parts import measure, scope_inputs

ENTRIES = ("P11", "P11-memory")
GROWTH = None


def run(bench):
    roles, tenants, count = bench.sizes["scopes"]
    store = bench.stores.scoped(roles, tenants, count)
    before, after = (bench.stores.scopes(roles, tenants, changed=changed) for changed in (False, True))
    costs = [_diff(bench, store, before, after) for _ in range(bench.rounds)]
    took = [cost.seconds for cost in costs]
    work = f"scopes diff --live, {count:,} live grants, {roles:,} roles, {tenants:,} tenants"
    bench.report("P11", work, measure.median(took), unit=" s", mark="<= 3", product=took, of="s")
    memory = [cost.peak_bytes / 1_000_000 for cost in costs]
    bench.report("P11-memory", "the peak of the same", measure.median(memory), unit=" MB", mark="<= 512",
                 product=memory, of="MB")


def _diff(bench, store, before, after):
    cost, report = bench.product(store, "scopes", "diff", "--scopes", before, before, after, "--live", "--json")
    live, (grants, tenants, suppliers) = report["live"], scope_inputs.must_consent_again(*bench.sizes["scopes"])
    bench.check("live grants", live["examined"], bench.sizes["scopes"][2])
    bench.check("what must consent again", live["must_consent_again"],
                {"grants": grants, "tenants": tenants, "suppliers": suppliers})
    bench.check("differences of the role", [
        (one["kind"], one["lost"]) for one in report["differences"] if "role" in one["subject"]
    ], [("narrowed", [f"f{bench.sizes['scopes'][0]}.a{action}" for action in range(5)])])
    return cost
