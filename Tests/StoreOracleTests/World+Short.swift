import Grants

@testable import oracle

extension World {
    /// A world in which as much happens in fewer days: the periods are the shortest of those that are drawn.
    static func short(seed: UInt64, number: Int, days: Int) -> World {
        var world = World(seed: seed, number: number)
        world.days = days
        // The policy stays: a changed one voids what is held, which is not what is looked for here.
        world.wavers = false
        world.massEnd = 0
        world.population = 8
        world.mendsAfter = min(world.mendsAfter, 2)
        if world.server != .forgetting {
            world.policy.idleAfter = .days(7)
            world.policy.newGrantGrace = min(world.policy.newGrantGrace, .days(3))
            world.policy.notice = min(world.policy.notice, .days(3))
            world.policy.lifetimeNotice = .days(3)
            if !world.isOrdinary { world.policy.maxLifetime = .days([20, 30, 120][number % 3]) }
        }
        // What stops everything for long stops it in some worlds alone.
        if number % 4 != 3 {
            (world.misnamedPercent, world.garbles, world.isTold, world.canRevoke) = (0, false, true, true)
            if world.naming == .token { world.naming = .grant }
        }
        if number % 8 == 6 { world.revocationLies = true }
        if number % 4 == 2, !world.isOrdinary { world.acknowledgesAfter = 2 }
        // Families of successors, in every fourth world at the least.
        if number % 4 == 1, world.server != .forgetting, world.server != .rotating {
            world.server = .rotating
            world.tokenLifetime = 5 * Span.day
            world.naming = .grant
            world.successorsHaveNewIDs = true
            (world.exportDays, world.exportAge, world.isDaily) = (1, 0, false)
        }
        return world
    }

    /// What a subject is called: with a letter that Unicode can write in two ways.
    static func subject(_ number: Int) -> String { "s\u{E9}-\(number)" }

    /// The number of the refresh token that is current together with an access token of this number.
    func refreshToken(_ token: Int) -> Int { server == .rotating ? token : 0 }
}
