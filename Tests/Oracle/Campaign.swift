import Grants

/// Plays one world after another and keeps the score.
struct Campaign {
    /// How often each rule decides in a million grant-days, at the least.
    private static let fewest = 1_000

    private let seed: UInt64
    private var counts = [Int](repeating: 0, count: Rule.allCases.count)
    private var ends = [Int](repeating: 0, count: Rule.allCases.count)
    private var resurfaced = 0
    private(set) var passed = 0
    private(set) var failed = 0

    init(_ seed: UInt64) {
        self.seed = seed
        print("seed \(seed)")
    }

    /// The first world that goes wrong is shown, as small as it still goes wrong, and ends the campaign.
    mutating func play(_ grantDays: Int) {
        var (played, number) = (0, 0)
        while played < grantDays {
            let world = World(seed: seed, number: number)
            let worker = Self.played(world)
            played += world.days * world.population
            number += 1
            for rule in Rule.allCases {
                counts[rule.ordinal] += worker.referee.counts[rule.ordinal]
                ends[rule.ordinal] += worker.referee.ends[rule.ordinal]
            }
            resurfaced += worker.referee.resurfaced
            guard worker.referee.failure != nil else {
                passed += 1
                continue
            }
            failed += 1
            _ = Self.show(world, nil)
            break
        }
        print("\(number) worlds, \(played) grant-days; \(resurfaced) uses after an end")
    }

    /// Every mutant has to be noticed in some world.
    mutating func playMutants(_ grantDays: Int) {
        for mutant in Mutant.allCases {
            var (played, number) = (0, 0)
            var failure: String?
            while failure == nil, played < grantDays {
                let world = World(seed: seed, number: number)
                failure = Self.played(world, mutant).referee.failure
                played += world.days * world.population
                number += 1
            }
            if let failure {
                passed += 1
                print("noticed in world \(number - 1): \(mutant.rawValue): \(failure)")
            } else {
                failed += 1
                print("NOT NOTICED in \(number) worlds: \(mutant.rawValue)")
            }
        }
    }

    /// How often each rule decided: one that never does proves nothing.
    mutating func close(_ grantDays: Int) {
        // A smaller campaign is a smaller sample, too: half of its share is enough.
        let fewest = Self.fewest * grantDays / (grantDays < 1_000_000 ? 2_000_000 : 1_000_000)
        for rule in Rule.allCases where rule != .byHand {
            let count = counts[rule.ordinal]
            let isEnough = count >= fewest
            if isEnough { passed += 1 } else { failed += 1 }
            let words = isEnough ? "" : ", FEWER than \(fewest)"
            print("\(rule.rawValue): \(count) decisions, \(ends[rule.ordinal]) ends\(words)")
        }
        print("\(passed) passed, \(failed) failed")
    }

    private static func played(_ world: World, _ mutant: Mutant? = nil, only: [Int]? = nil) -> Worker {
        var worker = Worker(world, mutant: mutant, only: only)
        worker.play()
        return worker
    }

    /// Shows a world with all that happened in it; one that goes wrong without the grants that do not matter.
    ///
    /// False: it goes wrong.
    static func show(_ world: World, _ mutant: Mutant?) -> Bool {
        var only = Array(0..<world.population)
        if played(world, mutant).referee.failure != nil {
            for grant in only {
                let fewer = only.filter { $0 != grant }
                if played(world, mutant, only: fewer).referee.failure != nil { only = fewer }
            }
        }
        var worker = Worker(world, mutant: mutant, only: only, isTraced: true)
        worker.play()
        Transcript.show(worker, only)
        return worker.referee.failure == nil
    }
}
