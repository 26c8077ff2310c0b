import Grants

/// The members of an event that are looked at.
struct WatchedEvent {
    let type: String
    let provider: String
    let grant: String
    let reason: String
    let why: String
    let rule: Rule?

    init(_ event: OutgoingEvent) {
        let json = String(decoding: event.json, as: UTF8.self)
        func member(_ name: String) -> String {
            json.split(separator: "\"\(name)\":\"", maxSplits: 1).dropFirst().first.map {
                String($0.prefix { $0 != "\"" })
            }
                ?? ""
        }
        type = event.type
        provider = member("provider")
        grant = member("grant")
        reason = member("reason")
        why = member("why")
        rule = Rule(rawValue: member("rule"))
    }
}
