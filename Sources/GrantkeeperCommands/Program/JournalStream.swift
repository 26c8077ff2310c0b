internal import Glibc

/// Whether what is written goes to systemd's journal, which reads a priority at the beginning of each line.
enum JournalStream {
    /// `variable` is `JOURNAL_STREAM`: it is inherited by whatever a service or a desktop starts, so it counts only if it names the very
    /// file that the descriptor is (systemd.exec(5)).
    static func isBehind(_ descriptor: Int32, _ variable: String?) -> Bool {
        guard let name = variable else { return false }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return name == "\(status.st_dev):\(status.st_ino)"
    }
}
