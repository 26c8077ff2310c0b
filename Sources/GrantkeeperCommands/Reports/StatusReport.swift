internal import ConfigurationFiles
internal import Glibc
internal import Grants
internal import Records

/// How the store and its worker are, as one snapshot tells it.
struct StatusReport: Sendable {
    struct Sink: Sendable {
        var id: String
        /// Entries of the journal that it has not acknowledged.
        var behind: Int
        /// When the first of them was written.
        var oldest: Timestamp?
        /// In a row.
        var failures: Int
        var lastError: String?
    }

    struct Feed: Sendable {
        var id: String
        var observedUntil: Timestamp?
        /// It does not move, or is silent for longer than `max_age`.
        var isStale: Bool
        /// Lines with a known grant, and without one, since its last move.
        var mapped = 0
        var unmapped = 0
        /// Lines since its last move that cannot be read, how many are let pass, and the first of them.
        var unreadable = 0
        var maxUnreadable = 0
        var firstUnreadable: FeedRecord.UnreadableLine?
        /// Inputs that may be of it and were not read to their end.
        var unreadInputs = 0
        /// Uses of no known grant because of which a client, or all that it covers, stands still.
        var standstills: [UnmappedUses] = []
    }

    struct ScheduleLine: Sendable {
        var name: String
        /// nil: its file cannot be read.
        var job: String?
        /// nil: no worker has seen it yet.
        var record: ScheduleRecord?
    }

    var at: Timestamp
    var mode: RotationPolicy.Mode
    /// Of the configuration.
    var providers: [ProviderID]
    var counts: [Partition: PartitionCounts]
    var overview: StoreOverview
    var heldPlans: [HeldPlan]
    var freezes: [Freeze]
    var holds: [ProviderID: ProviderHold]
    var breakers: [ProviderID: BreakerRecord]
    var sinks: [Sink]
    var feeds: [Feed]
    var schedules: [ScheduleLine]
    /// `database` and `wal`, in bytes.
    var files: [(name: String, bytes: Int64)]
    var settings = RotationSettings()
    var standstill = Standstill()
    /// How known-good tokens fared where they were asked about.
    var canaries: [ProviderID: [TokenKind: CanaryState]] = [:]
    /// Why the last runs that failed did, by run: a stable word and a sentence.
    var failures: [Int64: String] = [:]
    /// Directories that are written to, with the bytes that are free there.
    var rooms: [(path: String, free: Int64)] = []
}

extension StatusReport {
    /// One snapshot of the store; `schedules` are those of the files.
    static func read(
        _ store: any GrantStore,
        _ configuration: Configuration,
        schedules: [Schedule],
        at now: Timestamp
    ) async throws -> StatusReport {
        let (settings, path, mark) = (configuration.settings, configuration.storePath, configuration.highWaterPath)
        return try await store.read { reading in
            try StatusReport(reading, settings, schedules: schedules, storePath: path, highWaterPath: mark, at: now)
        }
    }

    init(
        _ reading: any StoreReading,
        _ settings: RotationSettings,
        schedules files: [Schedule],
        storePath: String,
        highWaterPath: String?,
        at now: Timestamp
    ) throws {
        let (records, unread) = (try reading.feeds(), try reading.unreadInputs())
        let feeds = settings.feeds.map { Feed($0, records[$0.id] ?? FeedRecord(id: $0.id), unread, at: now) }
        let jobs = Dictionary(files.map { ($0.name, $0.job.rawValue) }) { first, _ in first }
        let known = try reading.schedules()
        self.init(
            at: now,
            mode: settings.policy.mode,
            providers: settings.providers.map(\.id).sorted(),
            counts: try reading.counts(endsSince: now),
            overview: try reading.overview(at: now),
            heldPlans: try reading.heldPlans(),
            freezes: try reading.freezes(),
            holds: try reading.heldProviders(),
            breakers: try reading.breakers(),
            sinks: try settings.sinks.map { try Self.sink($0.id, reading) },
            feeds: feeds,
            schedules: Set(jobs.keys).union(known.keys).sorted().map {
                ScheduleLine(name: $0, job: jobs[$0], record: known[$0])
            },
            files: [("database", Self.size(storePath)), ("wal", Self.size(storePath + "-wal"))]
        )
        self.settings = settings
        standstill = try reading.standstill(unknownSince: Self.unknownSince(settings, at: now))
        for provider in providers { canaries[provider] = try reading.canaryStates(at: provider) }
        for run in lastRuns where run.outcome == "failed" {
            failures[run.id] = try reading.run(run.id)?.summary.flatMap(Self.failure)
        }
        rooms = DiskRoom.read(of: [storePath, highWaterPath].compactMap(\.self) + settings.sinks.compactMap(\.path))
    }

