internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import ServiceLifecycle

/// Offers `/metrics` to Prometheus and `/healthz` to whoever asks whether the process lives; nothing else.
///
/// Neither is authenticated, but metrics are given only for a `Host` that is listened on. At most ``mostConnections``
/// at a time; a request that does not come whole and an answer that is not taken within ``patience`` are given up.
package struct MetricsServer: Sendable {
    package static let mostConnections = 32
    package static let patience = Duration.seconds(10)

    private let host: String
    private let port: Int
    private let logger: Logger
    private let handler: ScrapeHandler
    private let onListening: @Sendable (Int) -> Void
    /// How long one answer may take.
    var patience = Self.patience
    /// How long a request may take until it is whole.
    var headPatience = Self.patience

    /// A server that does not listen yet.
    ///
    /// `names` are hosts by which it is asked beside `host`. `port` 0 takes any that is free; `onListening` is told which. `body` is asked at each scrape.
    package init(
        host: String,
        port: Int,
        names: [String] = [],
        logger: Logger,
        body: @escaping @Sendable () async -> String,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        var logger = logger
        // The server calls every end that was asked for an error; what matters is logged here.
        logger.logLevel = .critical
        self.logger = logger
        handler = ScrapeHandler(hosts: ServedHosts(listeningOn: host, more: names), body: body)
        self.onListening = onListening
    }

    /// Serves until its task is cancelled or a graceful shutdown begins, and then returns: at once, or when the
    /// answers under way are taken or given up.
    ///
    /// - Throws: ``MetricsServerError`` if the address cannot be listened on, or no longer.
    package func run() async throws {
        let (started, feed) = AsyncStream.makeStream(of: Void.self)
        let onListening = onListening
        let server = makeServer { port in
            onListening(port)
            feed.yield()
        }
        // In a task that is never cancelled: NIO traps where a cancelled server drops a connection that it has
        // accepted and not begun with. A shutdown closes all of them, once the server has begun.
        let serving = Task {
            defer { feed.finish() }
            try await server.run()
        }
        do {
            try await withTaskCancellationHandler {
                try await serving.value
            } onCancel: {
                Task {
                    for await _ in started { try? await server.shutdownGracefully() }
                }
            }
        } catch  where Task.isCancelled || Task.isShuttingDownGracefully {
            return
        } catch {
            throw MetricsServerError(
                message: "the metrics cannot be offered on \(host), port \(port): \(Self.words(error))",
                hint: "choose another address with 'metrics: { listen: … }', or end what listens there"
            )
        }
        guard Task.isCancelled || Task.isShuttingDownGracefully else {
            throw MetricsServerError(message: "the metrics' server takes no more connections", hint: nil)
        }
    }

    private func makeServer(_ isListening: @escaping @Sendable (Int) -> Void) -> Server<HTTP1Channel> {
        let (handler, port, patience, headPatience) = (handler, port, patience, headPatience)
        let connections = OpenConnections(most: Self.mostConnections)
        return Server(
            childChannelSetup: HTTP1Channel(
                responder: { request, writer, channel in
                    let end = channel.eventLoop.scheduleTask(in: .init(patience)) { channel.close(promise: nil) }
                    connections.beginAnswer(channel)
                    defer {
                        end.cancel()
                        connections.endAnswer(channel, at: .now())
                    }
                    let response = await handler.answer(request)
                    try await writer.write(response: response.head, body: response.body)
                    // What follows such a head is not read at all.
                    if ScrapeHandler.hasBody(request) { throw BodyRefused() }
                },
                configuration: .init(
                    additionalChannelHandlers: [ConnectionLimiter(connections, patience: .init(headPatience))],
                    idleTimeout: .seconds(30),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 8_192,
                        maxHeaderListSize: 16_384,
                        maxHeaderFieldCount: 64
                    )
                )
            ),
            configuration: ServerConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in isListening(channel.localAddress?.port ?? port) },
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup,
            logger: logger
        )
    }

    /// Ends a connection.
    private struct BodyRefused: Error {}

    private static func words(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        switch error.errnoCode {
        case EADDRINUSE: return "the address is in use"
        case EADDRNOTAVAIL: return "this machine has no such address"
        case EACCES: return "ports below 1024 need a privilege"
        default: return "\(error)"
        }
    }
}
