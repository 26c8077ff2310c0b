"""Makes scope documents, and live grants that they allow, for any number of roles, tenants and grants.

Role r has two steps of two scopes each, whose families nobody else uses: what a change reaches can be counted by hand.
There are ten scopes and a blanket for each role; each tenant has one client with two roles, and each client's grants
are of four kinds.
"""
import datetime
import json
import os
import random
import shutil

from parts import inputs

PARTIES = ("supplier", "internal", "partner")
KINDS = 4
# So many pairs of tenants share a token.
SHARED = 3


def _scope(number):
    return f"f{number // 5}.a{number % 5}"


def needs(role, roles):
    """The least scopes of a role: those of its steps."""
    return [_scope(5 * step + action) for step in (role, role + roles) for action in (2, 4)]


def roles_of(tenant, roles):
    return tenant % roles, (tenant + 1) % roles


def documents(folder, roles, tenants, changed=False):
    """Writes the documents; `changed` takes its second step from the first role."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "tenants"))
    lines = ["scopes:"]
    for number in range(10 * roles):
        action = number % 5
        lines += [
            f"  - name: {_scope(number)}", f"    description: Does thing {number} to what it is about",
            f"    family: f{number // 5}", f"    action: a{action}",
            f"    risk: {('low', 'medium', 'high', 'critical')[number % 4]}",
        ]
        # 0 < 1 < 2, and 3 < 4.
        if action in (1, 2, 4):
            lines.append(f"    implies: [{_scope(number - 1)}]")
    lines.append("blankets:")
    for family in range(2 * roles):
        names = ", ".join(_scope(5 * family + action) for action in range(5))
        lines += [f"  - pattern: f{family}.*", f"    stands_for: [{names}]"]
    _write(folder, "catalogue.yaml", lines)
    lines = ["steps:"]
    for step in range(2 * roles):
        lines += [
            f"  - id: step-{step}", f"    side: {('buyer', 'supplier')[step % 2]}", f"    description: Step {step}",
            f"    scopes: [{_scope(5 * step + 2)}, {_scope(5 * step + 4)}]",
        ]
    _write(folder, "workflow.yaml", lines)
    lines = ["roles:"]
    for role in range(roles):
        steps = [f"step-{role}"] + ([] if changed and role == 0 else [f"step-{role + roles}"])
        lines += [f"  - id: role-{role}", f"    description: Role {role}", f"    steps: [{', '.join(steps)}]"]
    _write(folder, "roles.yaml", lines)
    for start in range(0, tenants, 500):
        lines = ["tenants:"]
        for tenant in range(start, min(start + 500, tenants)):
            names = ", ".join(f"role-{role}" for role in roles_of(tenant, roles))
            lines += [
                f"  - id: tenant-{tenant}", f"    party: {PARTIES[tenant % 3]}", f"    isolation_group: group-{tenant}",
                "    environment: production", "    clients:",
                f"      - {{ id: client-{tenant}, provider: {inputs.PROVIDER}, roles: [{names}] }}",
            ]
        _write(folder, f"tenants/part-{start // 500:03d}.yaml", lines)
    return folder


def grants(path, roles, tenants, count, at):
    """Writes so many grants, the same number for each tenant and kind; a few pairs of tenants share a token."""
    each = count // tenants
    used, issued = (inputs.time_text(at - datetime.timedelta(days=days)) for days in (1, 30))
    draw = random.Random(7)
    with open(path, "wb", buffering=1 << 20) as file:
        for tenant in range(tenants):
            first, second = roles_of(tenant, roles)
            sets = [
                json.dumps(names) for names in (
                    needs(first, roles), needs(second, roles), needs(first, roles)[:1],
                    needs(first, roles)[:1] + needs(second, roles)[:1],
                )
            ]
            access, refresh = inputs.tokens(draw, each), inputs.tokens(draw, each)
            # The token of an odd tenant is that of the one before it.
            if tenant < 2 * SHARED:
                if tenant % 2:
                    access[0] = shared
                shared = access[0]
            file.write("".join(
                f'{{"id":"g-{tenant}-{index}","provider":"{inputs.PROVIDER}","tenant":"tenant-{tenant}",'
                f'"client":"client-{tenant}","subject":"u-{tenant}-{index}","scopes":{sets[index % KINDS]},'
                f'"issued_at":"{issued}","last_used_at":"{used}",'
                f'"access_token":"{access[index]}","refresh_token":"{refresh[index]}"}}\n'
                for index in range(each)).encode("ascii"))


def must_consent_again(roles, tenants, count):
    """What the change of `documents` reaches: (grants, tenants, suppliers)."""
    reached = [tenant for tenant in range(tenants) if 0 in roles_of(tenant, roles)]
    suppliers = sum(PARTIES[tenant % 3] == "supplier" for tenant in reached)
    return len(reached) * (count // tenants // KINDS), len(reached), suppliers


def _write(folder, name, lines):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
