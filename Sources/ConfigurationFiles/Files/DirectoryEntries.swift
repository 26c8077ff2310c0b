internal import Glibc

/// What a directory holds.
enum DirectoryEntries {
    /// The names of what is in it but hidden, in the order of the alphabet; throws `.system` only.
    static func names(of path: String) throws(FileBytes.Failure) -> [String] {
        guard let listing = unsafe opendir(path) else { throw .system(errno) }
        defer { unsafe closedir(listing) }
        var names: [String] = []
        while let entry = unsafe readdir(listing) {
            // The name has no fixed length, so it is read from where it begins.
            let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let start = unsafe (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            let name = unsafe String(cString: start)
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
