"""The grants of a test: of which kind each is, what the provider is to do about it, and how it must end."""
import json
import time

from sandbox import instant

DAY = 86_400
TENANTS = [("acme", "supplier-portal"), ("cargolink", "partner-gateway"), ("finance", "erp-sync")]
INTROSPECTION_FAULTS = [["503"], ["429"], ["html"], ["slow"], ["hang"], ["503", "503"], ["429", "503"]]
# Those of the short test cost no backoff of a minute; the second leaves it to a person.
QUICK_REVOCATION_FAULTS = [["429"], ["unsupported_token_type"], ["slow"]]
LONG_REVOCATION_FAULTS = QUICK_REVOCATION_FAULTS + [["503"], ["ignored"], ["hang"], ["503", "429"]]


class Population:
    """Drawn from a generator, so that the same seed makes the same grants and tokens."""

    # Kind: share in a thousand, members, the standing at the end.
    KINDS = {
        "used": (545, 1, "active"),
        "access-only": (60, 1, "active"),
        "unused": (110, 1, "expired"),
        "unused-both-tokens": (20, 1, "expired"),
        # Past their end, and called active by the provider since: contradicted, and so kept.
        "expires": (40, 1, "active"),
        "gone": (40, 1, "revoked"),
        "family-unused": (14, 3, "expired"),
        "family-used": (14, 3, "active"),
        "superseded": (10, 2, None),
        "exempt": (15, 1, "active"),
        "unobserved": (40, 1, "active"),
        "by-hand": (30, 1, "revoked"),
        "unknown-first": (40, 1, "active"),
        "stubborn": (12, 1, "expired"),
    }

    def __init__(self, random, count, files, is_long):
        self.kind, self.file, self.token, self.ends = {}, {}, {}, {}
        self.files = files
        self.orders, self.records = [], []
        consents = []
        for kind, (share, members, _) in self.KINDS.items():
            number = max(3, count * share // 1_000 // members)
            if kind == "exempt":
                number = min(number, 12)
            consents += [kind] * number
        random.shuffle(consents)
        now = time.time()
        for index, kind in enumerate(consents):
            file = 0 if kind == "exempt" else random.randrange(files)
            self._add(random, index, kind, file, now, is_long)

    def _add(self, random, index, kind, file, now, is_long):
        tenant, client = TENANTS[index % 3]
        if kind == "unobserved":
            tenant, client = "unseen", "supplier-portal"
        for member in range(self.KINDS[kind][1]):
            grant = f"{kind}-{index}" if self.KINDS[kind][1] == 1 else f"{kind}-{index}-{member}"
            is_old = kind in ("unused", "unused-both-tokens", "family-unused", "exempt", "stubborn") or (
                kind == "family-used" and member > 0)
            record = {
                "id": grant, "provider": "sandbox", "tenant": tenant, "client": client, "subject": f"u-{grant}",
                "scopes": ["ticket.read"], "issued_at": instant(now - 200 * DAY),
                "last_used_at": instant(now - (150 if is_old else 4) * DAY),
            }
            if kind == "unobserved":
                del record["last_used_at"]
            if kind == "expires":
                record["expires_at"] = instant(now - DAY)
            if self.KINDS[kind][1] > 1:
                record["family"] = f"f-{index}"
            order = {
                "id": grant, "client": client, "subject": record["subject"], "scopes": record["scopes"],
                "refresh": kind != "access-only", "access_expires_in": None,
            }
            if kind == "unknown-first":
                order["script"] = {"introspect": random.choice(INTROSPECTION_FAULTS)}
            if kind == "stubborn":
                faults = LONG_REVOCATION_FAULTS if is_long else QUICK_REVOCATION_FAULTS
                order["script"] = {"revoke": random.choice(faults)}
            self.orders.append(order)
            self.records.append(record)
            self.kind[grant] = kind
            # A successor is recorded later than what it covers.
            self.file[grant] = min(file, self.files - 2) + member if kind == "superseded" else file
            ends = self.KINDS[kind][2]
            self.ends[grant] = ends or ("expired" if member == 0 else "active")

    def issue(self, rig):
        """Has the sandbox issue them, and writes the files to import."""
        tokens = set()
        files = [[] for _ in range(self.files)]
        for record, issued in zip(self.records, rig.sandbox.issue(self.orders)):
            grant, record = record["id"], dict(record)
            speaker = "access_token" if self.kind[grant] == "access-only" else "refresh_token"
            record[speaker] = issued[speaker]
            if self.kind[grant] == "unused-both-tokens":
                record["access_token"] = issued["access_token"]
            self.token[grant] = issued[speaker]
            tokens.update(token for token in (issued["access_token"], issued["refresh_token"]) if token)
            files[self.file[grant]].append(json.dumps(record))
        for number, lines in enumerate(files):
            rig.write(f"intake/grants-{number}.ndjson", "\n".join(lines) + "\n")
        return tokens

    def of(self, *kinds, file=None):
        return [
            grant for grant, kind in self.kind.items() if kind in kinds and (file is None or self.file[grant] == file)
        ]

    def leaving_behind_our_back(self, file):
        covered = [grant for grant in self.of("superseded", file=file) if grant.endswith("-1")]
        return self.of("gone", file=file) + [f"{grant[:-1]}0" for grant in covered]
