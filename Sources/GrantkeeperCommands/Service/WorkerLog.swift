internal import Grants
internal import Logging
internal import Monitoring

/// The worker's log: lines on standard error, with priorities where the journal reads them.
enum WorkerLog {
    /// `isBare` writes messages alone, without what stands beside them: for libraries, which log descriptions.
    static func logger(
        _ format: LogFormat,
        _ level: Logger.Level,
        _ environment: ProgramEnvironment,
        isBare: Bool = false
    ) -> Logger {
        let clock = environment.clock
        let isJournal = environment.isJournal
        return Logger(label: "grantkeeper") { label in
            var handler = LineLogHandler(label: label, format: format, isJournal: isJournal, isBare: isBare) {
                clock.now().milliseconds
            }
            handler.logLevel = level
            return handler
        }
    }
}
