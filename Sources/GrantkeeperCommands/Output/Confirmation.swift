internal import Dispatch
internal import Glibc

/// A question to a person at a terminal.
struct Confirmation {
    private let environment: ProgramEnvironment

    init(_ environment: ProgramEnvironment) { self.environment = environment }

    /// Somebody sits there: what is asked is seen, and what is typed comes from a person.
    var isPossible: Bool { environment.showsProgress && isatty(environment.standardInput) == 1 }

    /// Asks and waits for one line, without the blanks around it; nil: there is no more.
    ///
    /// A person takes their time: it waits on a thread of its own, and everything else goes on.
    func ask(_ question: String) async -> String? {
        environment.errors.write(Array("\(question) ".utf8))
        return await withCheckedContinuation { continuation in
            DispatchQueue(label: "grantkeeper.confirmation").async { continuation.resume(returning: line()) }
        }
    }

    private func line() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 4_096 {
            let count = read(environment.standardInput, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return line.isEmpty ? nil : text(line) }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return text(line)
    }

    private func text(_ line: [UInt8]) -> String {
        let blanks: [UInt8] = [0x20, 0x09, 0x0D]
        let begin = line.firstIndex { !blanks.contains($0) } ?? line.endIndex
        let end = line.lastIndex { !blanks.contains($0) }.map { $0 + 1 } ?? begin
        return String(decoding: line[begin..<end], as: UTF8.self)
    }
}