    private static func sink(_ id: String, _ reading: any StoreReading) throws -> Sink {
        let cursor = try reading.sinkCursor(id) ?? SinkCursor(id: id, seq: 0)
        let next = try reading.journal(after: cursor.seq, limit: 1).first
        let written = next.flatMap { try? JSONObject(parsing: $0.body)["at"]?.stringValue }
        return Sink(
            id: id,
            behind: next == nil ? 0 : Int(try reading.journalHead().seq - (next?.seq ?? 0)) + 1,
            oldest: written.flatMap(RFC3339.parse).map { Timestamp(milliseconds: $0) },
            failures: cursor.failures,
            lastError: cursor.lastError
        )
    }

    /// `CODE: SENTENCE` of a failed run's summary.
    private static func failure(_ summary: [UInt8]) -> String? {
        guard let error = try? JSONObject(parsing: summary)["error"]?.objectValue,
            let code = error["code"]?.stringValue, let message = error["message"]?.stringValue
        else { return nil }
        return "\(code): \(message)"
    }

    private static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    // MARK: What follows from it

    var live: Int { counts.values.reduce(0) { $0 + $1.live } }

    func grants(_ standing: Standing) -> Int {
        counts.values.reduce(0) { $0 + ($1.standings[standing] ?? 0) }
    }

    func stuck(at provider: ProviderID) -> Int {
        counts.reduce(0) { $0 + ($1.key.provider == provider ? $1.value.standings[.stuck] ?? 0 : 0) }
    }

    /// The latest run of each job, newest first.
    var lastRuns: [RunRecord] {
        var seen: Set<String> = []
        return overview.runs.filter { seen.insert($0.job).inserted }
    }

    /// Goes on: it has not ended, and the holder of a lock works on it.
    func isRunning(_ run: RunRecord) -> Bool {
        run.endedAt == nil && overview.locks.contains { $0.run == run.id }
    }
}

extension StatusReport.Feed {
    /// As far as it was read.
    init(_ settings: FeedSettings, _ record: FeedRecord, _ unread: [UnreadInput], at now: Timestamp) {
        let isFresh = record.window.map { now - $0.until <= settings.maxAge } ?? false
        self.init(
            id: settings.id,
            observedUntil: record.window?.until,
            isStale: !isFresh || record.isStale || record.unreadable > settings.maxUnreadable,
            mapped: record.mapped,
            unmapped: record.unmapped,
            unreadable: record.unreadable,
            maxUnreadable: settings.maxUnreadable,
            firstUnreadable: record.firstUnreadable,
            unreadInputs: unread.count { !$0.mayBeRead && $0.mayBe(of: settings.id) },
            standstills: record.window.map { window in
                record.unmappedUses.filter { $0.first <= window.until && $0.last >= window.from }
            } ?? []
        )
    }

    /// What the lines are that cannot be read, without any value of them; nil: there are none.
    var unreadableWords: String? {
        guard unreadable > 0 else { return nil }
        let first = firstUnreadable.map { line in
            ", the first in \(line.place): \(line.problem)" + (line.sample.map { "; it looks like \($0)" } ?? "")
        }
        return "\(Console.count(unreadable, "line")) cannot be read\(first ?? "")"
    }
}
