internal import ConfigurationFiles
internal import Grants
internal import RotationWorker
internal import SQLiteStore

/// Judges a store against the guard's file before anything is done with it, and moves the file on afterwards.
struct StoreGuard: Sendable {
    /// nil: the guard is off.
    let file: HighWaterFile?
    let path: String
    private let machine: String
    /// Why the machine's id could not be read; nil: it was, or there is none.
    private let machineFailure: String?
    private let clock: any WallClock
    private let actor: Actor
    private let limits: StoreLimits

    /// A mark older than this is renewed though the journal has not moved: a quiet store is not a restored one.
    private static let renewal = Duration.hours(1)

    init(_ configuration: Configuration, _ environment: ProgramEnvironment) {
        self.init(store: configuration.storePath, highWater: configuration.highWaterPath, environment)
    }

    init(store: String, highWater: String?, _ environment: ProgramEnvironment, limits: StoreLimits = StoreLimits()) {
        file = highWater.map { HighWaterFile(path: $0) }
        path = store
        machine = environment.machineID
        machineFailure = environment.machineIDFailure
        clock = environment.clock
        actor = environment.actor
        self.limits = limits
    }

    /// An open store, and what the guard has against it.
    struct Opened {
        let store: SQLiteGrantStore
        /// nil: nothing; else the words of the freeze that is in force.
        let finding: String?
    }

    // MARK: Opening

    /// Opens the store to read; where it may be a restored one, readers find it frozen and nothing is written.
    func openToRead(_ keyring: Keyring?) async throws -> Opened {
        try requireMachine()
        var words = ""
        // Twice: a mark that was made between the two looks is no finding.
        for attempt in 1...2 {
            let reading = try file?.read()
            let number = try SQLiteGrantStore.checkpointNumber(path: path)
            let store = try await SQLiteGrantStore.openReadOnly(path: path, keyring: keyring)
            var state: RestoreGuard.State
            do {
                state = try await store.guardState(at: reading?.mark?.head.seq)
            } catch {
                await store.close()
                throw error
            }
            if let finding = state.finding { return Opened(store: store, finding: finding) }
            state.checkpoint = number
            let findings = reading.map { judge($0, state) } ?? []
            if findings.isEmpty { return Opened(store: store, finding: nil) }
            words = RestoreGuard.words(findings)
            if attempt == 2 {
                let reason = RestoreGuard.reasonPrefix + words
                let freeze = Freeze(selection: GrantSelection(), reason: reason, since: clock.now())
                return Opened(store: store.imposing(freeze), finding: words)
            }
            await store.close()
        }
        preconditionFailure("the second look always ends")
    }

    /// Opens the store to write; where it may be a restored one, it is frozen before anything else is done.
    func openToWrite(_ keyring: Keyring?, newEventID: @escaping @Sendable () -> String) async throws -> Opened {
        guard let file else {
            let store = try await open(keyring, newEventID)
            return Opened(store: store, finding: try await store.guardState(at: nil).finding)
        }
        try requireMachine()
        let lock = try await file.lock()
        defer { withExtendedLifetime(lock) {} }
        let reading = try file.read()
        let number = try SQLiteGrantStore.checkpointNumber(path: path)
        if let mark = reading.mark, let number, number < mark.checkpoint {
            // The first checkpoint hides it, and every end of a writer is one: so it is written down before.
            try note(RestoreGuard.words([.olderFile(number, expected: mark.checkpoint)]), on: reading, file)
        }
        let store = try await open(keyring, newEventID)
        do {
            var state = try await store.guardState(at: reading.mark?.head.seq)
            state.checkpoint = number
            let finding = try await settle(reading, state, store, file)
            if finding == nil, reading == .missing { try await write(state, store, file) }
            return Opened(store: store, finding: finding)
        } catch {
            await store.close()
            throw error
        }
    }

