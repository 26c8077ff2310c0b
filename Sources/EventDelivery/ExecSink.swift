package import Grants
internal import Subprocess
internal import SystemPackage

/// Starts a program for each batch: events as NDJSON on its standard input; exit status 0 acknowledges.
///
/// It has a session of its own and, of our variables, only those of ``ChildEnvironment``: ours may hold secrets. When its time is over, or the delivery is cancelled, all that is left of its process
/// group is ended; what it leaves behind after an end of its own goes on.
package struct ExecSink: EventSink {
    /// A program that hangs must not hold up the others for ever.
    static let timeout = Duration.seconds(60)

    package let settings: SinkSettings
    private let command: [String]
    private let sleep: @Sendable (Duration) async throws -> Void

    package init(settings: SinkSettings, command: [String]) {
        self.init(settings: settings, command: command) { try await Task.sleep(for: $0) }
    }

    /// `sleep` waits for the timeout.
    init(
        settings: SinkSettings,
        command: [String],
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.settings = settings
        self.command = command
        self.sleep = sleep
    }

    private static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        // At once, as a program that does not end may not heed a signal either; the group is that of the session.
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
        return options
    }

    package func deliver(_ events: [OutgoingEvent]) async throws(SinkError) {
        guard let program = command.first else { throw failure("is empty") }
        var input: [UInt8] = []
        for event in events {
            input += event.json
            input.append(0x0A)
        }
        let bytes = input
        let status: TerminationStatus?
        do {
            status = try await withTimeout {
                try await run(
                    program.contains("/") ? .path(FilePath(program)) : .name(program),
                    arguments: Arguments(Array(command.dropFirst())),
                    environment: ChildEnvironment(adding: settings.environment).forSubprocess,
                    platformOptions: Self.platformOptions,
                    input: .inputWriter,
                    output: .discarded,
                    error: .discarded
                ) { execution in
                    // A program may end without having read everything; its exit status says what came of it.
                    // `input: .array` would trap there: the pipe is not closed after a failed write (1.0.2).
                    _ = try? await execution.standardInputWriter.write(bytes)
                    try? await execution.standardInputWriter.finish()
                }.terminationStatus
            }
        } catch {
            throw failure("could not be run: \(error)")
        }
        guard let status else { throw failure("took longer than \(Self.timeout.typed) and was ended") }
        guard status.isSuccess else { throw failure("ended with \(status)") }
    }

    /// nil: the time was over; the program is ended with its task.
    private func withTimeout(
        _ body: @escaping @Sendable () async throws -> TerminationStatus
    ) async throws -> TerminationStatus? {
        try await withThrowingTaskGroup(of: TerminationStatus?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await sleep(Self.timeout)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func failure(_ what: String) -> SinkError {
        SinkError(
            "the program '\(command.first ?? "")' of sink '\(settings.id)' \(what)",
            hint: "it gets one event a line on standard input and must end with status 0"
        )
    }
}
