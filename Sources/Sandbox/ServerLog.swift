import Logging

/// Warnings and errors of the HTTP server, on standard error.
///
/// What a cancelled task logs is left out: the server calls the end that was asked for an error.
struct ServerLog: LogHandler {
    private var inner = StreamLogHandler.standardError(label: "sandbox")

    static var logger: Logger {
        var logger = Logger(label: "sandbox") { _ in ServerLog() }
        logger.logLevel = .warning
        return logger
    }

    var logLevel: Logger.Level {
        get { inner.logLevel }
        set { inner.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { inner.metadata }
        set { inner.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { inner[metadataKey: key] }
        set { inner[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        if !Task.isCancelled {
            inner.log(event: event)
        }
    }
}
