internal import Grants

/// Names as dense numbers, in the order of the names: equal sets of names have equal numbers.
struct Numbering<Name: Identifier>: Sendable {
    let names: [Name]
    private let numbers: [Name: Int]

    init(_ names: some Sequence<Name>) {
        var seen: Set<Name> = []
        self.names = names.filter { seen.insert($0).inserted }.sorted()
        var numbers: [Name: Int] = [:]
        numbers.reserveCapacity(self.names.count)
        for (number, name) in self.names.enumerated() { numbers[name] = number }
        self.numbers = numbers
    }

    var count: Int { names.count }

    /// nil: an unknown name.
    subscript(name: Name) -> Int? { numbers[name] }

    func names(of numbers: some Sequence<Int>) -> [Name] { numbers.map { names[$0] } }
}
