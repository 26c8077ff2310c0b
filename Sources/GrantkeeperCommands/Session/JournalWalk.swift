internal import Grants
internal import Records
internal import RotationWorker

/// Walks the journal for people and scripts who read it.
struct JournalWalk {
    private let store: any GrantStore

    init(_ store: any GrantStore) { self.store = store }

    /// Every event after a place that matches, in order; stops when `body` says so.
    func forEach(
        after seq: Int64 = 0,
        where wanted: (JSONObject) -> Bool,
        _ body: (JSONObject) -> Bool
    ) async throws {
        var last = seq
        while true {
            let from = last
            let entries = try await store.read { try $0.journal(after: from, limit: 1_000) }
            guard let end = entries.last else { return }
            last = end.seq
            for entry in entries {
                let event = try JSONObject(parsing: OutgoingEvent(entry).json)
                if wanted(event), !body(event) { return }
            }
        }
    }

    /// The last matching events, oldest first.
    func events(limit: Int, where wanted: (JSONObject) -> Bool) async throws -> [JSONObject] {
        var found: [JSONObject] = []
        try await forEach(where: wanted) { event in
            found.append(event)
            if found.count > limit { found.removeFirst() }
            return true
        }
        return found
    }

    static func row(_ event: JSONObject) -> [String] {
        let actor = event["actor"]?.objectValue
        let by = actor?["user"]?.stringValue ?? actor?["kind"]?.stringValue ?? ""
        return [
            event["at"]?.stringValue ?? "", event["type"]?.stringValue ?? "",
            Console.printable(event["reason"]?.stringValue ?? ""), Console.printable(by),
        ]
    }
}
