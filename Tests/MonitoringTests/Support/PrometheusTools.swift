import FoundationEssentials
import Glibc
import Records
import Subprocess
import SystemPackage
import Testing

/// Debian's `promtool`, and its server with a folder and a port of its own.
enum PrometheusTools {
    /// Runs promtool in `etc/prometheus`; its status and all that it says.
    static func promtool(_ arguments: [String], input: String = "") async throws -> (status: Int32?, text: String) {
        let result = try await Subprocess.run(
            .path(FilePath(try program("promtool"))),
            arguments: Arguments(arguments),
            workingDirectory: FilePath("\(Repository.path)/etc/prometheus"),
            input: .string(input),
            output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20)
        )
        var status: Int32?
        if case .exited(let code) = result.terminationStatus { status = code }
        return (status, result.standardOutput + result.standardError)
    }

    /// Lets a Prometheus scrape `target` each second, and ends it after the body, which has its port.
    static func scraping(
        _ target: Int,
        in folder: String,
        _ body: (Int) async throws -> Void
    ) async throws {
        let configuration = """
            scrape_configs:
              - job_name: grantkeeper
                scrape_interval: 1s
                static_configs: [{ targets: ["127.0.0.1:\(target)"] }]

            """
        let isWritten = FileManager.default.createFile(
            atPath: "\(folder)/prometheus.yml",
            contents: Data(configuration.utf8)
        )
        try #require(isWritten)
        defer { try? FileManager.default.removeItem(atPath: "\(folder)/data") }
        let port = try freePort()
        let result = try await Subprocess.run(
            .path(FilePath(try program("prometheus"))),
            arguments: [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
            ],
            input: .none,
            output: .discarded,
            error: .string(limit: 1 << 20)
        ) { child in
            do {
                try await body(port)
            } catch {
                try? child.send(signal: .terminate)
                throw error
            }
            try child.send(signal: .terminate)
        }
        #expect(result.standardError.isEmpty, "\(result.standardError)")
    }

    /// The value of a query with one sample; nil: none, or nobody answers yet.
    static func value(of query: String, at port: Int) async throws -> String? {
        guard let answer = try? await ask(query, port) else { return nil }
        try #require(answer["status"]?.stringValue == "success", "\(query): \(answer)")
        let results = answer["data"]?.objectValue?["result"]?.arrayValue ?? []
        return results.first?.objectValue?["value"]?.arrayValue?.last?.stringValue
    }

    /// Why Prometheus does not understand a query; nil: it does.
    static func mistake(in query: String, at port: Int) async throws -> String? {
        try await ask(query, port)["error"]?.stringValue
    }

    private static func ask(_ query: String, _ port: Int) async throws -> JSONObject {
        let encoded = query.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
        let (_, body) = try await exchange(
            port,
            "GET /api/v1/query?query=\(encoded) HTTP/1.0\r\nHost: localhost\r\n\r\n"
        )
        return try JSONObject(parsing: Array(body.utf8))
    }

    private static func program(_ name: String) throws -> String {
        let path = "/usr/bin/\(name)"
        try #require(access(path, X_OK) == 0, "there is no \(path): 'make test' installs it, or Scripts/deps test")
        return path
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        try #require(status == 0)
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
