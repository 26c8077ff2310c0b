import Grants
import GrantsTestSupport
import Testing

@testable import GrantkeeperCommands

/// What this machine fails to read says nothing about the store.
@Suite("Failures of this machine", .serialized)
struct OwnFailureTests {
    /// A regular file whose reading fails with an I/O error.
    private static let broken = "/proc/self/mem"

    @Test func `an I/O error on the guard's file is an error and freezes nothing`() async throws {
        #expect(throws: CommandError.self) { try HighWaterFile(path: Self.broken).read() }
        let guarded = GuardedStore(seed: 1)
        let opened = try await guarded.open()
        try await guarded.storeGuard.close(opened.store)
        let before = guarded.copy()
        let environment = Self.environment(machineID: "1")
        let storeGuard = StoreGuard(
            store: guarded.folder.file(GuardedStore.files.main),
            highWater: Self.broken,
            environment
        )
        let error = await #expect(throws: CommandError.self) { _ = try await storeGuard.openToRead(nil) }
        #expect(error?.code == "guard-file")
        #expect(error?.message.contains("nothing was judged, frozen or changed") == true)
        #expect(guarded.copy().main == before.main && guarded.copy().mark == before.mark)
        #expect(try await guarded.look() == nil)
    }

    @Test func `a machine's id that cannot be read is no other machine's`() async throws {
        #expect(MachineID.read(Self.broken).failure == "input/output error")
        #expect(MachineID.read("/nowhere/machine-id") == MachineID.Reading())
        let guarded = GuardedStore(seed: 2)
        let opened = try await guarded.open()
        try await guarded.storeGuard.close(opened.store)
        let before = guarded.copy()
        var environment = Self.environment(machineID: "")
        environment.machineIDFailure = "too many open files"
        let storeGuard = StoreGuard(
            store: guarded.folder.file(GuardedStore.files.main),
            highWater: guarded.folder.file(GuardedStore.files.mark),
            environment
        )
        for opens in [false, true] {
            let error = await #expect(throws: CommandError.self) {
                _ = try await opens ? storeGuard.openToWrite(nil) { "id" } : storeGuard.openToRead(nil)
            }
            #expect(error?.code == "machine-id")
        }
        #expect(guarded.copy().main == before.main && guarded.copy().mark == before.mark)
        #expect(try await guarded.look() == nil)
    }

    private static func environment(machineID: String) -> ProgramEnvironment {
        ProgramEnvironment(
            clock: TestClock(),
            variables: [:],
            standardInput: -1,
            output: CapturedText(),
            errors: CapturedText(),
            showsProgress: false,
            isTerminal: false,
            actor: Actor(kind: .person, user: "tester"),
            machineID: machineID
        )
    }
}
