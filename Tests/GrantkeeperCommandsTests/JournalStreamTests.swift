import Glibc
import GrantsTestSupport
import Testing

@testable import GrantkeeperCommands

@Suite("What is said to systemd's journal")
struct JournalStreamTests {
    @Test func `the variable counts only for the very file that it names`() throws {
        let folder = TemporaryFolder()
        folder.write([], to: "log")
        folder.write([], to: "other")
        let descriptor = open(folder.file("log"), O_WRONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var (log, other) = (stat(), stat())
        try #require(stat(folder.file("log"), &log) == 0 && stat(folder.file("other"), &other) == 0)
        let name = "\(log.st_dev):\(log.st_ino)"
        #expect(JournalStream.isBehind(descriptor, name))
        for wrong in ["\(other.st_dev):\(other.st_ino)", "\(log.st_ino):\(log.st_dev)", name + "0", "", ":", "x"] {
            #expect(!JournalStream.isBehind(descriptor, wrong), "\(wrong)")
        }
        #expect(!JournalStream.isBehind(descriptor, nil))
        #expect(!JournalStream.isBehind(-1, name))
    }

    @Test(arguments: [(true, false), (true, true), (false, false), (false, true)])
    func `each line has its priority there, and nowhere else`(isJournal: Bool, isJSON: Bool) async throws {
        let (output, errors) = (CapturedText(), CapturedText())
        var environment = ProgramEnvironment.real()
        environment.output = output
        environment.errors = errors
        environment.isJournal = isJournal
        let status = await Program.run(
            ["status", "--config", "/no/such.yaml"] + (isJSON ? ["--json"] : []),
            environment
        )
        #expect(status == 78)
        let lines = errors.text.split(separator: "\n")
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.hasPrefix("<3>") == isJournal }, "\(lines)")
    }
}
