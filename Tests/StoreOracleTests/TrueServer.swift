import Grants
import HTTPTransport
import Synchronization

@testable import oracle

/// The world's authorization server behind the port that libcurl stands behind else: the product's own client reads its
/// JSON and its `Date`.
///
/// A second server, of the host `other.example`, is always right.
final class TrueServer: HTTPTransport {
    enum Call: Hashable { case metadata, introspection, revocation }

    static let madeUp = "made-up"

    private struct State {
        /// The status with which introspection refuses our client; nil: it does not.
        var refusal: Int?
        var before: (@Sendable (Call) async -> Void)?
    }

    private let events: TrueEvents
    private let clock: WorldClock
    private let watch: Watch
    private let state = Mutex(State())

    init(_ events: TrueEvents, _ clock: WorldClock, _ watch: Watch) {
        (self.events, self.clock, self.watch) = (events, clock, watch)
    }

    func refuse(with status: Int?) { state.withLock { $0.refusal = status } }

    /// What happens in the world before a request is answered.
    func before(_ body: (@Sendable (Call) async -> Void)?) { state.withLock { $0.before = body } }

    func shutdown() async {}

    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        let form = Self.form(request.body ?? [])
        let call: Call =
            request.url.hasSuffix("/introspect")
            ? .introspection : request.url.hasSuffix("/revoke") ? .revocation : .metadata
        guard request.url.hasPrefix("https://idp.example") else {
            return Self.response(200, Self.other(call, form), date: clock.truth)
        }
        await state.withLock { $0.before }?(call)
        let now = clock.truth
        let token = form["token"] ?? ""
        if call == .revocation, let name = TokenName(parsing: token) { watch.revokes(name) }
        let (status, body) = answer(call, token, form["token_type_hint"], at: now)
        let date = events.world.serverDate(at: now)
        watch.heard(call, status: status, date: date)
        return Self.response(status, body, date: date)
    }

    private func answer(_ call: Call, _ token: String, _ hint: String?, at now: Instant) -> (Int, String) {
        switch call {
        case .metadata: return (200, Self.metadata("https://idp.example"))
        case .revocation:
            if let name = TokenName(parsing: token) { events.revoke(name, at: now) }
            return (200, "")
        case .introspection:
            if let refusal = state.withLock({ $0.refusal }) { return (refusal, #"{"error":"invalid_client"}"#) }
            return (200, introspection(of: token, at: now))
        }
    }

    private func introspection(of token: String, at now: Instant) -> String {
        if token.hasPrefix("canary-") { return #"{"active":\#(canary(token, at: now) == .active)}"# }
        guard let name = TokenName(parsing: token), let (answer, person) = events.answer(name, at: now),
            answer == .active
        else { return #"{"active":false}"# }
        let client = Truth.client(of: person)
        var body = #"{"active":true,"client_id":"\#(client)","scope":"ticket.read""#
        if name.kind == .access {
            let end = person.consents[name.consent].accessTokenEnd(ofToken: name.number)
            body += #","exp":\#(end / 1_000)"#
        }
        return body + "}"
    }

    private func canary(_ token: String, at now: Instant) -> Server.Answer {
        let (world, server) = (events.world, events.server)
        let isRefresh = token.hasPrefix("canary-refresh")
        let owner = isRefresh ? world.refreshCanary : world.accessCanary
        if owner == .foreign, world.server == .blind, server.isInTrouble(at: now) { return .inactive }
        guard isRefresh else { return .active }
        // One that was replaced since is as good as the present one, unless it is the present one alone that lives.
        return server.canary(.refresh, at: now)
    }

    // MARK: HTTP

    private static func metadata(_ issuer: String) -> String {
        #"{"issuer":"\#(issuer)","introspection_endpoint":"\#(issuer)/introspect","#
            + #""revocation_endpoint":"\#(issuer)/revoke","token_endpoint":"\#(issuer)/token"}"#
    }

    private static func other(_ call: Call, _ form: [String: String]) -> String {
        call == .metadata ? metadata("https://other.example") : #"{"active":\#(form["token"] != madeUp)}"#
    }

    private static func form(_ body: [UInt8]) -> [String: String] {
        var form: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { form[String(parts[0])] = String(parts[1]) }
        }
        return form
    }

    private static func response(_ status: Int, _ body: String, date: Instant?) -> HTTPResponse {
        var headers = [HTTPHeader(name: "Content-Type", value: "application/json")]
        if let date { headers.append(HTTPHeader(name: "Date", value: httpDate(date))) }
        return HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
    }

    /// RFC 9110 §5.6.7.
    static func httpDate(_ instant: Instant) -> String {
        let seconds = instant / 1_000
        let days = seconds / 86_400
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(days % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let stamp = Timestamp(milliseconds: seconds * 1_000).description
        let date = stamp.prefix(10).split(separator: "-")
        let time = stamp.dropFirst(11).prefix(8)
        return "\(weekday), \(date[2]) \(months[(Int(date[1]) ?? 1) - 1]) \(date[0]) \(time) GMT"
    }
}
