"""P10: how long it takes to check scope documents."""
import json

from parts import measure

ENTRIES = ("P10", "P10-memory")
GROWTH = None


def run(bench):
    roles, tenants, _ = bench.sizes["scopes"]
    folder = bench.stores.scopes(roles, tenants)
    costs = [_check(bench, folder, roles, tenants) for _ in range(bench.rounds)]
    took = [cost.seconds for cost in costs]
    work = f"scopes check, {10 * roles:,} scopes, {roles:,} roles, {tenants:,} tenants"
    bench.report("P10", work, measure.median(took), unit=" s", mark="<= 2", product=took, of="s")
    memory = [cost.peak_bytes / 1_000_000 for cost in costs]
    bench.report("P10-memory", "the peak of the same", measure.median(memory), unit=" MB", mark="<= 512",
                 product=memory, of="MB")


def _check(bench, folder, roles, tenants):
    cost = measure.run([bench.program, "scopes", "check", "--scopes", folder, "--json"])
    report = json.loads(cost.output)
    bench.check("findings", len(report["findings"]), 0)
    # The catalogue, the workflow, the roles, and a file for every 500 tenants.
    bench.check("documents", len(report["files"]), 3 + -(-tenants // 500))
    return cost
