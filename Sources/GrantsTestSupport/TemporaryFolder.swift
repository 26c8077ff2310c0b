internal import Glibc

/// A new folder that is gone, with all in it, when nobody holds it any more.
///
/// A machine that has no room for it ends the tests: none of them would say anything.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init(in parent: String = "/tmp") {
        // mkdtemp puts letters of its own in the place of the six.
        var template = Array("\(parent)/grantkeeper-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary folder can be made") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove(file(name)) }
            }
            closedir(folder)
        }
        rmdir(path)
    }

    package func file(_ name: String) -> String { path + "/" + name }

    /// nil: there is no such file.
    package func bytes(_ name: String) -> [UInt8]? {
        guard let file = fopen(file(name), "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    package func write(_ bytes: some Collection<UInt8>, to name: String) {
        guard let file = fopen(file(name), "w") else { fatalError("a test's file cannot be made") }
        defer { fclose(file) }
        let all = Array(bytes)
        fwrite(all, 1, all.count, file)
    }

    /// The permissions of a file; nil where there is none.
    package func mode(_ name: String) -> UInt32? {
        var status = stat()
        return stat(file(name), &status) == 0 ? status.st_mode & 0o777 : nil
    }
}
