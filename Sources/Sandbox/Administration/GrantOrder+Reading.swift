import Grants
import Records

extension GrantOrder {
    /// Reads one array of orders, or one order a line.
    static func readAll(_ body: [UInt8], clients: [ClientID: SandboxClient]) throws(RecordError)
        -> [GrantOrder]
    {
        var orders: [GrantOrder] = []
        guard body.first(where: { !" \t\r\n".utf8.contains($0) }) != UInt8(ascii: "[") else {
            return try JSONScanner.scan(bytes: body) { (scanner) throws(RecordError) in
                try scanner.beginArray()
                while try scanner.nextElement() {
                    orders.append(try GrantOrder(&scanner, clients))
                }
                return orders
            }
        }
        var line = 0
        var start = 0
        while start < body.count {
            line += 1
            let end = body[start...].firstIndex(of: UInt8(ascii: "\n")) ?? body.count
            if start < end {
                let order = try JSONScanner.scan(bytes: body.span.extracting(start..<end), line: line) {
                    (scanner) throws(RecordError) in try GrantOrder(&scanner, clients)
                }
                orders.append(order)
            }
            start = end + 1
        }
        return orders
    }

    private init(
        _ scanner: inout JSONScanner,
        _ clients: [ClientID: SandboxClient]
    ) throws(RecordError) {
        var client: ClientID?
        var order = GrantOrder(
            client: "",
            scopes: ScopeSet([]),
            hasRefreshToken: true,
            accessExpiresIn: .hours(1)
        )
        try scanner.beginObject()
        while let name = try scanner.nextMember() {
            switch name {
            case "id": order.id = try scanner.readStringOrNull(maximumBytes: 256)
            case "client":
                let id = ClientID(try scanner.readString(maximumBytes: 256))
                guard clients[id] != nil else {
                    let known = clients.keys.sorted().map(\.rawValue)
                    throw scanner.error(
                        .badValue,
                        "there is no such client",
                        hint: "the clients are \(known.joined(separator: ", "))"
                    )
                }
                client = id
            case "subject": order.subject = try scanner.readStringOrNull(maximumBytes: 256)
            case "scopes": order.scopes = try readScopes(&scanner)
            case "refresh": order.hasRefreshToken = try scanner.readBool()
            case "access_expires_in":
                order.accessExpiresIn =
                    try scanner.readNullIfPresent() ? nil : .milliseconds(try readSeconds(&scanner) * 1_000)
            case "script": order.script = try AnswerScript(&scanner)
            default:
                try scanner.skipUnknownMember(name, known: Self.memberNames)
            }
        }
        order.client = try scanner.require(client, "client")
        self = order
    }

    private static let memberNames: MemberSet = [
        "id", "client", "subject", "scopes", "refresh", "access_expires_in", "script",
    ]
}

extension AnswerScript {
    fileprivate init(_ scanner: inout JSONScanner) throws(RecordError) {
        try scanner.beginObject()
        while let name = try scanner.nextMember() {
            switch name {
            case "introspect": introspect = try Self.readSteps(&scanner, areRevocations: false)
            case "revoke": revoke = try Self.readSteps(&scanner, areRevocations: true)
            default: try scanner.skipUnknownMember(name, known: ["introspect", "revoke"])
            }
        }
    }

    private static func readSteps(
        _ scanner: inout JSONScanner,
        areRevocations: Bool
    ) throws(RecordError) -> [Step] {
        var steps: [Step] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            let step = try scanner.readWord(of: Step.self)
            guard areRevocations || !step.isForRevocation else {
                throw scanner.error(.badValue, "\(step.rawValue) says something of revocations only")
            }
            steps.append(step)
        }
        return steps
    }
}

private func readScopes(_ scanner: inout JSONScanner) throws(RecordError) -> ScopeSet {
    var names: [String] = []
    try scanner.beginArray()
    while try scanner.nextElement() {
        let name = try scanner.readString()
        guard ScopeSet.isValidToken(name) else {
            throw scanner.error(.badValue, "a scope has to be a scope-token of RFC 6749 §3.3")
        }
        names.append(name)
    }
    return ScopeSet(names)
}

/// Negative for a token that has ended before it begins.
private func readSeconds(_ scanner: inout JSONScanner) throws(RecordError) -> Int64 {
    let seconds = try scanner.readInt64()
    guard (-3_153_600_000...3_153_600_000).contains(seconds) else {
        throw scanner.error(.outOfRange, "the number has to be less than a hundred years")
    }
    return seconds
}
