internal import HTTPTransport
internal import Synchronization

/// Where requests that follow one another have come to.
final class Course: Sendable {
    private struct State {
        var request: HTTPRequest
        var ticket: InFlight.Ticket
        var last: (Reply, Duration?)?
    }

    private let state: Mutex<State>

    init(_ first: HTTPRequest, _ ticket: InFlight.Ticket) {
        state = Mutex(State(request: first, ticket: ticket))
    }

    /// Of the request that is on its way.
    var ticket: InFlight.Ticket { state.withLock { $0.ticket } }

    /// The one that is on its way.
    var request: HTTPRequest { state.withLock { $0.request } }

    /// The request that got another reply than a 200, with that, and how long the server wants quiet.
    var unlike200: (HTTPRequest, (Reply, Duration?))? {
        state.withLock { state in state.last.map { (state.request, $0) } }
    }

    func go(on request: HTTPRequest, _ ticket: InFlight.Ticket) {
        state.withLock { state in
            state.request = request
            state.ticket = ticket
        }
    }

    func end(with reply: (Reply, Duration?)) {
        state.withLock { $0.last = reply }
    }
}
