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
}

extension StatusReport {
    /// One snapshot of the store; `schedules` are those of the files.
    static func read(
        _ store: any GrantStore,
        _ configuration: Configuration,
        schedules: [Schedule],
        at now: Timestamp
    ) async throws -> StatusReport {
        let (settings, path) = (configuration.settings, configuration.storePath)
        return try await store.read { reading in
            try StatusReport(reading, settings, schedules: schedules, storePath: path, at: now)
        }
    }

    init(
        _ reading: any StoreReading,
        _ settings: RotationSettings,
        schedules files: [Schedule],
        storePath: String,
        at now: Timestamp
    ) throws {
        let records = try reading.feeds()
        let feeds = settings.feeds.map { feed in
            let until = records[feed.id]?.window?.until
            let isFresh = until.map { now - $0 <= feed.maxAge } ?? false
            return Feed(id: feed.id, observedUntil: until, isStale: !isFresh || records[feed.id]?.isStale == true)
        }
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

    /// Goes on: it has not ended, and whoever began it has a lock.
    ///
    /// Which job's lock says nothing: one run takes those of several in turn.
    func isRunning(_ run: RunRecord) -> Bool {
        run.endedAt == nil && overview.locks.contains { $0.owner == run.actor }
    }
}