    private func open(
        _ keyring: Keyring?,
        _ newEventID: @escaping @Sendable () -> String
    ) async throws -> SQLiteGrantStore {
        try await SQLiteGrantStore.open(path: path, keyring: keyring, limits: limits, newEventID: newEventID)
    }

    // MARK: Marking

    /// Closes a store that was written and moves the mark on, after the last checkpoint.
    func close(_ store: SQLiteGrantStore) async throws {
        var failure: (any Error)?
        await store.close {
            do { return try await mark(store) != nil } catch {
                failure = error
                return true
            }
        }
        if let failure { throw failure }
    }

    /// Judges the store once more, and moves the mark to where the journal is now; not while the guard has frozen it.
    ///
    /// Writes nothing where neither journal nor main file have moved within the hour. Returns what the guard has
    /// against the store; nil: nothing.
    @discardableResult
    func mark(_ store: SQLiteGrantStore) async throws -> String? {
        guard let file else { return nil }
        let lock = try await file.lock()
        defer { withExtendedLifetime(lock) {} }
        let reading = try file.read()
        let state = try await store.guardState(at: reading.mark?.head.seq)
        if let finding = try await settle(reading, state, store, file) { return finding }
        if let mark = reading.mark, mark.head == state.head, mark.checkpoint == state.checkpoint,
            clock.now() - mark.at < Self.renewal
        {
            return nil
        }
        try await write(state, store, file)
        return nil
    }

    /// Lets the body thaw the store, and if that ends the guard's freeze, makes the mark anew: this store, on this
    /// machine, now.
    ///
    /// Nobody judges in between.
    func renewing(_ store: SQLiteGrantStore, _ body: () async throws -> Bool) async throws -> Bool {
        guard let file else { return try await body() }
        let lock = try await file.lock()
        defer { withExtendedLifetime(lock) {} }
        let wasFrozen = try await store.guardState(at: nil).finding != nil
        guard try await body() else { return false }
        let state = try await store.guardState(at: nil)
        if wasFrozen, state.finding == nil { try await write(state, store, file) }
        return true
    }

    // MARK: Parts

    /// An id that could not be read would pass for another machine's.
    private func requireMachine() throws {
        guard file != nil, let machineFailure else { return }
        throw CommandError(
            .failed,
            "machine-id",
            "the machine's id cannot be read: \(machineFailure); nothing was judged, frozen or changed",
            hint: "try again; if it stays so, look at /etc/machine-id and at the limit of open files"
        )
    }

    private func judge(_ reading: HighWaterMark.Reading, _ state: RestoreGuard.State) -> [RestoreGuard.Finding] {
        RestoreGuard.judge(mark: reading, store: state, machine: machine, now: clock.now())
    }

    /// Freezes what has to be frozen; the mark itself does not move.
    private func settle(
        _ reading: HighWaterMark.Reading,
        _ state: RestoreGuard.State,
        _ store: SQLiteGrantStore,
        _ file: HighWaterFile
    ) async throws -> String? {
        let findings = judge(reading, state)
        guard state.finding != nil || !findings.isEmpty else { return nil }
        let words = state.finding ?? RestoreGuard.words(findings)
        try await RestoreOrders.freeze(store, finding: words, actor: actor, at: clock.now())
        try note(words, on: reading, file)
        return words
    }

    /// Leaves in the file that it found something, so that another restore does not make it forgotten.
    private func note(_ words: String, on reading: HighWaterMark.Reading, _ file: HighWaterFile) throws {
        guard case .mark(var mark) = reading, mark.finding == nil else { return }
        mark.finding = words
        try file.write(mark)
    }

    private func write(
        _ state: RestoreGuard.State,
        _ store: SQLiteGrantStore,
        _ file: HighWaterFile
    ) async throws {
        guard let name = state.store else { throw StoreError(.other, "the store has no id") }
        try file.write(
            HighWaterMark(
                store: name,
                machine: machine,
                head: state.head,
                checkpoint: try await store.durableCheckpointNumber(),
                at: clock.now()
            )
        )
    }
}
