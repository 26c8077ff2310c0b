import Monitoring
import Testing

@Suite struct LogFormatTests {
    @Test func `the formats have the names that --log-format takes`() {
        #expect(LogFormat.allCases.map(\.rawValue) == ["text", "json"])
    }
}
