import Grants
import Records

/// An instant as RFC 3339 has it.
func at(_ text: String) -> Timestamp {
    guard let milliseconds = RFC3339.parse(text) else { fatalError("'\(text)' is no instant") }
    return Timestamp(milliseconds: milliseconds)
}

func schedule(_ cron: String, in zone: String = "UTC") -> Schedule {
    var schedule = Schedule(name: "test", job: .expire, timing: .cron(cron))
    schedule.timeZone = zone
    return schedule
}
