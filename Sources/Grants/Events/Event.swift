internal import Records

/// A past-tense fact: one entry of the journal, and what sinks receive.
///
/// Never a token.
package struct Event: Hashable, Sendable {
    /// The types that are not told by ``Lifecycle``.
    package enum Kind {
        package static let grantRecorded = "grant.recorded"
        package static let grantRevoking = "grant.revoking"
        package static let grantSuperseded = "grant.superseded"
        package static let grantTokenStale = "grant.token_stale"
        package static let grantContradicted = "grant.contradicted"
        package static let grantResurfaced = "grant.resurfaced"
        package static let grantSettled = "grant.settled"
        package static let grantScopeDrift = "grant.scope_drift"
        package static let tokensExported = "tokens.exported"
        package static let grantExempted = "grant.exempted"
        package static let runHeld = "run.held"
        package static let runApproved = "run.approved"
        package static let runWarned = "run.warned"
        package static let runFailed = "run.failed"
        package static let runRehearsed = "run.rehearsed"
        package static let providerHeld = "provider.held"
        package static let providerRecovered = "provider.recovered"
        package static let feedStale = "feed.stale"
        package static let feedAccepted = "feed.accepted"
        package static let workerFrozen = "worker.frozen"
        package static let workerThawed = "worker.thawed"
        package static let scopePolicyChanged = "scope_policy.changed"
        package static let scheduleResumed = "schedule.resumed"
        package static let grantsPurged = "grants.purged"
        package static let journalPurged = "journal.purged"
        package static let runsPurged = "runs.purged"
    }

    /// 128 random bits in hex: also the SET's `jti` and the CloudEvent's `id`.
    package var id = ""
    /// Its place in the journal, from 1.
    package var seq: Int64 = 0
    package var type: String
    package var at: Timestamp
    package var tenant: TenantID?
    package var provider: ProviderID?
    package var client: ClientID?
    /// The store's reference to the subject, which can be erased; never the subject itself.
    package var subjectReference: Int64?
    package var scopes: ScopeSet?
    /// The grant's id at its provider.
    package var grant: String?
    package var reason: String?
    package var rule: Rule?
    package var proof: Proof?
    package var residualUntil: Timestamp?
    package var run: Int64?
    package var actor: Actor?
    /// A person's ticket or incident number.
    package var reference: String?
    /// Numbers and words that only this type has.
    package var details: [String: JSONText] = [:]

    /// A string or a number in ``details``.
    package enum JSONText: Hashable, Sendable {
        case string(String)
        case number(Int64)
    }

    package init(_ type: String, at: Timestamp) {
        self.type = type
        self.at = at
    }

    /// An event about one grant.
    package init(_ type: String, at: Timestamp, about grant: Grant) {
        self.init(type, at: at)
        tenant = grant.tenant
        provider = grant.key.provider
        client = grant.client
        scopes = grant.scopes
        self.grant = grant.key.id
        proof = grant.proof
        residualUntil = grant.residualUntil
    }

    /// The canonical bytes: members in a fixed order, absent ones left out.
    ///
    /// `subject` is what the journal stores for it: the reference, or, on the way out, the name.
    package func json(subject: String? = nil) -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer, subject: subject)
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter, subject: String?) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("seq", seq)
        writeRest(to: &writer, subject: subject)
        writer.endObject()
    }

    private func writeRest(to writer: inout JSONWriter, subject: String?) {
        writer.member("type", type)
        writer.member("at", time: at.milliseconds)
        if let tenant { writer.member("tenant", tenant.rawValue) }
        if let provider { writer.member("provider", provider.rawValue) }
        if let client { writer.member("client", client.rawValue) }
        if let subject {
            writer.member("subject", subject)
        } else if let subjectReference {
            writer.member("subject_ref", subjectReference)
        }
        if let scopes { writer.member("scopes", scopes.names) }
        if let grant { writer.member("grant", grant) }
        if let reason { writer.member("reason", reason) }
        if let rule { writer.member("rule", rule.rawValue) }
        if let proof { writer.member("proof", proof.rawValue) }
        if let residualUntil { writer.member("residual_until", time: residualUntil.milliseconds) }
        if let run { writer.member("run", run) }
        if let actor { writer.object("actor") { actor.writeMembers(to: &$0) } }
        if let reference { writer.member("reference", reference) }
        if !details.isEmpty {
            for (name, value) in details.sorted(by: { $0.key < $1.key }) {
                switch value {
                case .string(let text): writer.member(name, text)
                case .number(let number): writer.member(name, number)
                }
            }
        }
    }

    /// An event that has no place in the journal yet: its bytes but for the first two members.
    package struct Draft: Hashable, Sendable {
        /// The store's row of the grant that it is about.
        package let row: Int64?
        package let subjectReference: Int64?
        /// The members after `seq`, and the closing brace.
        private let rest: [UInt8]

        package init(_ event: Event, about stored: StoredGrant?) {
            var event = event
            event.subjectReference = stored?.subjectReference
            var writer = JSONWriter()
            writer.bytes.reserveCapacity(512)
            writer.beginObject()
            event.writeRest(to: &writer, subject: nil)
            writer.endObject()
            writer.bytes[0] = UInt8(ascii: ",")
            row = stored?.row
            subjectReference = stored?.subjectReference
            rest = writer.bytes
        }

        /// What ``Event/json(subject:)`` returns once the event has its id and place; replaces the bytes.
        package func write(id: String, seq: Int64, to bytes: inout [UInt8]) {
            bytes.removeAll(keepingCapacity: true)
            bytes += #"{"id":""#.utf8
            bytes += id.utf8
            bytes += #"","seq":"#.utf8
            bytes += String(seq).utf8
            bytes += rest
        }
    }
}
