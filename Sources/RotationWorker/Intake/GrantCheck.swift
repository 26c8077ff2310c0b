internal import Grants
internal import Records

/// The first reading of a grant file: everything is checked, nothing is written.
struct GrantCheck {
    private(set) var report = GrantImport.Report()
    /// The lines that the second reading leaves out: bad ones, and those that were given before.
    private(set) var skipped = LineSet()

    /// The lines of grants that the store has, or does not take.
    private(set) var known = LineSet()

    private let reading: any StoreReading
    private let providers: Set<ProviderID>
    private let tenants: Set<TenantID>
    /// By provider, the client that is grantkeeper's own.
    private let ownClients: [ProviderID: ClientID]
    /// Stored names of older versions that another name may be taken for.
    private let unfit: [UnfitName]
    private let lines: GrantLines
    private let now: Timestamp
    private let seen = SeenKeys()
    /// Tenants that the configuration does not know, with the number of their good lines.
    private var unknown: [TenantID: Int] = [:]

    init(_ reading: any StoreReading, _ settings: RotationSettings, _ lines: GrantLines, _ now: Timestamp) throws {
        self.reading = reading
        self.lines = lines
        self.now = now
        providers = Set(settings.providers.map(\.id))
        tenants = Set(settings.tenants.map(\.id))
        ownClients = Dictionary(settings.providers.map { ($0.id, $0.client.id) }) { first, _ in first }
        unfit = try reading.unfitNames(of: [.provider, .tenant, .client], limit: 10_000)
    }

    /// Reads to the end of the descriptor; of a pipe, the good lines go to the spool.
    mutating func read(_ descriptor: Int32, _ maximumLine: Int) throws {
        var reader = LineReader(descriptor: descriptor, maximumLineLength: maximumLine)
        while true {
            do throws(RecordError) {
                guard try reader.advance() else { break }
            } catch {
                report.lines += 1
                try refuse(error, reader.lineNumber)
                continue
            }
            let number = reader.lineNumber
            let start = Int(reader.lineStart)
            try reader.withLine { line in
                if !line.isEmpty { try read(line, number, start) }
            }
        }
        if case .spool(let spool) = lines { try spool.finish() }
        try settleRepeats()
        report.problems.sort { $0.line < $1.line }
        report.problems = Array(report.problems.prefix(GrantImport.problemLimit))
        report.unknownTenants = Set(unknown.keys)
        let records = report.lines - report.bad
        report.looksShortLived = records >= GrantImport.fewestToJudge && report.shortLived * 2 > report.withExpiry
    }

    private mutating func read(_ line: Span<UInt8>, _ number: Int, _ start: Int) throws {
        report.lines += 1
        let record: GrantRecord
        do throws(RecordError) {
            record = try GrantRecord(line, number, now: now)
        } catch {
            return try refuse(error, number)
        }
        if let problem = try problem(of: record, number) { return try refuse(problem, number) }
        var place = SeenKeys.Place(hash: SeenKeys.hash(record.key), offset: start, number: number)
        count(record, by: 1)
        if case .spool(let spool) = lines {
            place.offset = try spool.append(line.withUnsafeBufferPointer { Array($0) }, number: number)
        }
        try seen.note(place)
    }

    /// What the settings or the store say against a record that is one.
    private mutating func problem(of record: GrantRecord, _ number: Int) throws -> RecordError? {
        guard providers.contains(record.provider) else {
            let names = providers.map(\.rawValue).sorted()
            let near = nearestWord(to: record.provider.rawValue, in: names)
            // What resembles no provider may be a token in the wrong place, and is not repeated.
            let name = near == nil ? "of this name" : "'\(RecordError.printable(record.provider.rawValue))'"
            return RecordError(
                .badValue,
                line: number,
                member: "provider",
                message: "the configuration knows no provider \(name)",
                hint: near.map { "did you mean '\($0)'?" }
                    ?? "add it under 'providers'; known: \(names.joined(separator: ", "))"
            )
        }
        if !unfit.isEmpty, let problem = lookAlike(of: record, number) { return problem }
        guard let holder = try reading.holder(of: record.key) else {
            if let ended = try reading.purgedEnd(of: record.key), record.issuedAt <= ended { known.insert(number) }
            return nil
        }
        known.insert(number)
        guard holder != GrantHolder(tenant: record.tenant, client: record.client) else { return nil }
        return RecordError(.badValue, line: number, message: GrantMerge.refusal(of: record.key, holder))
    }

