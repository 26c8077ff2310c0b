internal import ConfigurationFiles
internal import Glibc

/// Who else can write what decides: whoever can, decides what is revoked.
enum FilePermissions {
    /// A sentence with a remedy for each file and directory that others than its user can write.
    ///
    /// Of directories those above count too: who can rename one can put another in its place. A sticky one, like /tmp,
    /// does not let others rename what is not theirs.
    static func problems(_ configuration: Configuration) -> [String] {
        let store = configuration.storePath
        let files = [
            store, store + "-wal", store + "-shm", store + "-rates", configuration.highWaterPath, configuration.source,
        ]
        .compactMap(\.self)
        let directories = [configuration.schedulesPath, configuration.scopesPath].compactMap(\.self)
            .flatMap { [$0, "\($0)/tenants"] }
        var known: Set<UInt32> = [0, geteuid()]
        var owner = stat()
        if stat(store, &owner) == 0 { known.insert(owner.st_uid) }
        var problems: [String] = []
        var seen: Set<String> = []
        let entries = directories.flatMap(entries)
        for file in files + entries where seen.insert(file).inserted {
            problems += problem(file, known, mayBeSticky: false)
        }
        let own = (directories + files.map(HighWaterFile.directory)).compactMap(resolved)
        for directory in own where seen.insert(directory).inserted {
            problems += problem(directory, known, mayBeSticky: false)
        }
        for directory in own {
            var path = HighWaterFile.directory(of: directory)
            while seen.insert(path).inserted {
                problems += problem(path, known, mayBeSticky: true)
                path = HighWaterFile.directory(of: path)
            }
        }
        return problems
    }

    /// Without links; nil where there is nothing.
    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// What lies in a directory, by whole names.
    private static func entries(of directory: String) -> [String] {
        guard let listing = opendir(directory) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append("\(directory)/\(name)") }
        }
        return names.sorted()
    }

    private static func problem(_ path: String, _ known: Set<UInt32>, mayBeSticky: Bool) -> [String] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if isDirectory, mayBeSticky, status.st_mode & S_ISVTX != 0 { return [] }
        let what = "\(isDirectory ? "the directory " : "")'\(path)'"
        if status.st_mode & (S_IWGRP | S_IWOTH) != 0 {
            let whom = status.st_mode & S_IWOTH != 0 ? "everyone" : "its group"
            return ["\(what) can be written by \(whom): chmod go-w '\(path)'"]
        }
        guard !known.contains(status.st_uid) else { return [] }
        return [
            "\(what) belongs to user \(status.st_uid), who can change it: chown it to root or to the service's user"
        ]
    }
}
