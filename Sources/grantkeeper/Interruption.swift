internal import Dispatch
internal import Synchronization

/// Ends the work at a signal: what is in hand is finished or undone, then the program ends.
final class Interruption: Sendable {
    private struct State {
        var sources: [any DispatchSourceSignal] = []
        var isReleased = false
    }

    private let state = Mutex(State())

    func cancel(_ work: Task<Int32, Never>, at numbers: [Int32]) {
        state.withLock { state in
            guard !state.isReleased else { return }
            for number in numbers {
                // Dispatch has a handler of its own; ignoring the signal before would lose one that comes in between.
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { [self] in
                    if !self.state.withLock(\.isReleased) { work.cancel() }
                }
                source.resume()
                state.sources.append(source)
            }
        }
    }

    /// Leaves the signals to somebody else.
    ///
    /// The sources stay: a signal that comes while one is taken down is lost.
    func release() { state.withLock { $0.isReleased = true } }
}
