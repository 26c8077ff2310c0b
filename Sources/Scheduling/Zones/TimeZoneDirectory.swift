internal import Glibc
internal import Records
internal import Synchronization

/// The system's time zone database, read file by file as zones are asked for.
package final class TimeZoneDirectory: Sendable {
    /// Where Debian's package `tzdata` and most others put it.
    package static let system = TimeZoneDirectory(path: "/usr/share/zoneinfo")

    private struct Entry {
        var identity: [Int]
        var rules: TimeZoneRules
    }

    private let path: String
    private let known = Mutex<[String: Entry]>([:])

    package init(path: String) {
        self.path = path
    }

    /// A zone's rules, by its name: `Europe/Berlin`.
    ///
    /// `UTC` needs no database. A file that was replaced since it was read is read again, so that a reload takes up
    /// an update of the system's database.
    package func rules(of zone: String) throws(ScheduleError) -> TimeZoneRules {
        if zone == "UTC" { return .utc }
        guard Self.isName(zone) else {
            throw ScheduleError(
                .unknownZone,
                "'\(CronExpression.shown(zone))' is not a time zone's name",
                hint: "write a name like Europe/Berlin, or UTC"
            )
        }
        let (bytes, identity) = try read(zone)
        if let entry = known.withLock({ $0[zone] }), entry.identity == identity { return entry.rules }
        guard let rules = TimeZoneRules(file: bytes) else {
            throw ScheduleError(
                .badZone,
                "the file of the time zone '\(zone)', \(path)/\(zone), is damaged or counts leap seconds",
                hint: "install the package 'tzdata' anew, or choose another zone"
            )
        }
        known.withLock { $0[zone] = Entry(identity: identity, rules: rules) }
        return rules
    }

    /// No part of it leads out of the directory.
    private static func isName(_ zone: String) -> Bool {
        zone.utf8.count <= 128
            && zone.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
            && zone.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || "_+-/".utf8.contains(byte)
            }
    }

    private func read(_ zone: String) throws(ScheduleError) -> (bytes: [UInt8], identity: [Int]) {
        let descriptor = unsafe open("\(path)/\(zone)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw missing(zone, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw missing(zone, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw missing(zone, ENOENT) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 1_000_000 {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw missing(zone, errno)
            }
            bytes += chunk[..<count]
        }
        let identity = [Int(status.st_dev), Int(status.st_ino), Int(status.st_size), Int(status.st_mtim.tv_sec)]
        return (bytes, identity)
    }

    private func missing(_ zone: String, _ number: Int32) -> ScheduleError {
        guard number == ENOENT || number == ENOTDIR else {
            return ScheduleError(.badZone, "the file of the time zone '\(zone)', \(path)/\(zone), cannot be read")
        }
        let names = names()
        guard !names.isEmpty else {
            return ScheduleError(
                .noZones,
                "the time zone '\(zone)' cannot be looked up: there is no time zone database in \(path)",
                hint: "install Debian's package 'tzdata', or use UTC"
            )
        }
        return ScheduleError(
            .unknownZone,
            "there is no time zone '\(zone)'",
            hint: nearestWord(to: zone, in: names).map { "did you mean '\($0)'?" }
                ?? "'\(path)' has a file for each, such as Europe/Berlin"
        )
    }

    /// All zones of the database, in the order of the alphabet.
    private func names() -> [String] {
        var names: [String] = []
        var folders = [""]
        while let folder = folders.popLast(), folders.count < 1_000 {
            guard let listing = unsafe opendir("\(path)/\(folder)") else { continue }
            defer { unsafe closedir(listing) }
            while let entry = unsafe readdir(listing) {
                // The name has no fixed length, so it is read from where it begins.
                let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
                let start = unsafe (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
                let name = unsafe String(cString: start)
                // Copies of the whole database, and files that are no zones, begin with a small letter.
                guard Self.isName(name), name.first?.isUppercase == true else { continue }
                let zone = folder + name
                if unsafe Int32(entry.pointee.d_type) == Int32(DT_DIR) {
                    folders.append(zone + "/")
                } else {
                    names.append(zone)
                }
            }
        }
        return names.sorted()
    }
}
