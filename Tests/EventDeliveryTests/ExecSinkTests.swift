import Glibc
import Grants
import GrantsTestSupport
import Testing

@testable import EventDelivery

/// Events handed to a program.
@Suite(.timeLimit(.minutes(15))) struct ExecSinkTests {
    private let folder = TemporaryFolder()

    /// As the program does: a child may end before it has read.
    init() { signal(SIGPIPE, SIG_IGN) }

    private func event(_ number: Int64) -> OutgoingEvent {
        OutgoingEvent(seq: number, type: "grant.revoked", json: Array(#"{"id":"e-\#(number)"}"#.utf8))
    }

    private func sink(_ command: String...) -> any EventSink {
        SinkSettings(id: "program", kind: .exec(command: command)).makeSink()
    }

    /// A sink whose timeout is over when `sleep` returns.
    private func sink(
        _ script: String,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) -> ExecSink {
        let command = ["/bin/sh", "-c", script]
        return ExecSink(
            settings: SinkSettings(id: "program", kind: .exec(command: command)),
            command: command,
            sleep: sleep
        )
    }

    /// A script that starts a program beside itself and says its process id.
    private func starting(_ program: String) -> String {
        "\(program) & echo $! > '\(folder.file("pid.new"))'; mv '\(folder.file("pid.new"))' '\(folder.file("pid"))'; "
    }

    private var startedProcess: pid_t? {
        folder.bytes("pid").flatMap { pid_t(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
    }

    /// A process whose parent is gone may stay as a zombie where nobody collects it.
    private func lives(_ process: pid_t) -> Bool {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return false }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 512)
        let count = fread(&line, 1, line.count, file)
        let afterName = line[..<count].split(separator: UInt8(ascii: ")")).last ?? []
        let state = afterName.first { $0 != UInt8(ascii: " ") }
        return state != UInt8(ascii: "Z") && state != UInt8(ascii: "X") && state != nil
    }

    private func expectEnd(of process: pid_t) async throws {
        defer { kill(process, SIGKILL) }
        while lives(process) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test func `the program gets its arguments as they are and the events on standard input`() async throws {
        let script = #"printf '%s\n' "$1" "$2" >"$0.arguments"; cat >"$0.input""#
        try await sink("/bin/sh", "-c", script, folder.file("got"), "two words", "$HOME;*").deliver([
            event(1), event(2),
        ])
        #expect(String(decoding: folder.bytes("got.arguments") ?? [], as: UTF8.self) == "two words\n$HOME;*\n")
        #expect(
            String(decoding: folder.bytes("got.input") ?? [], as: UTF8.self) == "{\"id\":\"e-1\"}\n{\"id\":\"e-2\"}\n"
        )
    }

    @Test func `a program gets none of our variables but the few that it needs and those that are listed`() async throws
    {
        setenv("GRANTKEEPER_TEST_LISTED", "listed", 1)
        setenv("GRANTKEEPER_TEST_OTHER", "other", 1)
        let script = #"cat >/dev/null; env >"$0""#
        var settings = SinkSettings(id: "program", kind: .exec(command: ["/bin/sh", "-c", script, folder.file("env")]))
        settings.environment = ["GRANTKEEPER_TEST_LISTED"]
        try await settings.makeSink().deliver([event(1)])
        let text = String(decoding: folder.bytes("env") ?? [], as: UTF8.self)
        #expect(text.contains("GRANTKEEPER_TEST_LISTED=listed"))
        #expect(!text.contains("GRANTKEEPER_TEST_OTHER"))
        #expect(text.contains("PATH="))
    }

    @Test func `a program is found by its name alone`() async throws {
        try await sink("true").deliver([event(1)])
    }

    @Test(arguments: [["sh", "-c", "cat >/dev/null; exit 3"], ["false"], ["/no/such/program"], []])
    func `every other end than status 0 is no acknowledgement`(command: [String]) async {
        let sink = SinkSettings(id: "program", kind: .exec(command: command)).makeSink()
        let error = await #expect(throws: SinkError.self) { try await sink.deliver([event(1)]) }
        #expect(error?.message.contains("'program'") == true)
    }

    @Test func `its program is ended by a broken pipe, although we are not`() async throws {
        try await sink("/bin/sh", "-c", #"test -z "$(sh -c 'kill -PIPE $$; echo alive')""#).deliver([event(1)])
    }

    @Test func `a program that reads nothing does not end us`() async {
        let many = (1...5_000 as ClosedRange<Int64>).map { event($0) }
        _ = try? await sink("true").deliver(many)
    }

    @Test func `what a program that takes too long has started ends with it`() async throws {
        let folder = folder
        let slow = sink(starting("sleep 1000") + "wait; cat > /dev/null") { _ in
            while folder.bytes("pid") == nil {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
        let error = await #expect(throws: SinkError.self) { try await slow.deliver([event(1)]) }
        #expect(error?.message.contains("took longer than") == true)
        try await expectEnd(of: try #require(startedProcess))
    }

    @Test func `a delivery that is cancelled leaves nothing running`() async throws {
        let slow = sink("/bin/sh", "-c", starting("sleep 1000") + "wait")
        let events = [event(1)]
        let delivery = Task { try await slow.deliver(events) }
        while startedProcess == nil {
            try Task.checkCancellation()
            await Task.yield()
        }
        delivery.cancel()
        _ = await delivery.result
        try await expectEnd(of: try #require(startedProcess))
    }

    @Test func `an end of the program's own counts at once, though what it started holds its input open`() async throws
    {
        // More than a pipe holds.
        let many = (1...5_000 as ClosedRange<Int64>).map { event($0) }
        try await sink("/bin/sh", "-c", starting("sleep 1000 <&0") + "exit 0").deliver(many)
        let child = try #require(startedProcess)
        #expect(lives(child))
        kill(child, SIGKILL)
    }
}
