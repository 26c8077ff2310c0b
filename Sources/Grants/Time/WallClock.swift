/// The wall clock; everything that asks for the time is handed one, so a run can be replayed.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}
