internal import Dispatch
internal import RotationWorker
internal import Synchronization

/// One line on a terminal that says how far long work is; nothing where no terminal is.
final class ProgressLine: Sendable {
    private struct State {
        var last: UInt64 = 0
        var isShown = false
    }

    private let output: any TextOutput
    private let isShown: Bool
    private let state = Mutex(State())

    init(_ environment: ProgramEnvironment) {
        output = environment.errors
        isShown = environment.showsProgress
    }

    /// At most ten times a second.
    func show(_ progress: RotationEnvironment.Progress) {
        guard isShown else { return }
        let now = DispatchTime.now().uptimeNanoseconds
        let isDue = state.withLock { state in
            guard now - state.last > 100_000_000 else { return false }
            state.last = now
            state.isShown = true
            return true
        }
        guard isDue else { return }
        var text = "\r\u{1B}[K\(progress.step): \(Console.figure(progress.done))"
        if let total = progress.total { text += " of \(Console.figure(total))" }
        output.write(Array(text.utf8))
    }

    func clear() {
        let wasShown = state.withLock { state in
            defer { state.isShown = false }
            return state.isShown
        }
        if wasShown { output.write(Array("\r\u{1B}[K".utf8)) }
    }
}
