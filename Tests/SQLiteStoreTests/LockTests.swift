import Glibc
import Grants
import SQLiteStore
import Synchronization
import Testing

/// One job, one owner (invariant 6).
@Suite struct LockTests {
    /// `CLOCK_BOOTTIME` as a test sets it.
    private final class BootClock: Sendable {
        private let milliseconds = Mutex<Int64>(1_000_000)
        func now() -> Int64 { milliseconds.withLock { $0 } }
        func advance(by amount: Int64) { milliseconds.withLock { $0 += amount } }
    }

    private let clock = BootClock()

    private func identity(
        pid: Int32 = getpid(),
        start: String = ProcessIdentity.current().start,
        boot: String = "boot-1",
        namespace: String = ProcessIdentity.currentNamespace()
    ) -> ProcessIdentity {
        ProcessIdentity(pid: pid, namespace: namespace, start: start, boot: boot) { [clock] in clock.now() }
    }

    private let other = Actor(kind: .schedule, host: "host-2")

    @Test func `a second owner is refused and told who works since when`() async throws {
        let house = StoreHouse()
        let first = try await house.open(identity: identity())
        let second = try await house.open(identity: identity())
        let lock = try await first.lock("expire", owner: person, at: start)
        let error = await storeError { _ = try await second.lock("expire", owner: other, at: start) }
        #expect(error?.code == .lockHeld && error?.isTransient == true)
        #expect(error?.message.contains("alice on host-1") == true)
        #expect(error?.message.contains(start.description) == true)
        let elsewhere = try await second.lock("revalidate", owner: other, at: start)
        try await second.unlock(elsewhere)
        try await first.unlock(lock)
        let next = try await second.lock("expire", owner: other, at: start)
        #expect(next.term == lock.term + 1)
        await first.close()
        await second.close()
    }

    @Test func `a process of another pid namespace is not taken for dead, its lease tells`() async throws {
        let house = StoreHouse()
        let first = try await house.open(identity: identity(pid: 2_000_000_000, namespace: "pid:[1]"))
        let second = try await house.open(identity: identity())
        _ = try await first.lock("expire", owner: person, at: start)
        let error = await storeError { _ = try await second.lock("expire", owner: other, at: start) }
        #expect(error?.code == .lockHeld)
        clock.advance(by: 60_001)
        _ = try await second.lock("expire", owner: other, at: start)
        await first.close()
        await second.close()
    }

    @Test(arguments: ["dead process", "reused process number", "other boot", "lease over"])
    func `a lock that nobody can hold any more is free`(why: String) async throws {
        let house = StoreHouse()
        let holder =
            switch why {
            case "dead process": identity(pid: 2_000_000_000)
            case "reused process number": identity(start: "1")
            case "other boot": identity(boot: "boot-0")
            default: identity()
            }
        let first = try await house.open(identity: holder)
        let second = try await house.open(identity: identity())
        let lost = try await first.lock("expire", owner: person, at: start)
        if why == "lease over" { clock.advance(by: 60_001) }
        let taken = try await second.lock("expire", owner: other, at: start)
        #expect(taken.term == lost.term + 1)

        // The fenced owner notices before it commits, and gives nothing back that is not its own.
        let error = await first.refusal { writing in
            _ = try writing.insert(grant("g-late"), tokens: [:], at: start)
            try writing.renew(lost)
        }
        #expect(error?.code == .lockLost)
        let count = try await second.read { try $0.count(.all, in: GrantSelection()) }
        #expect(count == 0)
        try await first.unlock(lost)
        try await second.write { try $0.renew(taken) }
        await first.close()
        await second.close()
    }

    @Test func `a batch renews the lease`() async throws {
        let house = StoreHouse()
        let first = try await house.open(identity: identity())
        let second = try await house.open(identity: identity())
        let lock = try await first.lock("expire", owner: person, at: start)
        for _ in 0..<3 {
            clock.advance(by: 59_000)
            try await first.write { try $0.renew(lock) }
        }
        let error = await storeError { _ = try await second.lock("expire", owner: other, at: start) }
        #expect(error?.code == .lockHeld)
        await first.close()
        await second.close()
    }

    @Test func `a lock that was given back cannot be renewed`() async throws {
        let house = StoreHouse()
        let store = try await house.open(identity: identity())
        let lock = try await store.lock("expire", owner: person, at: start)
        try await store.unlock(lock)
        let error = await store.refusal { try $0.renew(lock) }
        #expect(error?.code == .lockLost)
        await store.close()
    }
}
