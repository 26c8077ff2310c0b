import EventDelivery
import Glibc
import Grants
import GrantsTestSupport
import Testing

private func event(_ number: Int64) -> OutgoingEvent {
    OutgoingEvent(seq: number, type: "grant.revoked", json: Array(#"{"id":"e-\#(number)"}"#.utf8))
}

/// Events appended to a file.
@Suite struct FileSinkTests {
    private let folder = TemporaryFolder()

    private var sink: any EventSink {
        SinkSettings(id: "file", kind: .file(path: folder.file("events.ndjson"))).makeSink()
    }

    private var text: String { String(decoding: folder.bytes("events.ndjson") ?? [], as: UTF8.self) }

    @Test func `events are appended, one a line, in their order`() async throws {
        try await sink.deliver([event(1), event(2)])
        try await sink.deliver([event(3)])
        #expect(text == "{\"id\":\"e-1\"}\n{\"id\":\"e-2\"}\n{\"id\":\"e-3\"}\n")
    }

    @Test func `half a line that a crash left is ended, so that the next is whole`() async throws {
        folder.write(Array(#"{"id":"e-1"}"#.utf8) + [0x0A] + Array(#"{"id":"#.utf8), to: "events.ndjson")
        try await sink.deliver([event(2)])
        #expect(text == "{\"id\":\"e-1\"}\n{\"id\":\n{\"id\":\"e-2\"}\n")
    }

    @Test func `the file is not open to others`() async throws {
        try await sink.deliver([event(1)])
        #expect(folder.mode("events.ndjson").map { $0 & 0o007 } == 0)
    }

    @Test func `a file that cannot be opened is named with its sink`() async {
        let sink = SinkSettings(id: "lost", kind: .file(path: folder.file("none/events.ndjson"))).makeSink()
        let error = await #expect(throws: SinkError.self) { try await sink.deliver([event(1)]) }
        #expect(error?.message.contains("'lost'") == true)
    }

    @Test(arguments: [false, true])
    func `a pipe is refused at once, whether or not it is read`(isRead: Bool) async {
        let path = folder.file("pipe")
        mkfifo(path, 0o600)
        let reader = isRead ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1
        defer { if reader >= 0 { close(reader) } }
        let sink = SinkSettings(id: "pipe", kind: .file(path: path)).makeSink()
        let error = await #expect(throws: SinkError.self) { try await sink.deliver([event(1)]) }
        #expect(error?.message.contains("is a pipe or a socket") == true)
    }

    @Test func `a full disk is no acknowledgement`() async {
        let sink = SinkSettings(id: "full", kind: .file(path: "/dev/full")).makeSink()
        await #expect(throws: SinkError.self) { try await sink.deliver([event(1)]) }
    }
}
