internal import FoundationEssentials
internal import Glibc
package import Grants
internal import Synchronization

/// All that the program takes from outside: time, randomness, variables, files that are open already.
///
/// Tests hand in their own; ``real(isTerminal:)`` is what the executable uses.
package struct ProgramEnvironment: Sendable, Unprintable {
    package var clock: any WallClock
    /// Environment variables.
    package var variables: ProcessVariables
    package var standardInput: Int32
    package var output: any TextOutput
    package var errors: any TextOutput
    /// Standard error is a terminal: progress is shown.
    package var showsProgress: Bool
    /// Standard output is a terminal: tables are coloured.
    package var isTerminal: Bool
    /// Standard error leads to systemd's journal: lines begin with their priority.
    package var isJournal = false
    package var actor: Actor
    /// The machine's own id, by which a store that was copied elsewhere is known; empty: it has none.
    package var machineID: String
    /// Why it could not be read; nil: it could, or there is none.
    package var machineIDFailure: String?
    /// Random bytes.
    package var random: @Sendable (Int) -> [UInt8]
    /// Waits between two tries to take a lock.
    package var sleep: @Sendable (Duration) async throws -> Void
    /// Leaves SIGTERM and SIGINT to a command that listens to them itself.
    package var releaseSignals: @Sendable () -> Void = {}

    package init(
        clock: any WallClock,
        variables: ProcessVariables,
        standardInput: Int32,
        output: any TextOutput,
        errors: any TextOutput,
        showsProgress: Bool,
        isTerminal: Bool,
        actor: Actor,
        machineID: String = "",
        random: @escaping @Sendable (Int) -> [UInt8] = ProgramEnvironment.systemRandom,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.clock = clock
        self.variables = variables
        self.standardInput = standardInput
        self.output = output
        self.errors = errors
        self.showsProgress = showsProgress
        self.isTerminal = isTerminal
        self.actor = actor
        self.machineID = machineID
        self.random = random
        self.sleep = sleep
    }

    /// The process's own clock, streams and user.
    package static func real() -> ProgramEnvironment {
        let machine = MachineID.read()
        var values: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { values[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        let variables = ProcessVariables(values)
        var environment = ProgramEnvironment(
            clock: SystemClock(),
            variables: variables,
            standardInput: 0,
            output: DescriptorOutput(1),
            errors: DescriptorOutput(2),
            showsProgress: isatty(2) == 1,
            isTerminal: isatty(1) == 1 && variables["NO_COLOR"] == nil,
            actor: person(variables),
            machineID: machine.id
        )
        environment.machineIDFailure = machine.failure
        environment.isJournal = JournalStream.isBehind(2, variables["JOURNAL_STREAM"])
        return environment
    }

    private static func person(_ variables: ProcessVariables) -> Actor {
        var user = variables["USER"]
        if let entry = getpwuid(geteuid()) { user = String(cString: entry.pointee.pw_name) }
        var name = [CChar](repeating: 0, count: 256)
        let hasName = gethostname(&name, name.count - 1) == 0
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Actor(kind: .person, user: user, sudoUser: variables["SUDO_USER"], host: hasName ? host : nil)
    }

    package static let systemRandom: @Sendable (Int) -> [UInt8] = { count in
        var bytes = [UInt8](repeating: 0, count: count)
        // The kernel's generator; it never fails and never gives less (arc4random(3)).
        bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { arc4random_buf(base, count) } }
        return bytes
    }

    /// 128 random bits in hex.
    var newEventID: @Sendable () -> String {
        let random = random
        // Drawn for many at once: each draw is a system call.
        let drawn = Mutex<[UInt8]>([])
        return {
            drawn.withLock { drawn in
                if drawn.isEmpty { drawn = random(1_024) }
                let id = Hex.string(drawn.suffix(16))
                drawn.removeLast(16)
                return id
            }
        }
    }

    /// A token that no server issued.
    var madeUpToken: @Sendable () -> Secret {
        let random = random
        return { Secret(Hex.string(random(32))) }
    }
}

/// The system's clock.
struct SystemClock: WallClock {
    func now() -> Timestamp {
        // Not `timespec`: a static build finds it in a module that nobody can import.
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down)))
    }
}

enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    static func string(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            for (index, byte) in bytes.enumerated() {
                text[index * 2] = digits[Int(byte >> 4)]
                text[index * 2 + 1] = digits[Int(byte & 0xF)]
            }
            return bytes.count * 2
        }
    }
}

/// Where text goes.
package protocol TextOutput: Sendable {
    func write(_ bytes: [UInt8])
    /// Why not everything could be written; nil where it could, or where the reader had gone.
    var failure: String? { get }
}

extension TextOutput {
    package var failure: String? { nil }
}

/// A file descriptor, written whole lines at a time.
final class DescriptorOutput: TextOutput {
    private let descriptor: Int32
    private let firstError = Mutex<Int32>(0)

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    var failure: String? {
        let code = firstError.withLock { $0 }
        return code == 0 || code == EPIPE ? nil : String(cString: strerror(code))
    }

    func write(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            // A reader that has gone (`| head`) ends the program as other tools end, by its signal or silently.
            guard count > 0 else {
                let code = errno
                return firstError.withLock { if $0 == 0 { $0 = code } }
            }
            written += count
        }
    }
}
