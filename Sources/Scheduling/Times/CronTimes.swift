internal import Grants
internal import Records

/// When a cron expression is due on the clocks of a zone.
///
/// The clock of a zone jumps where its offset changes, for summer time or for good. A job with a fixed time starts
/// when the clock *first* shows that time or passes it: a time that is skipped, by an hour or by a whole day, is
/// made up at the very change, and one that is shown twice counts once. Times that are skipped together start the
/// job once. A job whose minute or hour begins with `*` follows the clock: it starts whenever the clock shows a
/// time of it, so twice in a repeated hour and not at all in a skipped one.
struct CronTimes: Hashable, Sendable {
    let expression: CronExpression
    let rules: TimeZoneRules

    /// The first start after an instant; nil: none before the year 10000.
    func next(after instant: Timestamp) -> Timestamp? {
        guard instant.milliseconds < RFC3339.latest else { return nil }
        let from = TimeZoneRules.seconds(instant) + (instant.milliseconds < RFC3339.earliest ? 0 : 1)
        return first(from: from).map { Timestamp(milliseconds: Int64($0) * 1_000) }
    }

    /// The first start at or after a second of UTC; nil: none before the year 10000.
    func first(from: Int) -> Int? {
        var from = from
        while from <= Self.last {
            let stretch = rules.stretch(at: from)
            var shown = from + stretch.offset
            if !expression.isWildcard, let reached = reached(before: stretch) {
                if from == stretch.start, reached < shown,
                    let skipped = expression.firstMatch(from: reached), skipped <= shown
                {
                    return from
                }
                shown = max(shown, reached)
            }
            guard let match = expression.firstMatch(from: shown) else { return nil }
            if stretch.end == .max || match < stretch.end + stretch.offset { return match - stretch.offset }
            // Within twice the farthest offset a later stretch may show a time once more. Beyond it no clock shows a
            // time before `shown`, and none shows the match before it is as near as the farthest offset.
            from =
                stretch.end - from <= 2 * TimeZoneRules.farthest
                ? stretch.end : max(stretch.end, match - TimeZoneRules.farthest)
        }
        return nil
    }

    /// 9999-12-31T23:59:59Z.
    private static let last = 253_402_300_799

    /// Up to which local time, itself excluded, the clock came before a stretch; nil: it has no before.
    private func reached(before stretch: TimeZoneRules.Stretch) -> Int? {
        guard stretch.start != .min else { return nil }
        var reached = Int.min
        var end = stretch.start
        // What ended earlier than this showed an earlier time, whatever the offsets.
        while end > stretch.start - 2 * TimeZoneRules.farthest {
            let before = rules.stretch(at: end - 1)
            reached = max(reached, end + before.offset)
            guard before.start != .min else { break }
            end = before.start
        }
        return reached
    }
}
