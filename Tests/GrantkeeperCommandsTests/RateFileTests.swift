import Glibc
import Grants
import Scheduling
import Testing

@testable import GrantkeeperCommands
@testable import OAuthProvider

/// The file beside the store in which processes keep to one rate.
@Suite struct RateFileTests {
    /// A directory that goes with the test.
    private final class Directory: Sendable {
        let path: String

        init() throws {
            var template = Array("/tmp/grantkeeper-rates-XXXXXX".utf8CString)
            path = String(cString: try #require(mkdtemp(&template)))
        }

        deinit {
            for name in ["grants.sqlite", "grants.sqlite-rates", "other"] { unlink("\(path)/\(name)") }
            rmdir(path)
        }

        var store: String { path + "/grants.sqlite" }
        var rates: String { store + "-rates" }
    }

    private func pace(_ provider: ProviderID, _ store: String) throws -> RequestPace {
        let buckets = try #require(try RateFile(besideStore: store).buckets(of: provider))
        return RequestPace(requestsPerSecond: 10, burst: 2, buckets: buckets)
    }

    @Test func `two that open it keep to one rate for each provider`() throws {
        let directory = try Directory()
        let now = ClockReading.sinceBoot()
        let first = try pace("idp", directory.store)
        let second = try pace("idp", directory.store)
        let other = try pace("other-idp", directory.store)
        #expect([first, second, first, second].map { $0.pass(at: now) } == [true, true, false, false])
        #expect(other.pass(at: now) && other.pass(at: now) && !other.pass(at: now))
    }

    @Test func `what it says outlives its processes, and not the machine's start`() throws {
        let directory = try Directory()
        let now = ClockReading.sinceBoot()
        #expect(try pace("idp", directory.store).pass(at: now) && pace("idp", directory.store).pass(at: now))
        #expect(try !pace("idp", directory.store).pass(at: now))
        // Another boot's id.
        let file = open(directory.rates, O_WRONLY)
        #expect(pwrite(file, "ffffffff", 8, 20) == 8)
        close(file)
        #expect(try pace("idp", directory.store).pass(at: now))
    }

    @Test func `it is its owner's alone, and has all its room from the start`() throws {
        let directory = try Directory()
        _ = try RateFile(besideStore: directory.store)
        var status = stat()
        #expect(stat(directory.rates, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600 && status.st_size == 16_384 && status.st_blocks * 512 >= 16_384)
    }

    @Test(arguments: ["link", "pipe", "directory", "second name"])
    func `what is no plain file there is left alone, and said`(_ what: String) throws {
        let directory = try Directory()
        switch what {
        case "link": symlink(directory.path + "/other", directory.rates)
        case "pipe": mkfifo(directory.rates, 0o600)
        case "directory": mkdir(directory.rates, 0o700)
        default:
            close(open(directory.path + "/other", O_WRONLY | O_CREAT, 0o600))
            link(directory.path + "/other", directory.rates)
        }
        defer { rmdir(directory.rates) }
        let failure = try #require(throws: RateFile.Failure.self) { try RateFile(besideStore: directory.store) }
        #expect(failure.message.hasPrefix("the request rates are not shared with other processes: "))
        #expect(failure.message.contains(directory.rates))
        #expect(access(directory.path + "/other", F_OK) == (what == "second name" ? 0 : -1))
    }

    @Test func `a directory that is not there is said`() throws {
        let failure = try #require(throws: RateFile.Failure.self) {
            try RateFile(besideStore: "/nowhere/grants.sqlite")
        }
        #expect(failure.message.hasSuffix("cannot open '/nowhere/grants.sqlite-rates': no such file or directory"))
    }
}
