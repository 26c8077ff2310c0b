internal import Grants
internal import Records
internal import RotationWorker

/// Writes down that a run has failed.
struct RunLog {
    private let session: Session
    private let environment: ProgramEnvironment

    init(_ session: Session, _ environment: ProgramEnvironment) {
        self.session = session
        self.environment = environment
    }

    /// Runs the body; when it throws, the run is recorded as failed.
    func watching<Result>(_ run: Int64, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch {
            await fail(run, error)
            throw error
        }
    }

    private static func summary(_ failure: CommandError) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.object("error") { writer in
                writer.member("code", failure.code)
                writer.member("message", failure.message)
                writer.member("hint", failure.hint)
            }
        }
        return writer.bytes
    }

    /// The store may be what failed, so this is tried and no more.
    func fail(_ run: Int64, _ error: any Error) async {
        let (now, actor, failure) = (environment.clock.now(), environment.actor, CommandError(error))
        try? await session.store.write { writing in
            var event = Event(Event.Kind.runFailed, at: now)
            event.reason = failure.code
            event.run = run
            event.actor = actor
            try writing.append(event, about: nil)
            try writing.endRun(run, outcome: "failed", summary: Self.summary(failure), at: now)
        }
    }
}