    private func lookAlike(of record: GrantRecord, _ number: Int) -> RecordError? {
        let names: [(UnfitName.Kind, String)] = [
            (.provider, record.provider.rawValue), (.tenant, record.tenant.rawValue), (.client, record.client.rawValue),
        ]
        for (kind, name) in names {
            guard let twin = unfit.first(where: { $0.kind == kind && $0.name.looksLike(name) }) else { continue }
            return RecordError(
                .badValue,
                line: number,
                member: kind.rawValue,
                message: "the store has another \(kind.rawValue) that looks the same: '\(twin.name.spelled)'",
                hint: "end and purge its grants first; 'grantkeeper doctor' lists such names"
            )
        }
        return nil
    }

    // MARK: Repeated keys

    /// Finds the lines whose key came before; the first one stands.
    private mutating func settleRepeats() throws {
        // By bytes: the store tells texts apart that only look alike.
        try seen.forEachAgain { first, again in
            let (one, other) = (try lines.line(at: first.offset), try lines.line(at: again.offset))
            let record = try reread(other, again.number)
            let key = try reread(one, first.number).key
            guard key.provider.rawValue.utf8.elementsEqual(record.provider.rawValue.utf8),
                key.id.utf8.elementsEqual(record.id.utf8)
            else { return false }
            count(record, by: -1)
            if one == other {
                report.repeated += 1
                skipped.insert(again.number)
                return true
            }
            let problem = RecordError(
                .badValue,
                line: again.number,
                member: "id",
                message: "the grant is given twice, differently: here and in line \(first.number)"
            )
            // Found in no order of lines: the first of all are kept, not the first found.
            report.problems.append(problem)
            if report.problems.count >= 2 * GrantImport.problemLimit {
                report.problems.sort { $0.line < $1.line }
                report.problems.removeLast(GrantImport.problemLimit)
            }
            report.bad += 1
            skipped.insert(again.number)
            return true
        }
    }

    private func reread(_ line: [UInt8], _ number: Int) throws -> GrantRecord {
        do throws(RecordError) {
            return try GrantRecord(line.span, number, now: now)
        } catch {
            throw StoreError(
                .other,
                "the file was changed while it was read: line \(number) is another one now",
                hint: "import a file that nobody writes to"
            )
        }
    }

    // MARK: Counting

    /// Counts a good record in, or out again.
    private mutating func count(_ record: GrantRecord, by step: Int) {
        if !tenants.contains(record.tenant) {
            if let known = unknown[record.tenant] {
                unknown[record.tenant] = known + step == 0 ? nil : known + step
            } else if step > 0, unknown.count < 20 {
                unknown[record.tenant] = 1
            }
        }
        if ownClients[record.provider] == record.client { report.shielded += step }
        if record.hasUnnormalizedName { report.unnormalized += step }
        if record.hasJoinedScope { report.joinedScopes += step }
        if let end = record.expiresAt.value {
            report.withExpiry += step
            if end - record.issuedAt <= .days(1) { report.shortLived += step }
        }
    }

    private mutating func refuse(_ error: RecordError, _ number: Int) throws {
        if error.code == .unreadable { throw error }
        report.bad += 1
        skipped.insert(number)
        if report.problems.count < GrantImport.problemLimit { report.problems.append(error) }
    }
}
