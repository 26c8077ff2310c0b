internal import Glibc

/// The names by which the metrics may be asked for.
///
/// A page in a browser can have its own name lead to this address (DNS rebinding), and would then read what only this
/// machine may: its name stands in `Host`, and is none of these.
struct ServedHosts: Sendable {
    private let names: Set<String>
    /// All of the machine's addresses are listened on, so any may be right.
    private let takesAnyAddress: Bool

    /// `host` is what is listened on, `more` what an operator calls it besides.
    init(listeningOn host: String, more: [String] = [], machine: String? = ServedHosts.machineName) {
        var names = Set((more + [host]).map(Self.canonical))
        let own = Self.canonical(host)
        takesAnyAddress = own == "0.0.0.0" || own == "::"
        if takesAnyAddress {
            names.insert("localhost")
            if let machine { names.insert(Self.canonical(machine)) }
        }
        if own == "localhost" { names.formUnion(["127.0.0.1", "::1"]) }
        if own == "127.0.0.1" || own == "::1" { names.insert("localhost") }
        self.names = names
    }

    /// Whether a request's `Host` is one of them; nil: it had none.
    func includes(_ authority: String?) -> Bool {
        guard let authority else { return false }
        let host = Self.canonical(Self.host(of: authority))
        return names.contains(host) || (takesAnyAddress && Self.isAddress(host))
    }

    /// Without the port and the brackets.
    private static func host(of authority: String) -> String {
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    private static func canonical(_ host: String) -> String {
        var host = host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        var address = in6_addr()
        guard inet_pton(AF_INET6, host, &address) == 1 else { return host }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(INET6_ADDRSTRLEN)) != nil else { return host }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func isAddress(_ host: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }

    static let machineName: String? = {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0, name[0] != 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}
