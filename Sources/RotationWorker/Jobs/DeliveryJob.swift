package import Grants
internal import Records

/// Hands the journal's entries to every sink, in order, from where each has got to.
///
/// The cursor moves after the acknowledgement: a crash between delivers again, never loses. A sink that fails
/// holds up only itself.
package struct DeliveryJob: Sendable {
    package static let name = "deliver"
    static let batchSize = 500

    /// What came of one sink.
    package struct Line: Sendable {
        package var sink: String
        package var delivered = 0
        package var failure: SinkError?
    }

    private let environment: RotationEnvironment
    private let lock: JobLock

    package init(_ environment: RotationEnvironment, lock: JobLock) {
        self.environment = environment
        self.lock = lock
    }

    package func perform() async throws -> [Line] {
        var lines: [Line] = []
        for sink in environment.sinks {
            lines.append(try await deliver(to: sink))
        }
        return lines
    }

    private func deliver(to sink: any EventSink) async throws -> Line {
        var line = Line(sink: sink.settings.id)
        let id = sink.settings.id
        var cursor = try await environment.store.read { try $0.sinkCursor(id) } ?? SinkCursor(id: id, seq: 0)
        while true {
            try environment.stop.check()
            let from = cursor.seq
            let entries = try await environment.store.read { try $0.journal(after: from, limit: Self.batchSize) }
            guard let last = entries.last else { return line }
            let events = try entries.map(OutgoingEvent.init)
            let clocks: [ClockStart]
            do {
                // Before they leave: what was delivered and not acknowledged leaves again each time.
                clocks = try clockStarts(events, sink.settings)
                try await LeaseHeartbeat.keeping(lock, environment.store) { () async throws(SinkError) in
                    try await sink.deliver(events)
                }
            } catch {
                line.failure = error
                cursor.failures += 1
                cursor.lastError = error.message
                try await store(cursor, starting: [])
                return line
            }
            cursor.seq = last.seq
            cursor.failures = 0
            cursor.lastError = nil
            try await store(cursor, starting: clocks)
            line.delivered += events.count
            environment.progress(.init(step: "delivering to \(id)", done: line.delivered, total: nil))
        }
    }

    /// A notice or a quarantine whose period counts from an acknowledgement.
    private struct ClockStart: Sendable {
        var key: Grant.Key
        var standing: Standing
        var announcedAt: Timestamp
    }

    /// What the sink's acknowledgement of these events starts.
    ///
    /// Throws for an event that does not say what it is about: passed over, its period would never begin.
    private func clockStarts(_ events: [OutgoingEvent], _ sink: SinkSettings) throws(SinkError) -> [ClockStart] {
        var starts: [ClockStart] = []
        for event in events {
            let standing: Standing
            switch event.type {
            case "grant.noticed" where sink.notifies: standing = .noticed
            case "grant.quarantined" where sink.enforces: standing = .quarantined
            default: continue
            }
            let body = try? JSONObject(parsing: event.json)
            guard let provider = body?["provider"]?.stringValue, let grant = body?["grant"]?.stringValue,
                let at = body?["at"]?.stringValue.flatMap(RFC3339.parse)
            else {
                throw SinkError(
                    "entry \(event.seq) of the journal is a '\(event.type)' without provider, grant or time: the period "
                        + "that its delivery starts cannot begin, and nothing is delivered to '\(sink.id)'",
                    hint: "keep the store as it is; 'audit verify' shows whether the entry was changed"
                )
            }
            starts.append(
                ClockStart(
                    key: .init(provider: ProviderID(provider), id: grant),
                    standing: standing,
                    announcedAt: Timestamp(milliseconds: at)
                )
            )
        }
        return starts
    }

    /// The cursor and the clocks that the acknowledgement starts are one transaction.
    private func store(_ cursor: SinkCursor, starting clocks: [ClockStart]) async throws {
        let (lock, now) = (lock, environment.clock.now())
        try await environment.store.write { writing in
            try writing.renew(lock)
            for start in clocks {
                try writing.startClock(
                    of: start.key,
                    standing: start.standing,
                    announcedAt: start.announcedAt,
                    at: now
                )
            }
            try writing.setSinkCursor(cursor)
        }
    }
}

extension OutgoingEvent {
    /// The stored body with the subject's name in place of the reference to it.
    package init(_ entry: JournalEntry) throws {
        let stored = try JSONObject(parsing: entry.body)
        var writer = JSONWriter()
        writer.beginObject()
        for member in stored.members {
            if member.name == "subject_ref" {
                if let subject = entry.subject { writer.member("subject", subject) }
            } else {
                writer.member(member.name, member.value)
            }
        }
        writer.endObject()
        self.init(seq: entry.seq, type: stored["type"]?.stringValue ?? "", json: writer.bytes)
    }
}
