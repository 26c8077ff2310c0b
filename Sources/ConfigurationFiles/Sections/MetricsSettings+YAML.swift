extension MetricsSettings {
    /// Where to listen; nil where nothing is said, or after the mistakes were reported.
    init?(_ value: YAMLValue) {
        guard let members = value.members(YAMLValue.Shape(known: ["listen", "hosts"])), let listen = members["listen"],
            let (host, port) = listen.listeningAddress()
        else { return nil }
        self.init(host: host, port: port)
        names = members["hosts"]?.elements().compactMap { $0.hostName() } ?? []
        guard !YAMLValue.isLoopback(host) else { return }
        listen.reading.warn(
            at: listen.place,
            "'\(listen.name)' is no loopback address: whoever can connect can read the metrics, which name tenants",
            hint: "write 127.0.0.1 or \"[::1]\", or let a proxy ask who is there"
        )
    }
}

extension YAMLValue {
    /// `HOST:PORT`, an IPv6 address in brackets.
    fileprivate func listeningAddress() -> (host: String, port: Int)? {
        guard let text = text() else { return nil }
        guard let colon = text.lastIndex(of: ":"), let host = Self.host(of: text[..<colon]),
            let port = Self.port(text[text.index(after: colon)...])
        else {
            report(
                "'\(name)' must be an address and a port",
                hint: "write 127.0.0.1:9464, or \"[::1]:9464\" in quotes"
            )
            return nil
        }
        return (host, port)
    }

    private static func port(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text == "0" || text.first != "0"
        else { return nil }
        return Int(text).flatMap { $0 <= 65_535 ? $0 : nil }
    }
}
