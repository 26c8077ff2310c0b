import Glibc
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

@testable import GrantkeeperCommands

/// Random commands, crashes and restarts: never frozen without a restore, always with one.
@Suite(.serialized) struct RestorePropertyTests {
    /// A moment's files, with what the journal held then.
    private struct Moment {
        var files: GuardedStore.Files
        var entries: [String]
    }

    private static let seed = UInt64(getenv("GRANTKEEPER_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_261_125)

    @Test(arguments: 0..<10)
    func `what was never put back is never frozen, and every older moment is`(round: UInt64) async throws {
        let seed = Self.seed &+ round
        var random = SplitMix64(seed: seed)
        var moments: [Moment] = []
        var entries: [String] = []
        var house = GuardedStore(seed: random.next())
        var store = try await house.open().store
        let began = house.clock.now()
        _ = try await store.write { try $0.beginRun(job: "rotate", actor: Actor(kind: .person), at: began) }
        var steps: [String] = []
        for _ in 0..<25 {
            let now = house.clock.now()
            let step = Int.random(in: 0..<8, using: &random)
            steps.append("\(step)")
            switch step {
            case 0, 1, 2:
                entries.append(try await store.journal("entry", at: now))
            case 3:
                #expect(try await house.storeGuard.mark(store) == nil, "seed \(seed): \(steps)")
            case 4:
                // Another command beside it.
                let other = try await house.open()
                #expect(other.finding == nil, "seed \(seed): \(steps)")
                if Bool.random(using: &random) { entries.append(try await other.store.journal("other", at: now)) }
                try await house.storeGuard.close(other.store)
            case 5:
                // The same, while a reader keeps its checkpoint from ending.
                let path = house.folder.file(GuardedStore.files.main)
                let reading = try await SQLiteGrantStore.openReadOnly(path: path, keyring: nil)
                let hold = await reading.hold()
                entries.append(try await store.journal("read over", at: now))
                let other = try await house.open()
                try await house.storeGuard.close(other.store)
                moments.append(Moment(files: house.copy(), entries: entries))
                await hold.release()
                await reading.close()
            case 6:
                // A power cut: all that is left are the files; the process had no end.
                let files = house.copy()
                await store.close()
                house = GuardedStore(clock: house.clock, seed: random.next(), files)
                #expect(try await house.look() == nil, "seed \(seed): \(steps)")
                let opened = try await house.open()
                #expect(opened.finding == nil, "seed \(seed): \(steps)")
                store = opened.store
            default:
                try await house.storeGuard.close(store)
                moments.append(Moment(files: house.copy(), entries: entries))
                house.clock.advance(by: .minutes(Int64.random(in: -4...600, using: &random)))
                let opened = try await house.open()
                #expect(opened.finding == nil, "seed \(seed): \(steps)")
                store = opened.store
            }
            moments.append(Moment(files: house.copy(), entries: entries))
        }
        let present = house.copy()
        let mark = try house.mark()
        await store.close()
        for moment in moments {
            try await expect(moment, beside: present, mark, house.clock, "seed \(seed): \(steps)")
        }
    }

    private func expect(
        _ moment: Moment,
        beside present: GuardedStore.Files,
        _ mark: HighWaterMark,
        _ clock: TestClock,
        _ context: String
    ) async throws {
        let number = GuardedStore.number(moment.files.main)
        let isOlder = Int64(moment.entries.count) < mark.head.seq || number < mark.checkpoint
        var files = moment.files
        files.mark = present.mark
        let restored = GuardedStore(clock: clock, seed: 1, files)
        let found = try await restored.look()
        #expect((found != nil) == isOlder, "\(context)")
        let opened = try await restored.open()
        #expect((opened.finding != nil) == isOlder, "\(context)")
        try await restored.storeGuard.close(opened.store)
        if isOlder { #expect(try await restored.look() != nil, "\(context)") }
        files.mark = nil
        #expect(try await GuardedStore(clock: clock, seed: 1, files).look() != nil, "\(context)")
        // Its file beside the present WAL: SQLite would join what does not belong together.
        guard number < mark.checkpoint, present.log != nil else { return }
        files = present
        files.main = moment.files.main
        let joined = GuardedStore(clock: clock, seed: 1, files)
        do {
            #expect(try await joined.look() != nil, "\(context)")
        } catch is StoreError {
            // The two are so different that SQLite refuses them: as good.
        }
    }
}
