/// Where the worker offers its metrics.
package struct MetricsSettings: Hashable, Sendable {
    /// A name or an address; an IPv6 address without brackets.
    package var host: String
    /// 0: any free one.
    package var port: Int
    /// Names by which it is asked beside ``host``.
    package var names: [String] = []

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}
