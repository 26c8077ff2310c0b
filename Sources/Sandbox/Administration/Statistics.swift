import Records
import Synchronization

/// How often each endpoint was asked, and what it answered.
final class Statistics: Sendable {
    private struct Counts {
        var requests = 0
        var hanging = 0
        var statuses: [Int: Int] = [:]
    }

    private let counts = Mutex<[SandboxEndpoint: Counts]>([:])

    func requested(_ endpoint: SandboxEndpoint) {
        counts.withLock { $0[endpoint, default: Counts()].requests += 1 }
    }

    /// Adds to the number of requests that are being left without an answer, or takes from it.
    func hanging(_ endpoint: SandboxEndpoint, _ change: Int) {
        counts.withLock { $0[endpoint, default: Counts()].hanging += change }
    }

    func answered(_ endpoint: SandboxEndpoint, _ status: Int) {
        counts.withLock { $0[endpoint, default: Counts()].statuses[status, default: 0] += 1 }
    }

    var answer: Answer {
        let counts = counts.withLock { $0 }
        return Answer.json { writer in
            writer.object("endpoints") { writer in
                for endpoint in SandboxEndpoint.allCases {
                    let counts = counts[endpoint] ?? Counts()
                    writer.object(endpoint.rawValue) { writer in
                        writer.member("requests", counts.requests)
                        writer.member("hanging", counts.hanging)
                        writer.object("statuses") { writer in
                            for (status, count) in counts.statuses.sorted(by: { $0.key < $1.key }) {
                                writer.member(String(status), count)
                            }
                        }
                    }
                }
            }
        }
    }
}
