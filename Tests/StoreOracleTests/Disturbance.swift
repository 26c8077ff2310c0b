@testable import oracle

/// What goes wrong in a night, and at which moment of it.
enum Disturbance: String, CaseIterable {
    /// A person freezes everything before the run.
    case frozenBefore = "frozen before the run"
    /// The server refuses our client from before the run on.
    case refusedBefore = "refused before the run"
    /// The worker's clock is set wrong before the run.
    case aheadBefore = "clock ahead before the run"

    /// A person freezes between the plan and what is applied of it.
    case frozenAtTheLook = "frozen at the look"
    /// The worker's clock is set between the plan and the look at the server's `Date`.
    case aheadAtTheLook = "clock ahead at the look"
    case behindAtTheLook = "clock behind at the look"
    /// It was ahead when the run planned, and is right when it looks.
    case rightAtTheLook = "clock set right at the look"
    /// A reload says `observe`.
    case observesAtTheLook = "observe at the look"

    /// Between what was applied and the queue.
    case frozenAtTheQueue = "frozen at the queue"
    /// While an order is on its way.
    case frozenInFlight = "frozen in flight"
    /// From the queue's own probe on.
    case refusedAtTheQueue = "refused at the queue"
    case forbiddenAtTheQueue = "forbidden at the queue"
    case aheadAtTheQueue = "clock ahead at the queue"

    enum Moment: Int { case before, look, queue }

    var moment: Moment {
        switch self {
        case .frozenBefore, .refusedBefore, .aheadBefore: .before
        case .frozenAtTheLook, .aheadAtTheLook, .behindAtTheLook, .rightAtTheLook, .observesAtTheLook: .look
        case .frozenAtTheQueue, .frozenInFlight, .refusedAtTheQueue, .forbiddenAtTheQueue, .aheadAtTheQueue: .queue
        }
    }

    /// The `Date` tells that the worker's clock is wrong.
    private var setsClock: Bool {
        switch self {
        case .aheadBefore, .aheadAtTheLook, .behindAtTheLook, .rightAtTheLook, .aheadAtTheQueue: true
        default: false
        }
    }

    /// What goes wrong at this moment of a night; nil: nothing does.
    ///
    /// An ordinary world is left in peace, so that what ought to end in it does. `hasMore`: there is more to do than one thing.
    static func drawn(_ world: World, day: Int, _ moment: Moment, hasMore: Bool = false) -> Disturbance? {
        var draw = Draw(world.seed, world.number, -2 - moment.rawValue, day)
        guard !world.isOrdinary, draw.chance(moment == .before ? 8 : 40) else { return nil }
        if moment == .queue, hasMore, draw.chance(50) { return .frozenInFlight }
        let one = draw.one(of: allCases.filter { $0.moment == moment })
        return one.setsClock && !world.mayStep ? nil : one
    }
}

extension World {
    /// A wrong clock can be seen: without a `Date` a young canary would look old, and nothing could tell.
    var mayStep: Bool { date == .right && server != .forgetting }
}
