import Grants

/// Plays worlds until so many grant-days are over, and compares every end with what was true.
///
/// `oracle [--grant-days N] [--seed S] [--world W] [--mutant NAME]`
struct Arguments {
    var grantDays = 1_000_000
    var seed: UInt64 = 1
    var world: Int?
    var mutant: Mutant?
    var keepsGoing = false

    init(_ words: [String]) {
        var words = words.dropFirst()
        while let word = words.popFirst() {
            let value = word == "--all" ? "" : words.popFirst() ?? ""
            switch word {
            case "--grant-days": grantDays = Int(value) ?? 0
            case "--seed": seed = UInt64(value) ?? 0
            case "--world": world = Int(value)
            case "--mutant": mutant = Mutant(rawValue: value)
            case "--all": keepsGoing = true
            default: fatalError("unknown argument \(word)")
            }
        }
    }
}

let arguments = Arguments(CommandLine.arguments)
var played = 0
var number = arguments.world ?? 0
var failed = 0
var passed = 0
var counts = [Int](repeating: 0, count: Rule.allCases.count)
var ends = counts
var kinds: [String: (Int, Int)] = [:]
print("seed \(arguments.seed)")
while played < arguments.grantDays {
    let world = World(seed: arguments.seed, number: number)
    var worker = Worker(world, mutant: arguments.mutant, isTraced: arguments.world != nil)
    let begun = ContinuousClock.now
    worker.play()
    let took = ContinuousClock.now - begun
    if took > .milliseconds(400) { print("slow \(number) \(took) \(world.days * world.population) \(worker.stored.count)") }
    played += world.days * world.population
    for rule in Rule.allCases {
        counts[rule.ordinal] += worker.referee.counts[rule.ordinal]
        ends[rule.ordinal] += worker.referee.ends[rule.ordinal]
    }
    if let failure = worker.referee.failure {
        failed += 1
        let kind = String(failure.prefix(3)) + " " + "\(world.server)"
        kinds[kind] = ((kinds[kind]?.0 ?? 0) + 1, kinds[kind]?.1 ?? number)
        if !arguments.keepsGoing {
            print("world \(number): \(failure)")
        }
        if arguments.world != nil { Transcript.print(worker, failure) }
        if !arguments.keepsGoing, arguments.world == nil { break }
    } else {
        passed += 1
        if arguments.world != nil { Transcript.print(worker, "none") }
    }
    if arguments.world != nil { break }
    number += 1
}
for rule in Rule.allCases { print("\(rule.rawValue)\t\(counts[rule.ordinal])\tends \(ends[rule.ordinal])") }
for (kind, value) in kinds.sorted(by: { $0.key < $1.key }) { print("\(kind): \(value.0), first world \(value.1)") }
print("\(played) grant-days; \(passed) passed, \(failed) failed")
