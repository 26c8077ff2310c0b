internal import Dispatch
internal import Glibc
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
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { work.cancel() }
                source.resume()
                state.sources.append(source)
            }
        }
    }

    /// Leaves the signals to somebody else.
    func release() {
        state.withLock { state in
            for source in state.sources { source.cancel() }
            state.sources = []
            state.isReleased = true
        }
    }
}
