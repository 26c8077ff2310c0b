internal import Grants

/// Notices that a provider stopped answering while a batch is asked: the rest would only wait.
struct Silence {
    /// So many calls in a row without an answer, and none that came through between them.
    static let limit = 5

    private var inARow = 0

    /// Takes the next result, nil for an answer; whether it is enough.
    ///
    /// A call that was not sent, because the server wants quiet, is enough alone. A refused connection costs no time
    /// and is none of it.
    mutating func isLasting(_ why: UnknownReason?, wasSent: Bool = true) -> Bool {
        let isSlow = why == .timeout || why == .rateLimited || why == .serverError
        inARow = isSlow ? inARow + 1 : 0
        return inARow >= Self.limit || !wasSent
    }
}

/// Applies `body` to every element, `width` at once; results are in the elements' order.
///
/// Once `until` says so of a result, no more are begun: theirs are nil.
func inParallel<Element: Sendable, Result: Sendable>(
    _ elements: [Element],
    width: Int,
    _ body: @escaping @Sendable (Element) async -> Result,
    until isEnough: (Result) -> Bool
) async -> [Result?] {
    await withTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: elements.count)
        var next = 0
        var isOver = false
        func add() {
            guard next < elements.count, !isOver else { return }
            let index = next
            next += 1
            group.addTask { (index, await body(elements[index])) }
        }
        for _ in 0..<max(1, width) { add() }
        while let (index, result) = await group.next() {
            results[index] = result
            if isEnough(result) { isOver = true }
            add()
        }
        return results
    }
}
