/// Why a schedule, a blackout or a time zone cannot be used.
package struct ScheduleError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// The cron expression breaks the grammar, or names what does not exist.
        case badCron = "bad_cron"
        /// No such name in the time zone database.
        case unknownZone = "unknown_zone"
        /// The time zone database is not installed.
        case noZones = "no_zones"
        /// The zone's file cannot be read or is damaged.
        case badZone = "bad_zone"
        /// An interval is too short to plan with.
        case badInterval = "bad_interval"
    }

    package var code: Code
    /// Which part is wrong: `minute`, `day of week`; nil: the whole.
    package var field: String?
    /// A sentence without a full stop, lower case.
    package var message: String
    /// What to do about it, if that is known.
    package var hint: String?

    package init(_ code: Code, field: String? = nil, _ message: String, hint: String? = nil) {
        self.code = code
        self.field = field
        self.message = message
        self.hint = hint
    }
}

extension ScheduleError: CustomStringConvertible {
    /// The message, without the hint.
    package var description: String { message }
}
