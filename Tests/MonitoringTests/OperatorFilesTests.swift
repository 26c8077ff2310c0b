import GrantsTestSupport
import Monitoring
import Testing

@Suite("What operators are given", .timeLimit(.minutes(15)))
struct OperatorFilesTests {
    /// The metrics of a scrape, and those that the parts of histograms make.
    private static func exposed(_ text: String) -> Set<String> {
        var names: Set<String> = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            names.insert(String(line.prefix { $0 != "{" && $0 != " " }))
        }
        return names
    }

    @Test(arguments: ["etc/prometheus/grantkeeper.rules.yml", "etc/grafana/grantkeeper.json"])
    func `every metric that a rule or a panel names is exposed`(file: String) throws {
        let named = try Repository.metrics(in: Repository.text(file))
        #expect(named.count > 10)
        #expect(named.subtracting(Self.exposed(FullReport.text())) == [])
    }

    @Test func `docs/monitoring.md lists every metric, and no other`() throws {
        let types = Set(
            FullReport.text().split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                .compactMap { $0.split(separator: " ").dropFirst(2).first.map(String.init) }
        )
        let rows = try Repository.text("docs/monitoring.md").split(separator: "\n").filter {
            $0.hasPrefix("| `grantkeeper_")
        }
        #expect(Set(rows.flatMap { Repository.metrics(in: String($0.prefix { $0 != "{" })) }) == types)
        #expect(rows.count == types.count)
    }

    @Test func `every alert says what it means and where the runbook is`() throws {
        let rules = try Repository.text("etc/prometheus/grantkeeper.rules.yml").split(separator: "\n")
            .map { String($0.drop { $0 == " " }) }
        let alerts = rules.count { $0.hasPrefix("- alert: ") }
        let anchors = try Repository.anchors(of: "docs/runbook.md")
        let links = rules.compactMap { $0.hasPrefix("runbook: ") ? $0.split(separator: "#").last : nil }
            .map { $0.filter { $0 != "\"" } }
        #expect(alerts >= 12)
        #expect(rules.count { $0.hasPrefix("summary: ") } == alerts)
        #expect(links.count == alerts)
        #expect(Set(links).subtracting(anchors) == [])
        let tests = try Repository.text("etc/prometheus/grantkeeper.rules.test.yml")
        for rule in rules where rule.hasPrefix("- alert: ") {
            let name = rule.dropFirst("- alert: ".count)
            #expect(tests.contains("name: \(name) fires") && tests.contains("name: \(name) is quiet"))
        }
    }

    @Test(arguments: [
        ["check", "rules", "grantkeeper.rules.yml"], ["test", "rules", "grantkeeper.rules.test.yml"],
        ["check", "config", "prometheus.yml"],
    ])
    func `promtool takes the files`(arguments: [String]) async throws {
        let (status, text) = try await PrometheusTools.promtool(arguments)
        #expect(status == 0, "\(text)")
    }

    @Test func `promtool finds nothing to say about a scrape`() async throws {
        let (status, text) = try await PrometheusTools.promtool(["check", "metrics"], input: FullReport.text())
        #expect(status == 0, "\(text)")
        #expect(text.isEmpty)
    }

    @Test func `a Prometheus scrapes the server, and understands every query`() async throws {
        let folder = TemporaryFolder()
        let text = FullReport.text()
        try await withMetricsServer {
            text
        } _: { target in
            try await PrometheusTools.scraping(target, in: folder.path) { port in
                var value: String?
                // Each is a question to Prometheus, which tells nobody when it has scraped.
                while value == nil {
                    try Task.checkCancellation()
                    value = try await PrometheusTools.value(of: "grantkeeper_due_grants", at: port)
                }
                #expect(value == "12")
                #expect(try await PrometheusTools.value(of: "up{job=\"grantkeeper\"}", at: port) == "1")
                #expect(
                    try await PrometheusTools.value(
                        of: #"grantkeeper_grants{tenant="ac\"me\\\n",standing="stuck"}"#,
                        at: port
                    ) == "3"
                )
                for query in try Repository.dashboardQueries() {
                    let plain = query.replacing("$__rate_interval", with: "5m").replacing("$instance", with: ".*")
                    #expect(try await PrometheusTools.mistake(in: plain, at: port) == nil, "\(plain)")
                }
            }
        }
    }
}
