/// What the jobs do not stand yet, and what is therefore not asked of them; empty and false once it is mended.
enum Awaited {
    /// Not drawn: a clock that is set back, or a reload, between the plan and what is applied of it.
    static let disturbances: Set<Disturbance> = [.rightAtTheLook, .behindAtTheLook, .observesAtTheLook]
    /// Not asserted: that the server is looked at before a superseded grant ends behind a closed valve.
    static let superseded = true
}
