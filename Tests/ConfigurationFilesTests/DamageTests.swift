import ConfigurationFiles
import GrantsTestSupport
import Testing

@Suite struct `Damaged configuration files` {
    /// Any text ends in a configuration or in problems with a place; it never ends the process.
    static func judge(_ text: String, seed: UInt64) {
        do {
            _ = try ConfigurationFile.parse(text, path: "c.yaml", checks: .none)
        } catch {
            #expect(!error.problems.isEmpty, "seed \(seed)")
            #expect(error.problems.allSatisfy { $0.line > 0 && $0.column > 0 }, "seed \(seed)\n\(text)")
            let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.count
            #expect(error.problems.allSatisfy { $0.line <= lines + 1 }, "seed \(seed)\n\(text)")
        }
    }

    @Test func `lines deleted, doubled or swapped give problems with a place`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the damaged lines: \(seed)")
        var random = SplitMix64(seed: seed)
        let whole = try `Reading configuration files`.withExamples(
            contents(of: repositoryFile("etc/grantkeeper.yaml"))
        )
        for _ in 0..<1_000 {
            var lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: lines.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: lines.remove(at: index)
                case 1: lines.insert(lines[index], at: index)
                default: lines.swapAt(index, Int.random(in: lines.indices, using: &random))
                }
            }
            Self.judge(lines.joined(separator: "\n"), seed: seed)
        }
    }

    @Test func `characters deleted, doubled or replaced give problems with a place`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the damaged characters: \(seed)")
        var random = SplitMix64(seed: seed)
        let whole = Array(
            try `Reading configuration files`.withExamples(
                contents(of: repositoryFile("etc/grantkeeper.yaml"))
            )
        )
        let marks = Array("{}[]:,&*!|>'\"%@`#-?~\t\n\r\u{0}\u{FEFF}ä☂0")
        for _ in 0..<1_000 {
            var text = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: text.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text.remove(at: index)
                case 1: text.insert(text[index], at: index)
                default: text[index] = marks[Int.random(in: marks.indices, using: &random)]
                }
            }
            Self.judge(String(text), seed: seed)
        }
    }

    @Test(arguments: ["[", "{", "- ", "{a: ", "? ", "&a ", "!x ", "*a: "])
    func `nesting without end is a problem, not a crash`(part: String) {
        let found = problems(String(repeating: part, count: 20_000))
        #expect(!found.isEmpty)
    }
}
