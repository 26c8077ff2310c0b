internal import Grants
internal import Scheduling

extension Blackout {
    /// A blackout, or nil after its mistakes were reported.
    init?(_ value: YAMLValue) {
        let shape = YAMLValue.Shape(
            known: ["cron", "for", "time_zone", "reason"],
            required: ["cron", "for", "reason"]
        )
        guard let members = value.members(shape) else { return nil }
        let cron = members["cron"]?.cron()
        let length = members["for"]?.duration(mayBeZero: false)
        let zone = members["time_zone"]?.timeZone()
        let reason = members["reason"]?.text()
        guard let cron, let length, let reason, zone != nil || members["time_zone"] == nil else { return nil }
        self.init(cron: cron, length: length, timeZone: zone ?? "UTC", reason: reason)
        warnIfEndless(value)
    }

    private func warnIfEndless(_ value: YAMLValue) {
        guard let calendar = try? BlackoutCalendar([self], zones: value.reading.zones),
            let first = calendar.stretches(from: .distantPast, to: .distantPast + .days(1_000)).first, first.end == nil
        else { return }
        value.reading.warn(
            at: value.place,
            "'\(value.name)' is always on: it starts anew before it is over, so nothing is ever ended",
            hint: "shorten 'for', or write 'mode: observe' if that is meant"
        )
    }
}
