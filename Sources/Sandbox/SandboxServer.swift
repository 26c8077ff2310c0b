import Grants
import Hummingbird
import HummingbirdCore

/// An authorization server for tests, demonstrations and trials, that fails on request.
///
/// It speaks the client credentials and refresh grants (RFC 6749), introspection (RFC 7662), revocation (RFC
/// 7009) and discovery (RFC 8414) over plain HTTP, keeps everything in memory, and is administered at
/// `/sandbox/…`.
package struct SandboxServer: Sendable {
    private let options: SandboxOptions
    private let clock: any WallClock

    package init(options: SandboxOptions = SandboxOptions()) {
        self.init(options: options, clock: SystemClock())
    }

    /// With a clock of one's own: it says when tokens end and what `Date` the answers have.
    init(options: SandboxOptions, clock: any WallClock) {
        self.options = options
        self.clock = clock
    }

    /// Serves until the task is cancelled, and then returns, whatever is being answered.
    ///
    /// Each run begins without any grant. `onReady` is told the port and may make requests; it is cancelled
    /// with the server.
    ///
    /// - Throws: ``SandboxError`` if the address cannot be listened on, or no longer.
    package func run(onReady: @escaping @Sendable (Int) async -> Void) async throws {
        let (ports, feed) = AsyncStream.makeStream(of: Int.self)
        let exchanges = OpenExchanges()
        let (started, startedFeed) = AsyncStream.makeStream(of: Void.self)
        let server = makeServer(exchanges) {
            feed.yield($0)
            startedFeed.yield()
        }
        // In a task that is never cancelled: NIO traps where a cancelled server drops a connection that it has
        // accepted and not begun with.
        let serving = Task {
            defer { startedFeed.finish() }
            try await server.run()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { feed.finish() }
                try await withTaskCancellationHandler {
                    try await serve(serving)
                } onCancel: {
                    exchanges.end()
                    Task {
                        for await _ in started { try? await server.shutdownGracefully() }
                    }
                }
            }
            group.addTask {
                // Beside the server, which serves nothing while it waits for its own callback.
                for await port in ports {
                    await onReady(port)
                }
            }
            try await group.waitForAll()
        }
    }

    private func serve(_ serving: Task<Void, any Error>) async throws(SandboxError) {
        do {
            try await serving.value
        } catch  where Task.isCancelled {
            return
        } catch {
            throw SandboxError(
                message: "the sandbox cannot listen on \(options.host), port \(options.port): \(error)",
                hint: "choose another port, or 0 for any free one"
            )
        }
        // It logs why it takes no more connections, and returns as if nothing had happened.
        guard Task.isCancelled else {
            throw SandboxError(message: "the sandbox takes no more connections; standard error says why")
        }
    }

    /// Below `Application`, because that one sets every answer's `Date` by itself.
    private func makeServer(
        _ exchanges: OpenExchanges,
        _ isReady: @escaping @Sendable (Int) -> Void
    ) -> Server<HTTP1Channel> {
        let server = AuthorizationServer(options, clock: clock)
        let statistics = Statistics()
        let handler = RequestHandler(
            server: server,
            statistics: statistics,
            exchanges: exchanges,
            administration: Administration(server: server, statistics: statistics)
        )
        return Server(
            childChannelSetup: HTTP1Channel { request, writer, channel in
                let exchange = try exchanges.begin { channel.close(promise: nil) }
                defer { exchanges.end(exchange) }
                let response = try await handler.respond(to: request, from: channel.remoteAddress?.ipAddress)
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: ServerConfiguration(address: .hostname(options.host, port: options.port)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? options.port
                server.listens(on: port)
                isReady(port)
            },
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup,
            logger: ServerLog.logger
        )
    }
}
