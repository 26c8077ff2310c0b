import Testing

@testable import Monitoring

@Suite("Hosts that the metrics are asked by")
struct ServedHostsTests {
    @Test(arguments: [
        ("0.0.0.0", "10.1.2.3:9464", true), ("0.0.0.0", "keeper:9464", true), ("0.0.0.0", "other:9464", false),
        ("::", "[2001:db8::1]:9464", true), ("::1", "[0:0:0:0:0:0:0:1]:9464", true), ("::1", "localhost", true),
        ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "localhost", false), ("10.1.2.3", "metrics.example:1", true),
        ("localhost", "127.0.0.1:9464", true),
    ])
    func `an address that is listened on, the machine's name where all are, and names that are given count`(
        listening: String,
        host: String,
        isServed: Bool
    ) {
        let hosts = ServedHosts(listeningOn: listening, more: ["metrics.example"], machine: "keeper")
        #expect(hosts.includes(host) == isServed)
    }

    @Test func `a request without a host is for none of them`() {
        #expect(!ServedHosts(listeningOn: "127.0.0.1").includes(nil))
    }
}
