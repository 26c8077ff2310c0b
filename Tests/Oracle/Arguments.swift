/// What the command line asks for.
///
/// `oracle [--grant-days N] [--mutant-days N] [--seed S] [--world W [--mutant NAME]]`
struct Arguments {
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    var grantDays = 1_000_000
    /// For how many grant-days each mutant is played at most; nil: none is.
    var mutantDays: Int?
    var seed = UInt64.random(in: 0...999_999_999)
    /// One world, shown with all that happened in it.
    var world: Int?
    var mutant: Mutant?

    init(_ words: [String]) throws {
        var words = words[...]
        while let word = words.popFirst() {
            guard let value = words.popFirst() else { throw Mistake(description: "\(word) needs a value") }
            func number() throws -> Int {
                guard let number = Int(value), number >= 0 else {
                    throw Mistake(description: "\(word) needs a number, not '\(value)'")
                }
                return number
            }
            switch word {
            case "--grant-days": grantDays = try number()
            case "--mutant-days": mutantDays = try number()
            case "--seed": seed = UInt64(try number())
            case "--world": world = try number()
            case "--mutant":
                guard let known = Mutant(rawValue: value) else { throw Mistake(description: "no mutant '\(value)'") }
                mutant = known
            default: throw Mistake(description: "unknown option \(word)")
            }
        }
    }
}
