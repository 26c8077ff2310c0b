import Grants

/// What was asked and ordered about each grant that the administration issued, and what its script still says.
struct GrantHistory {
    struct Entry: Sendable {
        var id: String
        /// The refresh token, else the access token; the numbers are about this one.
        var speaker: Secret
        var script: AnswerScript
        /// Introspections that were answered.
        var introspections = 0
        var lastAnswer: Answered?
        /// Revocations that found it alive.
        var revocations = 0
        /// Revocations that found it ended.
        var needlessRevocations = 0
    }

    struct Answered: Sendable {
        var isActive: Bool
        var at: Timestamp
    }

    private(set) var entries: [Entry] = []
    private var indices: [String: Int] = [:]
    /// How many grants have steps left.
    private var scripted = 0

    var hasScripts: Bool { scripted > 0 }

    mutating func issued(_ grant: IssuedGrant, _ script: AnswerScript) {
        indices[grant.id] = entries.count
        entries.append(Entry(id: grant.id, speaker: grant.refreshToken ?? grant.accessToken, script: script))
        if !script.isEmpty { scripted += 1 }
    }

    mutating func nextStep(for grant: String, at endpoint: SandboxEndpoint) -> AnswerScript.Step? {
        guard let index = indices[grant], let step = entries[index].script.next(at: endpoint) else { return nil }
        if entries[index].script.isEmpty { scripted -= 1 }
        return step
    }

    mutating func introspected(_ token: Secret, of grant: String, isActive: Bool, at now: Timestamp) {
        guard let index = indices[grant], entries[index].speaker == token else { return }
        entries[index].introspections += 1
        entries[index].lastAnswer = Answered(isActive: isActive, at: now)
    }

    mutating func revoked(_ token: Secret, of grant: String, wasActive: Bool) {
        guard let index = indices[grant], entries[index].speaker == token else { return }
        if wasActive { entries[index].revocations += 1 } else { entries[index].needlessRevocations += 1 }
    }
}
