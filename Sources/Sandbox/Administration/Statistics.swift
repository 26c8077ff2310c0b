import Records
import Synchronization

/// How often each endpoint was asked, what it answered, and how hard the server was pressed.
final class Statistics: Sendable {
    private struct Counts {
        var requests = 0
        var hanging = 0
        var statuses: [Int: Int] = [:]
    }

    private struct Pressure {
        /// The requests of the second that ends now.
        var recent: ArraySlice<ContinuousClock.Instant> = []
        var busiestSecond = 0
        var inFlight = 0
        var mostInFlight = 0
    }

    private let counts = Mutex<[SandboxEndpoint: Counts]>([:])
    private let pressure = Mutex(Pressure())

    func requested(_ endpoint: SandboxEndpoint) {
        counts.withLock { $0[endpoint, default: Counts()].requests += 1 }
        pressure.withLock { pressure in
            let now = ContinuousClock.now
            pressure.recent.append(now)
            while let first = pressure.recent.first, now - first >= .seconds(1) { pressure.recent.removeFirst() }
            pressure.busiestSecond = max(pressure.busiestSecond, pressure.recent.count)
            pressure.inFlight += 1
            pressure.mostInFlight = max(pressure.mostInFlight, pressure.inFlight)
        }
    }

    /// The request is answered, or its caller has gone.
    func left() { pressure.withLock { $0.inFlight -= 1 } }

    /// Adds to the number of requests that are being left without an answer, or takes from it.
    func hanging(_ endpoint: SandboxEndpoint, _ change: Int) {
        counts.withLock { $0[endpoint, default: Counts()].hanging += change }
    }

    func answered(_ endpoint: SandboxEndpoint, _ status: Int) {
        counts.withLock { $0[endpoint, default: Counts()].statuses[status, default: 0] += 1 }
    }

    var answer: Answer {
        let counts = counts.withLock { $0 }
        let (busiest, most) = pressure.withLock { ($0.busiestSecond, $0.mostInFlight) }
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
            writer.member("busiest_second", busiest)
            writer.member("most_in_flight", most)
        }
    }
}
