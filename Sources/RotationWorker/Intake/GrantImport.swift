internal import Crypto
internal import Glibc
package import Grants
package import Records

/// Reads a grant file twice: first everything is checked, then it is written, in batches.
///
/// Bad input imports nothing; a crash while writing leaves a prefix that a second import completes.
package struct GrantImport: Sendable {
    /// What came of a file.
    package struct Report: Sendable {
        package var lines = 0
        package var added = 0
        package var updated = 0
        package var unchanged = 0
        package var renewed = 0
        /// Lines for grants that have ended.
        package var ended = 0
        package var outdated = 0
        /// The same line given again.
        package var repeated = 0
        package var bad = 0
        /// The first of the mistakes, each with its place.
        package var problems: [RecordError] = []
        package var unknownTenants: Set<TenantID> = []
        /// Records whose `expires_at` lies within a day of `issued_at`.
        package var shortLived = 0
        package var withExpiry = 0
        /// False: the check found mistakes, and nothing was written.
        package var isImported = false
    }

    static let problemLimit = 20

    private let environment: RotationEnvironment
    private let skipsBad: Bool
    private let now: Timestamp
    /// The lines found good, by number, where bad ones are skipped.
    private let maximumLine: Int

    package init(_ environment: RotationEnvironment, skipsBad: Bool, maximumLine: Int = 1_048_576) {
        self.environment = environment
        self.skipsBad = skipsBad
        self.maximumLine = maximumLine
        now = environment.clock.now()
    }

    /// Imports from a descriptor, which stays open; a pipe is kept, sealed, in a private temporary file.
    package func perform(descriptor: Int32, isFile: Bool) async throws -> Report {
        let spool = isFile ? nil : try SealedSpool()
        var report = try await check(descriptor, spool)
        guard report.bad == 0 || skipsBad else { return report }
        if spool == nil, lseek(descriptor, 0, SEEK_SET) < 0 {
            throw StoreError(.other, "the file cannot be read a second time")
        }
        try await write(descriptor, spool, &report)
        report.isImported = true
        return report
    }

    // MARK: First reading

    private func check(_ descriptor: Int32, _ spool: SealedSpool?) async throws -> Report {
        let (settings, now, maximumLine, store) = (environment.settings, now, maximumLine, environment.store)
        return try await store.read { reading in
            var checker = try Checker(reading, settings, try store.seenKeys(), now)
            var lines = LineReader(descriptor: descriptor, maximumLineLength: maximumLine)
            while true {
                do throws(RecordError) {
                    guard try lines.advance() else { break }
                } catch {
                    checker.report.lines += 1
                    try checker.refuse(error)
                    continue
                }
                let number = lines.lineNumber
                let line = lines.lineBytes
                if line.isEmpty { continue }
                checker.report.lines += 1
                let isGood = try checker.check(line, number)
                if isGood { try spool?.append(line, number: number) }
            }
            return checker.report
        }
    }

    private struct Checker {
        var report = Report()
        private let reading: any StoreReading
        private let providers: Set<ProviderID>
        private let tenants: Set<TenantID>
        private let seen: any SeenKeys
        private let now: Timestamp

        init(
            _ reading: any StoreReading,
            _ settings: RotationSettings,
            _ seen: any SeenKeys,
            _ now: Timestamp
        ) throws {
            self.reading = reading
            self.seen = seen
            self.now = now
            providers = Set(settings.providers.map(\.id))
            tenants = Set(settings.tenants.map(\.id))
        }

        /// Whether the line is to be imported; false also for one that was given before.
        mutating func check(_ line: [UInt8], _ number: Int) throws -> Bool {
            let record: GrantRecord
            do throws(RecordError) {
                record = try JSONScanner.scan(bytes: line, line: number) {
                    (scanner) throws(RecordError) in try GrantRecord(&scanner, now: now)
                }
            } catch {
                try refuse(error)
                return false
            }
            guard providers.contains(record.provider) else {
                let near = nearestWord(to: record.provider.rawValue, in: providers.map(\.rawValue).sorted())
                try refuse(
                    RecordError(
                        .badValue,
                        line: number,
                        member: "provider",
                        message:
                            "the configuration knows no provider '\(RecordError.printable(record.provider.rawValue))'",
                        hint: near.map { "did you mean '\($0)'?" } ?? "add it under 'providers'"
                    )
                )
                return false
            }
            if let known = try reading.grant(record.key)?.grant,
                known.tenant != record.tenant || known.client != record.client
            {
                try refuse(RecordError(.badValue, line: number, message: GrantMerge.refusal(of: known)))
                return false
            }
            let isSame = try seen.insert(record.key.description, digest: Array(SHA256.hash(data: line)))
            if isSame == true {
                report.repeated += 1
                return false
            }
            guard isSame == nil else {
                try refuse(
                    RecordError(
                        .badValue,
                        line: number,
                        member: "id",
                        message:
                            "the grant '\(RecordError.printable(record.key.description))' is given twice, differently"
                    )
                )
                return false
            }
            note(record)
            return true
        }

        private mutating func note(_ record: GrantRecord) {
            if !tenants.contains(record.tenant), report.unknownTenants.count < 20 {
                report.unknownTenants.insert(record.tenant)
            }
            if let end = record.expiresAt.value {
                report.withExpiry += 1
                if end - record.issuedAt <= .days(1) { report.shortLived += 1 }
            }
        }

        mutating func refuse(_ error: RecordError) throws {
            if error.code == .unreadable { throw error }
            report.bad += 1
            if report.problems.count < GrantImport.problemLimit { report.problems.append(error) }
        }
    }

    // MARK: Second reading

    private func write(_ descriptor: Int32, _ spool: SealedSpool?, _ report: inout Report) async throws {
        let source = spool.map { GrantLines(spool: $0) } ?? GrantLines(descriptor: descriptor, maximumLine)
        let (now, actor) = (now, environment.actor)
        let known = Set(environment.settings.providers.map(\.id))
        let seen = try environment.store.seenKeys()
        var done = 0
        while true {
            try Task.checkCancellation()
            let batch = try source.next(1_000)
            if batch.isEmpty { return }
            var records: [GrantRecord] = []
            for (line, number) in batch {
                let record = try? JSONScanner.scan(bytes: line, line: number) {
                    (scanner) throws(RecordError) in try GrantRecord(&scanner, now: now)
                }
                // Found bad by the first reading, which has said so; a repeated line counts once.
                guard let record, known.contains(record.provider),
                    try seen.insert(record.key.description, digest: []) == nil
                else { continue }
                records.append(record)
            }
            let good = records
            let outcomes = try await environment.store.write { writing in
                let merge = GrantMerge(writing: writing, now: now, actor: actor)
                return try good.compactMap { record -> GrantMerge.Outcome? in
                    do {
                        return try merge.merge(record)
                    } catch let error as StoreError where error.code == .conflict {
                        return nil
                    }
                }
            }
            for outcome in outcomes { report.count(outcome) }
            done += batch.count
            environment.progress(.init(step: "importing", done: done, total: report.lines))
        }
    }
}

extension GrantImport.Report {
    fileprivate mutating func count(_ outcome: GrantMerge.Outcome) {
        switch outcome {
        case .added: added += 1
        case .updated: updated += 1
        case .unchanged: unchanged += 1
        case .renewed: renewed += 1
        case .ended: ended += 1
        case .outdated: outdated += 1
        }
    }
}
