/// A recurring stretch of time in which nothing is ended, quarantined or announced (`rotation.blackout`).
package struct Blackout: Hashable, Sendable {
    /// When it begins: five fields, or `@daily` and the like.
    package var cron: String
    package var length: Duration
    /// A name of the time zone database, such as `Europe/Berlin`.
    package var timeZone: String
    package var reason: String

    package init(cron: String, length: Duration, timeZone: String = "UTC", reason: String) {
        self.cron = cron
        self.length = length
        self.timeZone = timeZone
        self.reason = reason
    }
}
