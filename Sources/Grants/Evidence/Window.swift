/// The unbroken stretch in which the use of a grant was observed.
package struct Window: Hashable, Sendable {
    package var from: Timestamp
    package var until: Timestamp

    package init(from: Timestamp, until: Timestamp) {
        self.from = from
        self.until = until
    }

    /// As much of it as lies before `now`: after a step of the clock the future is not observed.
    package func ended(by now: Timestamp) -> Window? {
        from <= now ? Window(from: from, until: Swift.min(until, now)) : nil
    }

    /// nil where they share no instant.
    package func intersection(_ other: Window) -> Window? {
        let from = Swift.max(from, other.from)
        let until = Swift.min(until, other.until)
        return from <= until ? Window(from: from, until: until) : nil
    }

    /// This window, begun earlier where `other` touches it.
    ///
    /// Its end stays: what `other` saw later says nothing about the feed that is declared to see
    /// every use, so a dead feed stays dead however fresh an import is.
    package func extendedBack(by other: Window) -> Window {
        other.until >= from && other.from <= until
            ? Window(from: Swift.min(from, other.from), until: until) : self
    }
}
