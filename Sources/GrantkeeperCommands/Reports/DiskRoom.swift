internal import Glibc

/// How much can still be written where we write.
enum DiskRoom {
    /// Less than this, and the next log or checkpoint of the store may not fit.
    static let least: Int64 = 64 << 20

    /// The directories of these files, each once, with the bytes that are free there; 0 where no file can be made.
    static func read(of files: [String]) -> [(path: String, free: Int64)] {
        var seen: Set<String> = []
        return files.map(HighWaterFile.directory).filter { seen.insert($0).inserted }.compactMap { path in
            var status = statvfs()
            guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return nil }
            if status.f_files > 0, status.f_favail == 0 { return (path, 0) }
            let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
            return (path, free.overflow ? .max : Int64(clamping: free.partialValue))
        }
    }
}
