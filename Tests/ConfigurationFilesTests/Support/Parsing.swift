import ConfigurationFiles
import Glibc
import Testing

/// The mistakes in a text, as `line:column message`.
func problems(_ text: String, checks: FileChecks = .none, path: String = "/c/grantkeeper.yaml") -> [String] {
    found(text, checks: checks, path: path).map { "\($0.line):\($0.column) \($0.message)" }
}

func found(
    _ text: String,
    checks: FileChecks = .none,
    path: String = "/c/grantkeeper.yaml"
) -> [ConfigurationProblem] {
    do {
        _ = try ConfigurationFile.parse(text, path: path, checks: checks)
        return []
    } catch {
        return error.problems
    }
}

func parsed(_ text: String, path: String = "/c/grantkeeper.yaml") throws -> Configuration {
    try ConfigurationFile.parse(text, path: path, checks: .none)
}

/// A text with mistakes, and where and what they are.
struct Broken: Sendable, CustomTestStringConvertible {
    var text: String
    var expected: [String]

    init(_ text: String, _ expected: String...) {
        self.text = text
        self.expected = expected
    }

    var testDescription: String { expected.joined(separator: "; ") }
}

/// The repository's own files.
func repositoryFile(_ path: String) -> String {
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/") + "/"
        + path
}

func contents(of path: String) throws -> String {
    let file = try #require(unsafe fopen(path, "r"))
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = unsafe getc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return try #require(String(validating: bytes, as: UTF8.self))
}

/// A directory that is gone at the end of `body`.
func withDirectory(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/configuration-XXXXXX".utf8CString)
    let made = unsafe mkdtemp(&template)
    try #require(unsafe made != nil)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { empty(path) }
    try body(path)
}

/// Removes a directory that holds no other directories.
private func empty(_ path: String) {
    guard let directory = unsafe opendir(path) else { return }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        // The name has no fixed length, so it is read from where it begins.
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        let start = unsafe (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
        names.append(unsafe String(cString: start))
    }
    unsafe closedir(directory)
    for name in names where name != "." && name != ".." {
        unsafe unlink("\(path)/\(name)")
    }
    unsafe rmdir(path)
}

func write(_ text: String, to path: String, mode: mode_t = 0o600) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    try #require(unsafe write(descriptor, bytes, bytes.count) == bytes.count)
    try #require(fchmod(descriptor, mode) == 0)
}

/// A whole provider and store, to which a test adds.
let base = """
    store: { sqlite: grants.sqlite }
    providers:
      - id: idp
        issuer: https://idp.example.com
        client: { id: grantkeeper, secret: { env: SECRET } }
    tenants:
      - { id: acme, party: supplier }

    """
