import Glibc
import GrantsTestSupport
import Logging
import Testing

@testable import Monitoring

/// A log that goes to a file, and what stands in it.
final class CapturedLines {
    static let noon: Int64 = 1_795_770_001_123

    private let folder = TemporaryFolder()
    private let descriptor: Int32

    init() throws {
        descriptor = open(folder.file("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
    }

    deinit { close(descriptor) }

    func logger(
        _ format: LogFormat,
        isJournal: Bool = false,
        isBare: Bool = false,
        provider: Logger.MetadataProvider? = nil
    ) -> Logger {
        var logger = Logger(label: "worker") { [descriptor] label in
            LineLogHandler(
                label: label,
                format: format,
                descriptor: descriptor,
                isJournal: isJournal,
                isBare: isBare,
                milliseconds: { Self.noon },
                metadataProvider: provider
            )
        }
        logger.logLevel = .trace
        return logger
    }

    var text: String { String(decoding: folder.bytes("log") ?? [], as: UTF8.self) }

    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }
}
