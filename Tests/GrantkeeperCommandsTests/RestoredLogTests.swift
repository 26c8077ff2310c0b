import Glibc
import Grants
import GrantsTestSupport
import SQLiteStore
import Testing

@testable import GrantkeeperCommands

@Suite("A restored file beside another file's WAL", .serialized)
struct RestoredLogTests {
    /// A store with a run, closed; then some commands; then a writer that is cut off.
    private func prepare() async throws -> (house: GuardedStore, yesterday: GuardedStore.Files, cut: GuardedStore.Files)
    {
        let house = GuardedStore(seed: 1)
        let now = house.clock.now()
        let first = try await house.open()
        _ = try await first.store.write { try $0.beginRun(job: "rotate", actor: Actor(kind: .person), at: now) }
        try await first.store.journal("first", at: now)
        try await house.storeGuard.close(first.store)
        let yesterday = house.copy()
        let second = try await house.open()
        try await house.storeGuard.close(second.store)
        let third = try await house.open()
        try await third.store.journal("third", at: now)
        let cut = house.copy()
        #expect(yesterday.log == nil && cut.log?.isEmpty == false)
        await third.store.close()
        return (house, yesterday, cut)
    }

    @Test func `yesterday's file beside today's WAL is frozen, before SQLite has joined them and after`() async throws {
        let (house, yesterday, cut) = try await prepare()
        #expect(GuardedStore.number(yesterday.main) < GuardedStore.number(cut.main))
        var files = cut
        files.main = yesterday.main
        let restored = GuardedStore(clock: house.clock, seed: 2, files)
        #expect(try await restored.look()?.contains("older than the guard file") == true)
        let unchanged = restored.copy()
        #expect(unchanged.main == files.main && unchanged.log == files.log && unchanged.mark == files.mark)
        let opened = try await restored.open()
        #expect(opened.finding?.contains("older than the guard file") == true)
        try await restored.storeGuard.close(opened.store)
        #expect(try await restored.look() != nil)
    }

    @Test func `a command that fails while it opens does not make it forgotten`() async throws {
        let (house, yesterday, cut) = try await prepare()
        var files = cut
        files.main = yesterday.main
        let restored = GuardedStore(clock: house.clock, seed: 2, files)
        // A wrong key is found after SQLite has the file, and the end of the connection moves the WAL into it.
        let wrong = try GuardedStore.key("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
        await #expect(throws: StoreError.self) { _ = try await restored.open(wrong) }
        #expect(GuardedStore.number(restored.copy().main) >= (try restored.mark()).checkpoint)
        #expect(try await restored.look()?.contains("found before") == true)
        let opened = try await restored.open()
        #expect(opened.finding != nil)
        await opened.store.close()
    }

    @Test func `a writer that is cut off is not frozen, whatever a reader held up`() async throws {
        let house = GuardedStore(seed: 1)
        let now = house.clock.now()
        let opened = try await house.open()
        _ = try await opened.store.write { try $0.beginRun(job: "rotate", actor: Actor(kind: .person), at: now) }
        let reading = try await SQLiteGrantStore.openReadOnly(path: house.folder.file("grants.sqlite"), keyring: nil)
        let hold = await reading.hold()
        for round in 1...3 {
            // Another command ends beside the reader: its checkpoint raises the number and cannot move it.
            let other = try await house.open()
            #expect(other.finding == nil)
            try await other.store.journal("other \(round)", at: now)
            try await house.storeGuard.close(other.store)
            try await opened.store.journal("mine \(round)", at: now)
            #expect(try await house.storeGuard.mark(opened.store) == nil)
            let files = house.copy()
            let mark = try house.mark()
            #expect(mark.head.seq == Int64(round * 2))
            #expect(mark.checkpoint <= GuardedStore.number(files.main))
            let restarted = GuardedStore(clock: house.clock, seed: 3, files)
            #expect(try await restarted.look() == nil)
            let again = try await restarted.open()
            #expect(again.finding == nil)
            try await restarted.storeGuard.close(again.store)
        }
        await hold.release()
        await reading.close()
        try await house.storeGuard.close(opened.store)
        #expect(try house.mark().checkpoint == GuardedStore.number(house.copy().main))
    }

    @Test func `a mark that has not moved is not written, and two writers never move it back`() async throws {
        let house = GuardedStore(seed: 1)
        let opened = try await house.open()
        try await opened.store.journal("one", at: house.clock.now())
        #expect(try await house.storeGuard.mark(opened.store) == nil)
        let number = inode(house)
        for _ in 1...3 { #expect(try await house.storeGuard.mark(opened.store) == nil) }
        #expect(inode(house) == number)
        house.clock.advance(by: .hours(2))
        #expect(try await house.storeGuard.mark(opened.store) == nil)
        #expect(try house.mark().at == house.clock.now())
        let now = house.clock.now()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 1...4 {
                group.addTask {
                    for step in 1...10 {
                        try await opened.store.journal("\(writer).\(step)", at: now)
                        let before = try house.mark().head.seq
                        _ = try await house.storeGuard.mark(opened.store)
                        let after = try house.mark().head.seq
                        #expect(after >= before)
                    }
                }
            }
            try await group.waitForAll()
        }
        try await house.storeGuard.close(opened.store)
        #expect(try house.mark().head.seq == 41)
        #expect(try await house.look() == nil)
    }

    private func inode(_ house: GuardedStore) -> ino_t {
        var status = stat()
        return stat(house.folder.file("high-water"), &status) == 0 ? status.st_ino : 0
    }
}
