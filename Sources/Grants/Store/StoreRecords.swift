/// Nothing of what it covers is ended, quarantined or announced.
package struct Freeze: Hashable, Sendable {
    package var selection: GrantSelection
    package var reason: String
    package var since: Timestamp

    package init(selection: GrantSelection, reason: String, since: Timestamp) {
        self.selection = selection
        self.reason = reason
        self.since = since
    }
}

/// Why a provider's answers are not acted upon.
package struct ProviderHold: Hashable, Sendable {
    /// A stable word: `credentials`, `forbidden`, `clock-skew`, `stale-tokens`, `contradiction`, `canary`, `surge`, `creep`.
    package var why: String
    package var since: Timestamp
    /// What `runs approve` takes to release a surge or a creep; nil for other reasons.
    package var hash: String?

    package init(why: String, since: Timestamp, hash: String? = nil) {
        self.why = why
        self.since = since
        self.hash = hash
    }

    /// Only a person releases it; any other ends with the next sound probe.
    package var needsApproval: Bool { Self.isForPerson(why) }

    /// Whether a hold, or a held plan, for this reason is about a provider's verdicts and waits for a person.
    package static func isForPerson(_ why: String) -> Bool { why == "surge" || why == "creep" }
}

/// A provider that went silent: nobody asks it before ``retryAt``, and then about a canary first.
package struct BreakerRecord: Hashable, Sendable {
    /// Tries in a row that got no answer.
    package var failures: Int
    package var openedAt: Timestamp
    package var retryAt: Timestamp
    /// A stable word: `network`, `timeout`, `server-error`, `rate-limited`.
    package var lastError: String

    package init(failures: Int, openedAt: Timestamp, retryAt: Timestamp, lastError: String) {
        self.failures = failures
        self.openedAt = openedAt
        self.retryAt = retryAt
        self.lastError = lastError
    }
}

/// What a gate stopped.
package struct HeldPlan: Hashable, Sendable {
    /// nil: all of the provider, or of the store.
    package var tenant: TenantID?
    package var provider: ProviderID?
    package var wouldEnd: Int
    package var live: Int
    /// `observe`, `frozen`, `blackout`, `provider-held`, `no-date`, `valve-share`, `valve-half`, `valve-max`, the same with
    /// `-provider` or `-store` for the total valve, `surge`, `creep`, or `scope-policy`.
    package var why: String
    /// SHA-256 over its rows, in hex.
    package var hash: String
    package var policyHash: String
    package var heldAt: Timestamp
    /// The filter of the run that held it.
    package var selection: GrantSelection

    package init(
        tenant: TenantID?,
        provider: ProviderID?,
        wouldEnd: Int,
        live: Int,
        why: String,
        hash: String,
        policyHash: String,
        heldAt: Timestamp,
        selection: GrantSelection
    ) {
        self.tenant = tenant
        self.provider = provider
        self.wouldEnd = wouldEnd
        self.live = live
        self.why = why
        self.hash = hash
        self.policyHash = policyHash
        self.heldAt = heldAt
        self.selection = selection
    }

    /// It was planned by other rules than these: nobody may approve it any more.
    package var isOfOlderVersion: Bool { policyHash == "older-version" }

    /// A person may release what the valve, a surge, a creep or a changed scope policy stopped; the other gates open by
    /// themselves.
    package var isApprovable: Bool { why.hasPrefix("valve-") || isOfProvider || why == "scope-policy" }

    /// It holds a provider's verdicts, not a plan's rows.
    package var isOfProvider: Bool { ProviderHold.isForPerson(why) }
}

/// One execution of a job.
package struct RunRecord: Hashable, Sendable {
    package var id: Int64
    package var job: String
    package var actor: Actor
    package var startedAt: Timestamp
    /// nil: it is going on, or was killed.
    package var endedAt: Timestamp?
    /// `done`, `held`, `unavailable`, `interrupted`, `failed`; nil while it goes on.
    package var outcome: String?
    /// The JSON document that the command printed.
    package var summary: [UInt8]?

    package init(id: Int64, job: String, actor: Actor, startedAt: Timestamp) {
        self.id = id
        self.job = job
        self.actor = actor
        self.startedAt = startedAt
    }
}

/// One entry of the journal as it is stored.
package struct JournalEntry: Hashable, Sendable {
    package var seq: Int64
    /// The canonical JSON; it names the subject by reference.
    package var body: [UInt8]
    /// SHA-256 over the previous entry's hash and `body`.
    package var hash: [UInt8]
    /// The subject's name; nil where there is none or it was erased.
    package var subject: String?

    package init(seq: Int64, body: [UInt8], hash: [UInt8], subject: String?) {
        self.seq = seq
        self.body = body
        self.hash = hash
        self.subject = subject
    }
}

/// A revocation that is decided and not done.
package struct RevocationOrder: Hashable, Sendable {
    package var row: Int64
    /// `expired` or `revoked`: what the grant becomes.
    package var target: Standing
    package var rule: Rule
    package var reason: String
    package var reference: String?
    package var actor: Actor
    package var run: Int64?
    package var tries = 0
    package var firstTriedAt: Timestamp?
    /// nil: never by itself.
    package var nextTryAt: Timestamp?
    /// A stable word; nil before the first failure.
    package var lastFailure: String?
    /// What earlier tries have shown.
    package var progress = RevocationProgress()
    /// A person's order goes on although a freeze covers the grant.
    package var whileFrozen = false
    /// A person's order goes on although the provider is held.
    package var whileHeld = false

    package init(row: Int64, target: Standing, rule: Rule, reason: String, actor: Actor) {
        self.row = row
        self.target = target
        self.rule = rule
        self.reason = reason
        self.actor = actor
    }
}

/// How far a sink has acknowledged the journal.
package struct SinkCursor: Hashable, Sendable {
    package var id: String
    /// The last acknowledged seq; 0: none.
    package var seq: Int64
    package var failures = 0
    package var lastError: String?

    package init(id: String, seq: Int64) {
        self.id = id
        self.seq = seq
    }
}

/// Who works on a job now: kept with a lease, told apart by the term.
package struct JobLock: Hashable, Sendable {
    package var job: String
    package var owner: Actor
    package var pid: Int32
    /// Raised with every acquisition.
    package var term: Int64
    package var since: Timestamp
    /// The run that its holder works on; nil: not said.
    package var run: Int64?

    package init(job: String, owner: Actor, pid: Int32, term: Int64, since: Timestamp) {
        self.job = job
        self.owner = owner
        self.pid = pid
        self.term = term
        self.since = since
    }
}

/// How the known-good tokens of one kind fared at a provider when it was asked last.
package struct CanaryState: Hashable, Sendable {
    /// When they were last active, with a made-up token inactive; nil: never.
    package var soundAt: Timestamp?
    /// The first of the failures in a row; nil: the last look was sound.
    package var failingSince: Timestamp?
    /// What the last of them was, for people; nil as ``failingSince``.
    package var why: String?

    package init(soundAt: Timestamp? = nil, failingSince: Timestamp? = nil, why: String? = nil) {
        self.soundAt = soundAt
        self.failingSince = failingSince
        self.why = why
    }

    /// Enters one look; `failure` is nil where it was sound.
    package mutating func note(_ failure: String?, at now: Timestamp) {
        if let failure {
            failingSince = failingSince ?? now
            why = failure
        } else {
            self = CanaryState(soundAt: now)
        }
    }
}
