internal import NIOCore
internal import Synchronization

/// The connections that are open: one too many ends the oldest that has asked nothing.
///
/// Whoever opens connections and says nothing then locks out no scrape.
final class OpenConnections: Sendable {
    private struct Entry {
        var channel: any Channel
        /// A request of it is being answered.
        var isAnswered = false
        /// When it was opened, or its last answer was over.
        var since: NIODeadline
    }

    private let most: Int
    private let entries = Mutex<[Entry]>([])

    init(most: Int) { self.most = most }

    func opened(_ channel: any Channel, at now: NIODeadline) {
        let surplus: (any Channel)? = entries.withLock { entries in
            entries.append(Entry(channel: channel, since: now))
            guard entries.count > most else { return nil }
            // All others are being answered, each for a limited time: then the new one has to go.
            let index = entries.firstIndex { !$0.isAnswered } ?? entries.count - 1
            return entries.remove(at: index).channel
        }
        surplus?.close(promise: nil)
    }

    func closed(_ channel: any Channel) {
        entries.withLock { entries in entries.removeAll { $0.channel === channel } }
    }

    /// A request has come whole, and its answer begins.
    func beginAnswer(_ channel: any Channel) { change(channel) { $0.isAnswered = true } }

    /// From now on the connection waits for its next request.
    func endAnswer(_ channel: any Channel, at now: NIODeadline) {
        change(channel) { entry in
            entry.isAnswered = false
            entry.since = now
        }
    }

    /// Since when the connection owes a request; nil: it owes none, or is gone.
    func silentSince(_ channel: any Channel) -> NIODeadline? {
        entries.withLock { entries in
            entries.first { $0.channel === channel }.flatMap { $0.isAnswered ? nil : $0.since }
        }
    }

    private func change(_ channel: any Channel, _ body: (inout Entry) -> Void) {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.channel === channel }) else { return }
            body(&entries[index])
        }
    }
}

/// Ends a connection that does not ask a whole question in time, however often it sends a byte of it.
final class ConnectionLimiter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    private let connections: OpenConnections
    private let patience: TimeAmount
    private var check: Scheduled<Void>?

    init(_ connections: OpenConnections, patience: TimeAmount) {
        self.connections = connections
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connections.opened(context.channel, at: .now())
        look(at: context.channel, in: patience)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context.channel)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(context.channel) }

    private func end(_ channel: any Channel) {
        check?.cancel()
        connections.closed(channel)
    }

    private func look(at channel: any Channel, in time: TimeAmount) {
        check = channel.eventLoop.assumeIsolated().scheduleTask(in: time) { [connections, patience] in
            let left = connections.silentSince(channel).map { $0 + patience - .now() } ?? patience
            guard left > .zero else { return channel.close(promise: nil) }
            self.look(at: channel, in: left)
        }
    }
}
