internal import Grants

/// Removes what only purged rows needed: references to subjects, and counts of ends beyond any window.
struct LeftoverPurge: Sendable {
    static let limit = 50_000

    let endsBefore: Timestamp

    func perform(_ work: PurgeWork) async throws {
        var last: Int64 = 0
        while true {
            let from = last
            let (head, references) = try await work.store.read {
                (try $0.journalHead().seq, try $0.unnamedSubjects(after: from, limit: Self.limit))
            }
            guard let end = references.last else { break }
            last = end
            var index = 0
            while index < references.count {
                let start = index
                let next = try await work.writing { writing, slice in
                    var next = start
                    while next < references.count, next == start || !slice.isOver {
                        _ = try writing.purgeSubject(references[next], unnamedAt: head)
                        next += 1
                    }
                    return next
                }
                guard let next else { return }
                index = next
            }
        }
        while let removed = try await work.writing({ writing, _ in
            try writing.purgeEnds(before: endsBefore, limit: 2_000)
        }), removed > 0 {}
    }
}
