import Grants
import RotationWorker
import Synchronization

@testable import oracle

/// What goes wrong, at its moment.
extension StoreWorker {
    /// What is done at once; the rest happens while a request is on its way.
    mutating func disturb(_ disturbance: Disturbance, _ day: Int) async throws {
        watch.note("disturbed: \(disturbance.rawValue)")
        isDisturbed = true
        if disturbance.moment == .before || disturbance == .frozenAtTheQueue { watch.count(disturbance.rawValue) }
        switch disturbance {
        case .frozenBefore, .frozenAtTheQueue:
            frozenSince = day
            try await Self.freeze(installation, inFlight: 0)
        case .frozenAtTheLook, .frozenInFlight: frozenSince = day
        case .refusedBefore: installation.server.refuse(with: 401)
        case .aheadBefore: clock.step(by: 6 * Span.day)
        default: break
        }
    }

    /// At the first answer between the plan and what is applied of it.
    func disturbLook(_ disturbance: Disturbance) {
        let (installation, watch, clock) = (installation, watch, clock)
        let first = Once()
        installation.server.before { call in
            guard call == .metadata, first.take() else { return }
            switch disturbance {
            case .frozenAtTheLook: try? await Self.freeze(installation, inFlight: 0)
            case .aheadAtTheLook: clock.step(by: 6 * Span.day)
            case .behindAtTheLook, .rightAtTheLook: clock.step(by: -6 * Span.day)
            case .observesAtTheLook:
                installation.mode.set(.observe)
                watch.with { $0.isObserving = true }
            default: return
            }
            watch.count(disturbance.rawValue)
        }
    }

    /// In the queue's run: at its first question, or when its first order reaches the server.
    func disturbQueue(_ disturbance: Disturbance, queued: Int) {
        let (installation, watch, clock) = (installation, watch, clock)
        let first = Once()
        let awaited: TrueServer.Call = disturbance == .frozenInFlight ? .revocation : .introspection
        installation.server.before { call in
            guard disturbance != .frozenAtTheQueue, call == awaited, first.take() else { return }
            switch disturbance {
            case .frozenInFlight:
                try? await Self.freeze(installation, inFlight: 1)
                if queued > 1 { watch.count("frozen in flight with others behind") }
            case .refusedAtTheQueue: installation.server.refuse(with: 401)
            case .forbiddenAtTheQueue: installation.server.refuse(with: 403)
            case .aheadAtTheQueue: clock.step(by: 6 * Span.day)
            default: break
            }
            watch.count(disturbance.rawValue)
        }
    }
}

/// True once.
private final class Once: Sendable {
    private let state = Mutex(false)
    func take() -> Bool {
        state.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }
}
