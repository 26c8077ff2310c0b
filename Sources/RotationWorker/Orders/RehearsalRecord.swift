package import Grants
package import Records

/// What a rehearsal measured; the last one of each order is kept in the store.
package struct RehearsalRecord: Hashable, Sendable {
    /// What was found at one provider.
    package struct Measured: Hashable, Sendable {
        package var provider: ProviderID
        package var grants: Int
        package var asked = 0
        package var active = 0
        package var inactive = 0
        /// Why → number.
        package var unknown: [String: Int] = [:]
        /// The mean of a question and of a made-up revocation; nil: none was answered.
        package var latency: Duration?
        /// Clients whose revocation of a made-up token the server took.
        package var clientsAccepted = 0
        /// Clients for which it could not be tried at all, for their number.
        package var clientsLeftOut = 0
        /// Client → why it could not revoke.
        package var clientsRefused: [String: String] = [:]
        /// Why nothing was asked, or what would keep the ends; nil: nothing.
        package var obstacle: String?
        package var firstSeconds: Double?
        package var lastSeconds: Double?

        package init(provider: ProviderID, grants: Int) {
            self.provider = provider
            self.grants = grants
        }

        package var hasFindings: Bool {
            obstacle != nil || !clientsRefused.isEmpty || !unknown.isEmpty || clientsLeftOut > 0
        }
    }

    package var at: Timestamp
    package var run: Int64
    package var hash: String
    package var grants: Int
    package var providers: [Measured] = []

    package init(at: Timestamp, run: Int64, hash: String, grants: Int) {
        self.at = at
        self.run = run
        self.hash = hash
        self.grants = grants
    }

    /// The last of all providers; nil: one of them waits.
    package var lastSeconds: Double? {
        let ends = providers.map(\.lastSeconds)
        return ends.contains { $0 == nil } ? nil : ends.compactMap(\.self).max()
    }

    static func setting(of selection: GrantSelection) -> String { "rehearsal:\(selection.key)" }
}

// MARK: JSON

extension RehearsalRecord {
    /// The canonical text; also the members that commands print.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("at", time: at.milliseconds)
        writer.member("run", run)
        writer.member("hash", hash)
        writer.member("grants", grants)
        writer.array("providers") { writer in
            for provider in providers { provider.write(to: &writer) }
        }
        writer.endObject()
    }

    var stored: String {
        var writer = JSONWriter()
        write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// nil: the text is no such record.
    init?(stored text: String) {
        guard let object = try? JSONObject(parsing: Array(text.utf8)),
            let at = object["at"]?.stringValue.flatMap(RFC3339.parse), let run = object["run"]?.int64Value,
            let hash = object["hash"]?.stringValue, let grants = object["grants"]?.int64Value
        else { return nil }
        self.init(at: Timestamp(milliseconds: at), run: run, hash: hash, grants: Int(grants))
        providers = (object["providers"]?.arrayValue ?? []).compactMap { $0.objectValue.flatMap(Measured.init) }
    }
}

extension RehearsalRecord.Measured {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("provider", provider.rawValue)
        writer.member("grants", grants)
        writer.member("asked", asked)
        writer.member("active", active)
        writer.member("inactive", inactive)
        writer.object("unknown") { writer in
            for (why, number) in unknown.sorted(by: { $0.key < $1.key }) { writer.member(why, number) }
        }
        writer.member("latency_ms", latency?.milliseconds)
        writer.member("clients_accepted", clientsAccepted)
        writer.member("clients_left_out", clientsLeftOut)
        writer.object("clients_refused") { writer in
            for (client, why) in clientsRefused.sorted(by: { $0.key < $1.key }) { writer.member(client, why) }
        }
        writer.member("obstacle", obstacle)
        writer.name("first_seconds")
        if let firstSeconds { writer.double(firstSeconds) } else { writer.null() }
        writer.name("last_seconds")
        if let lastSeconds { writer.double(lastSeconds) } else { writer.null() }
        writer.endObject()
    }

    fileprivate init?(_ object: JSONObject) {
        guard let provider = object["provider"]?.stringValue else { return nil }
        func number(_ name: String) -> Int { Int(object[name]?.int64Value ?? 0) }
        self.init(provider: ProviderID(provider), grants: number("grants"))
        (asked, active, inactive) = (number("asked"), number("active"), number("inactive"))
        (clientsAccepted, clientsLeftOut) = (number("clients_accepted"), number("clients_left_out"))
        latency = object["latency_ms"]?.int64Value.map { .milliseconds($0) }
        obstacle = object["obstacle"]?.stringValue
        firstSeconds = object["first_seconds"]?.doubleValue
        lastSeconds = object["last_seconds"]?.doubleValue
        for member in object["unknown"]?.objectValue?.members ?? [] {
            unknown[member.name] = Int(member.value.int64Value ?? 0)
        }
        for member in object["clients_refused"]?.objectValue?.members ?? [] {
            clientsRefused[member.name] = member.value.stringValue
        }
    }
}
