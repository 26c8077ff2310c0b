import Dispatch
import Glibc
import Records

/// `/sandbox/…` of a running sandbox: what happens behind the protocol's back.
struct SandboxAdministration: Sendable {
    struct Failure: Error {
        var step: String
    }

    let port: Int

    /// Puts other faults in force; `{}` heals.
    func fail(_ document: String) async throws {
        _ = try await post("/sandbox/faults", document)
    }

    func heal() async throws { try await fail("{}") }

    /// Ends the token at the server, with what a revocation reaches there.
    func revoke(_ token: String) async throws {
        _ = try await post("/sandbox/revoke", #"{"token":"\#(token)"}"#)
    }

    /// Whether the token lives, past all faults.
    func lives(_ token: String) async throws -> Bool? {
        try JSONObject(parsing: await post("/sandbox/state", #"{"token":"\#(token)"}"#)).bool("active")
    }

    /// One object a grant, in the order of the orders.
    func issue(_ orders: [String]) async throws -> [JSONObject] {
        try await post("/sandbox/grants", orders.joined(separator: "\n"))
            .split(separator: UInt8(ascii: "\n")).map { try JSONObject(parsing: Array($0)) }
    }

    /// How many introspections are being left without an answer.
    func hanging() async throws -> Int {
        try JSONObject(parsing: await send("GET", "/sandbox/stats", "")).int("endpoints.introspect.hanging") ?? 0
    }

    /// `/sandbox/stats`.
    func statistics() async throws -> JSONObject {
        try JSONObject(parsing: await send("GET", "/sandbox/stats", ""))
    }

    private func post(_ path: String, _ body: String) async throws -> [UInt8] {
        try await send("POST", path, body)
    }

    private func send(_ method: String, _ path: String, _ body: String) async throws -> [UInt8] {
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n"
        let message = Array((head + body).utf8)
        let port = port
        let answer = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try Self.exchange(message, port) })
            }
        }
        let separator = Array("\r\n\r\n".utf8)
        guard answer.starts(with: "HTTP/1.1 200".utf8),
            let end = answer.indices.first(where: { answer[$0...].starts(with: separator) })
        else { throw Failure(step: "\(path): \(String(decoding: answer.prefix(400), as: UTF8.self))") }
        return Array(answer[(end + separator.count)...])
    }

    /// Sends the bytes on a connection of their own and reads to its end.
    private static func exchange(_ message: [UInt8], _ port: Int) throws -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(step: "connect") }
        var sent = 0
        while sent < message.count {
            let count = message[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(step: "send") }
            sent += count
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }
}
