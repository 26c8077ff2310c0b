import HTTPTransport
import Synchronization

/// Answers requests as a test says, and remembers them.
final class ScriptedTransport: HTTPTransport {
    typealias Handler = @Sendable (HTTPRequest) async throws(HTTPFailure) -> HTTPResponse

    private let handler: Handler
    private let log = Mutex<[HTTPRequest]>([])

    init(_ handler: @escaping Handler) {
        self.handler = handler
    }

    var requests: [HTTPRequest] { log.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        log.withLock { $0.append(request) }
        return try await handler(request)
    }

    func shutdown() async {}
}

/// Hands out one thing after the other; the last again and again.
final class Script<Element: Sendable>: Sendable {
    private let rest: Mutex<ArraySlice<Element>>

    init(_ elements: [Element]) {
        rest = Mutex(elements[...])
    }

    func next() -> Element {
        rest.withLock { rest in
            guard rest.count > 1, let first = rest.popFirst() else { return rest[rest.startIndex] }
            return first
        }
    }
}

extension HTTPResponse {
    static func json(
        _ text: String,
        status: Int = 200,
        type: String? = "application/json",
        headers: [String: String] = [:]
    ) -> HTTPResponse {
        var fields = headers.sorted { $0.key < $1.key }.map { HTTPHeader(name: $0.key, value: $0.value) }
        if let type { fields.append(HTTPHeader(name: "Content-Type", value: type)) }
        return HTTPResponse(status: status, headers: fields, body: Array(text.utf8))
    }

    static let active = json(#"{"active":true}"#)
    static let inactive = json(#"{"active":false}"#)
}

extension HTTPRequest {
    var text: String { String(decoding: body ?? [], as: UTF8.self) }

    func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}
