/// How the program ended: of several that apply the first in this order (`sysexits.h` where it has one).
package enum ExitStatus: Int32, Sendable {
    case badConfiguration = 78
    case usage = 64
    case badData = 65
    /// Another run holds the lock.
    case locked = 75
    case failed = 1
    /// No provider could be asked.
    case unavailable = 69
    /// Done, with findings or something held.
    case findings = 2
    case success = 0

    /// The run's outcome that the status stands for: one run has one, in its record, its schedule, metrics and log.
    var runOutcome: String {
        switch self {
        case .success: "done"
        case .unavailable: "unavailable"
        default: "held"
        }
    }
}
