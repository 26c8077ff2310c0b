internal import Grants
internal import Synchronization

/// Questions that are asked one after another by several at once, with their answers.
final class QuestionRound: Sendable {
    private struct State {
        var answers: [IntrospectionAnswer?]
        var next = 0
        var isOver = false
    }

    private let questions: [TokenQuestion]
    private let isEnough: @Sendable (IntrospectionAnswer) -> Bool
    private let state: Mutex<State>

    init(_ questions: [TokenQuestion], until isEnough: @escaping @Sendable (IntrospectionAnswer) -> Bool) {
        self.questions = questions
        self.isEnough = isEnough
        state = Mutex(State(answers: Array(repeating: nil, count: questions.count)))
    }

    /// In the questions' order; nil: it was not begun.
    var answers: [IntrospectionAnswer?] { state.withLock { $0.answers } }

    subscript(index: Int) -> TokenQuestion { questions[index] }

    /// The next question; nil: there is none, or it is enough.
    func begin() -> Int? { state.withLock { take(&$0) } }

    /// Takes an answer, and the next question as by ``begin()``.
    func end(_ index: Int, _ answer: IntrospectionAnswer) -> Int? {
        state.withLock { state in
            state.answers[index] = answer
            // One at a time, in the order in which they come in.
            if isEnough(answer) { state.isOver = true }
            return take(&state)
        }
    }

    private func take(_ state: inout State) -> Int? {
        guard state.next < questions.count, !state.isOver else { return nil }
        defer { state.next += 1 }
        return state.next
    }
}
