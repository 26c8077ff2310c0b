import Grants
import Synchronization

/// The protocol side of the sandbox: what each endpoint answers, without any HTTP of its own.
final class AuthorizationServer: Sendable {
    let options: SandboxOptions
    let clients: [ClientID: SandboxClient]
    let tokens: TokenTable
    let board: FaultBoard
    let clock: any WallClock
    private let port: Atomic<Int>

    /// How long access tokens of the token endpoint live.
    static let accessTokenLife = Duration.hours(1)

    init(_ options: SandboxOptions, clock: any WallClock) {
        self.options = options
        self.clock = clock
        clients = Dictionary(options.clients.map { ($0.id, $0) }) { _, last in last }
        tokens = TokenTable(seed: options.seed)
        board = FaultBoard(options.faults, seed: options.seed)
        port = Atomic(options.port)
    }

    /// The issuer identifier; it has no path and no terminating slash (RFC 8414 §2).
    var issuer: String {
        let host = options.host.contains(":") ? "[\(options.host)]" : options.host
        return "http://\(host):\(port.load(ordering: .relaxed))"
    }

    /// To be told as soon as the port is known.
    func listens(on port: Int) {
        self.port.store(port, ordering: .relaxed)
    }

    /// The faults that a grant's script has for this request; nil: it says nothing.
    func scriptedFaults(_ call: Call, at endpoint: SandboxEndpoint) -> SandboxFaults? {
        guard let form = try? FormParameters(call), let token = form["token"] else { return nil }
        return tokens.nextStep(for: Secret(token), at: endpoint, now: clock.now())?.faults
    }

    func answer(_ call: Call, at endpoint: SandboxEndpoint, scripted: SandboxFaults? = nil) -> Answer {
        let method = endpoint == .metadata ? "GET" : "POST"
        guard call.method == method else { return .methodNotAllowed(method) }
        do throws(OAuthError) {
            return switch endpoint {
            case .metadata: metadata()
            case .token: try token(call)
            case .introspect: try introspection(call)
            case .revoke: try revocation(call, scripted: scripted)
            }
        } catch {
            return error.answer
        }
    }
}
