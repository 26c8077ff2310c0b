import Glibc
import Synchronization
import Testing

/// The Python server beside these tests, as a child that ends with the test.
final class LoopbackServer: Sendable {
    struct Stats: Equatable {
        var connections = 0
        var requests = 0
        /// The most connections (HTTP/1.1) or requests (HTTP/2) at once.
        var peak = 0
    }

    struct CannotStart: Error {
        let step: String
    }

    let port: Int
    private let orders: Int32
    private let lines: AsyncStream<String>

    /// Starts a server, hands it to the body, and ends it.
    static func run<Value>(
        _ arguments: [String] = [],
        _ body: (LoopbackServer) async throws -> Value
    ) async throws -> Value {
        let server = try await LoopbackServer(arguments)
        defer { close(server.orders) }
        return try await body(server)
    }

    private init(_ arguments: [String]) async throws {
        let (child, toChild, fromChild) = try Self.spawn(
            ["python3", "-B", Fixture.path("loopback.py")] + arguments
        )
        orders = toChild
        let (lines, feed) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        ChildOutput.follow(fromChild, of: child, into: feed)
        var first: String?
        for await line in lines {
            first = line
            break
        }
        guard let first, let port = Int(first.dropFirst("listening ".count)) else {
            throw CannotStart(step: "loopback.py said '\(first ?? "nothing")'")
        }
        self.port = port
    }

    func url(_ path: String, scheme: String = "http", host: String = "127.0.0.1") -> String {
        "\(scheme)://\(host):\(port)\(path)"
    }

    /// Waits until the server has said this line; what it said before is passed over.
    func says(_ wanted: String) async throws {
        for await line in lines where line == wanted { return }
        Issue.record("the server ended without saying '\(wanted)'")
    }

    /// What the server has counted so far.
    func stats() async throws -> Stats {
        let order = Array("stats\n".utf8)
        try #require(write(orders, order, order.count) == order.count)
        for await line in lines where line.hasPrefix("stats ") {
            var stats = Stats()
            for pair in line.split(separator: " ").dropFirst() {
                let parts = pair.split(separator: "=")
                switch parts[0] {
                case "connections": stats.connections = try #require(Int(parts[1]))
                case "requests": stats.requests = try #require(Int(parts[1]))
                case "peak": stats.peak = try #require(Int(parts[1]))
                default: break
                }
            }
            return stats
        }
        throw CannotStart(step: "the server ended")
    }

    /// One start at a time: a child that inherited the writing end of another's pipe would keep that one alive.
    private static let spawning = Mutex(())

    private static func spawn(_ words: [String]) throws -> (child: pid_t, toChild: Int32, fromChild: Int32) {
        try spawning.withLock { _ in
            var toChild: [Int32] = [0, 0]
            var fromChild: [Int32] = [0, 0]
            guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw CannotStart(step: "pipe") }
            for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
            posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
            let argv = words.map { strdup($0) } + [nil]
            defer { for word in argv { free(word) } }
            var child: pid_t = 0
            let status = posix_spawnp(&child, words[0], &actions, nil, argv, environ)
            close(toChild[0])
            close(fromChild[1])
            guard status == 0 else {
                close(toChild[1])
                close(fromChild[0])
                throw CannotStart(step: "\(words[0]): \(String(cString: strerror(status)))")
            }
            return (child, toChild[1], fromChild[0])
        }
    }
}
