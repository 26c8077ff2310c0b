import Grants
import GrantsTestSupport
import RotationWorker
import Testing

/// A file is there whole or not under its name, and never in another one's place.
@Suite struct DirectoryArchiveTests {
    @Test func `a file has its name only once it is sealed, and is private`() throws {
        let folder = TemporaryFolder()
        let file = try DirectoryArchive(path: folder.path).begin("a.ndjson")
        try file.append(Array("one".utf8))
        #expect(folder.bytes("a.ndjson") == nil && folder.bytes("a.ndjson.partial") != nil)
        let digest = try file.seal()
        #expect(folder.bytes("a.ndjson") == Array("one\n".utf8) && folder.bytes("a.ndjson.partial") == nil)
        #expect(folder.mode("a.ndjson") == 0o600)
        #expect(digest == "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806")
    }

    @Test func `nothing is overwritten, also by a file that came meanwhile`() throws {
        let folder = TemporaryFolder()
        let archive = DirectoryArchive(path: folder.path)
        folder.write(Array("kept".utf8), to: "a.ndjson")
        #expect(throws: StoreError.self) { _ = try archive.begin("a.ndjson") }
        let file = try archive.begin("b.ndjson")
        try file.append(Array("one".utf8))
        folder.write(Array("kept".utf8), to: "b.ndjson")
        #expect(throws: StoreError.self) { _ = try file.seal() }
        file.abandon()
        #expect(folder.bytes("a.ndjson") == Array("kept".utf8) && folder.bytes("b.ndjson") == Array("kept".utf8))
        #expect(folder.bytes("b.ndjson.partial") == nil)
    }
}
