internal import Grants
internal import Logging
internal import Monitoring

/// The worker's log: lines on standard error, with priorities where the journal reads them.
enum WorkerLog {
    static func logger(_ format: LogFormat, _ level: Logger.Level, _ environment: ProgramEnvironment) -> Logger {
        let clock = environment.clock
        let isJournal = environment.isJournal
        return Logger(label: "grantkeeper") { label in
            var handler = LineLogHandler(label: label, format: format, isJournal: isJournal) {
                clock.now().milliseconds
            }
            handler.logLevel = level
            return handler
        }
    }
}
