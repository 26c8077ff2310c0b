internal import Grants

/// How fast a provider really was asked in a long run; kept in the store for the forecast.
struct QuestionRate: Sendable {
    /// Fewer questions, or less time, measure nothing.
    static let fewest = 100
    static let shortest = Duration.seconds(5)

    let perSecond: Double

    init?(asked: Int, in time: Duration) {
        guard asked >= Self.fewest, time >= Self.shortest else { return nil }
        perSecond = Double(asked) * 1_000 / Double(time.milliseconds)
    }

    init?(stored text: String?) {
        guard let thousandths = text.flatMap({ Int64($0) }), thousandths > 0 else { return nil }
        perSecond = Double(thousandths) / 1_000
    }

    var stored: String { String(max(1, Int64(min(perSecond * 1_000, 1e15)))) }

    static func setting(of provider: ProviderID) -> String { "question_rate:\(provider)" }
}
