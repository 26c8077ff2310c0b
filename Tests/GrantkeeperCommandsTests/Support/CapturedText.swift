import GrantkeeperCommands
import Synchronization

/// Output that is kept in place of being shown.
final class CapturedText: TextOutput {
    private let bytes = Mutex<[UInt8]>([])

    func write(_ bytes: [UInt8]) {
        self.bytes.withLock { $0 += bytes }
    }

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
}
