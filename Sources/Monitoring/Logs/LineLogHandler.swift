internal import Glibc
package import Logging
internal import Records
internal import Synchronization

/// Writes each log event as one line, with one `write(2)` where the system takes it whole.
///
/// Text is `TIME LEVEL MESSAGE key=value…`, JSON one object. No value can begin a line of its own. What cannot be
/// written is lost: a full disk or a reader that has gone never stops the program.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogFormat
    private let descriptor: Int32
    private let isJournal: Bool
    private let isBare: Bool
    private let milliseconds: @Sendable () -> Int64

    /// Lines longer than a pipe's atomic size must not mix; one lock for all, because handlers are copied freely.
    private static let lock = Mutex(())

    /// A handler for one logger's label.
    ///
    /// `milliseconds` is the clock, since 1970. `isJournal` means that the descriptor leads to systemd's journal
    /// (`JOURNAL_STREAM`): each line begins with its priority, `<3>` for errors, and text has no time of its own.
    /// `isBare` leaves out all but the message: what a library adds may be the description of a value with secrets.
    package init(
        label: String,
        format: LogFormat,
        descriptor: Int32 = 2,
        isJournal: Bool = false,
        isBare: Bool = false,
        milliseconds: @escaping @Sendable () -> Int64,
        metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.label = label
        self.format = format
        self.descriptor = descriptor
        self.isJournal = isJournal
        self.isBare = isBare
        self.milliseconds = milliseconds
        self.metadataProvider = metadataProvider
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let line = LogLine(
            at: milliseconds(),
            level: event.level,
            logger: label,
            message: event.message.description,
            members: members(of: event)
        )
        var bytes: [UInt8] = isJournal ? Array("<\(event.level.priority)>".utf8) : []
        switch format {
        case .text: line.appendText(to: &bytes, showsTime: !isJournal)
        case .json: line.appendJSON(to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
        Self.lock.withLock { _ in write(bytes) }
    }

    /// The handler's own, then the provider's, then the event's: the later one wins.
    private func members(of event: LogEvent) -> Logger.Metadata {
        guard !isBare else { return [:] }
        var members = metadata
        if let provided = metadataProvider?.get() { members.merge(provided) { _, new in new } }
        if let explicit = event.metadata { members.merge(explicit) { _, new in new } }
        if let error = event.error { members["error"] = "\(error)" }
        return members
    }

    private func write(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count > 0 {
                written += count
            } else if count < 0, errno == EINTR {
                continue
            } else {
                return
            }
        }
    }
}

extension Logger.Level {
    /// The number of sd-daemon(3).
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
