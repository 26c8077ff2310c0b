import ConfigurationFiles
import Testing

@Suite struct `Where metrics are offered` {
    private func configuration(_ text: String) throws -> Configuration {
        try ConfigurationFile.parse(base + text, path: "grantkeeper.yaml", checks: .none)
    }

    @Test(
        arguments: [
            ("metrics: { listen: 127.0.0.1:9464 }", MetricsSettings(host: "127.0.0.1", port: 9_464)),
            ("metrics: { listen: localhost:1 }", MetricsSettings(host: "localhost", port: 1)),
            ("metrics: { listen: \"[::1]:65535\" }", MetricsSettings(host: "::1", port: 65_535)),
            ("metrics: { listen: 127.0.0.1:0 }", MetricsSettings(host: "127.0.0.1", port: 0)),
            ("metrics:", nil), ("metrics: {}", nil), ("", nil),
        ] as [(String, MetricsSettings?)]
    )
    func `a loopback address is taken as it stands`(text: String, settings: MetricsSettings?) throws {
        let configuration = try configuration(text + "\n")
        #expect(configuration.metrics == settings)
        #expect(!configuration.warnings.contains { $0.message.contains("metrics") })
    }

    @Test func `further names of the server are read, and what is none is told`() throws {
        let text = "metrics: { listen: 127.0.0.1:9464, hosts: [Metrics.example, 10.0.0.7] }\n"
        #expect(try configuration(text).metrics?.names == ["metrics.example", "10.0.0.7"])
        // With a port it would match nothing, and nobody would know.
        #expect(throws: ConfigurationErrors.self) {
            try configuration("metrics: { listen: 127.0.0.1:9464, hosts: ['metrics.example:9464'] }\n")
        }
    }

    @Test(arguments: ["0.0.0.0:9464", "\"[::]:9464\"", "metrics.example.com:9464", "127.1:9464", "10.0.0.7:9464"])
    func `any other address is taken with a warning`(address: String) throws {
        let configuration = try configuration("metrics: { listen: \(address) }\n")
        #expect(configuration.metrics?.port == 9_464)
        #expect(
            configuration.warnings.map(\.message) == [
                "'metrics.listen' is no loopback address: whoever can connect can read the metrics, which name tenants"
            ]
        )
    }

    @Test(arguments: [
        "9464", "\":9464\"", "127.0.0.1", "\"127.0.0.1:\"", "127.0.0.1:65536", "127.0.0.1:09464", "127.0.0.1:+1",
        "127.0.0.1:-1", "\"::1:9464\"", "\"[::1]\"", "http://127.0.0.1:9464", "a b:1", "user@host:1",
    ])
    func `what is no address is told`(address: String) {
        #expect(
            problems(base + "metrics: { listen: \(address) }\n") == [
                "8:20 'metrics.listen' must be an address and a port"
            ]
        )
    }

    @Test func `an unknown member is told`() {
        #expect(problems(base + "metrics: { port: 1 }\n") == ["8:12 unknown member 'port' in 'metrics'"])
    }
}
