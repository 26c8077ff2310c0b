import Grants
import Records

/// `/sandbox/…`: what a test or a demonstration may do behind the protocol's back.
struct Administration: Sendable {
    let server: AuthorizationServer
    let statistics: Statistics

    static let pathPrefix = "/sandbox/"

    func answer(_ call: Call) -> Answer {
        do throws(RecordError) {
            switch (call.path, call.method) {
            case ("/sandbox/grants", "POST"): return try issue(call.body)
            case ("/sandbox/grants", "GET"): return grants
            case ("/sandbox/faults", "GET"): return faults
            case ("/sandbox/faults", "PUT"), ("/sandbox/faults", "POST"):
                server.board.replace(try SandboxFaults(json: call.body))
                return faults
            case ("/sandbox/faults", "DELETE"):
                server.board.replace(SandboxFaults())
                return faults
            case ("/sandbox/stats", "GET"): return statistics.answer
            case ("/sandbox/state", "POST"): return try state(call.body)
            case ("/sandbox/revoke", "POST"): return try revoke(call.body)
            case ("/sandbox/grants", _): return .methodNotAllowed("GET, POST")
            case ("/sandbox/state", _), ("/sandbox/revoke", _): return .methodNotAllowed("POST")
            case ("/sandbox/faults", _): return .methodNotAllowed("GET, PUT, POST, DELETE")
            case ("/sandbox/stats", _): return .methodNotAllowed("GET")
            default: return .failure(404, "not_found", "there is nothing here", nil)
            }
        } catch {
            return .failure(400, error.code.rawValue, error.description, error.hint)
        }
    }

    private func issue(_ body: [UInt8]) throws(RecordError) -> Answer {
        let orders = try GrantOrder.readAll(body, clients: server.clients)
        guard let issued = server.tokens.issue(orders, at: server.clock.now()) else {
            return .failure(409, "conflict", "a grant's id is taken or comes twice", "nothing was issued")
        }
        var writer = JSONWriter()
        for grant in issued {
            writer.object { writer in
                writer.member("id", grant.id)
                writer.member("client", grant.client.rawValue)
                writer.member("subject", grant.subject)
                writer.member("access_token", grant.accessToken.text)
                writer.member("refresh_token", grant.refreshToken?.text)
                writer.member("access_token_expires_at", time: grant.accessTokenExpiresAt?.milliseconds)
            }
            writer.newline()
        }
        return Answer(status: 200, contentType: "application/x-ndjson", body: writer.bytes)
    }

    /// What became of each grant; no token among it.
    private var grants: Answer {
        var writer = JSONWriter()
        for (entry, isActive) in server.tokens.histories(at: server.clock.now()) {
            writer.object { writer in
                writer.member("id", entry.id)
                writer.member("active", isActive)
                writer.member("introspections", entry.introspections)
                writer.member("last_answer", entry.lastAnswer?.isActive)
                writer.member("last_answer_at", time: entry.lastAnswer?.at.milliseconds)
                writer.member("revocations", entry.revocations)
                writer.member("needless_revocations", entry.needlessRevocations)
            }
            writer.newline()
        }
        return Answer(status: 200, contentType: "application/x-ndjson", body: writer.bytes)
    }

    private var faults: Answer {
        var writer = JSONWriter()
        server.board.faults.write(to: &writer)
        writer.newline()
        return Answer(status: 200, body: writer.bytes)
    }

    private func state(_ body: [UInt8]) throws(RecordError) -> Answer {
        let target = try EndingTarget(body, takesConsent: false)
        let fact = target.token.flatMap { server.tokens.fact(of: $0, at: server.clock.now()) }
        return Answer.json { writer in
            writer.member("active", fact?.isActive ?? false)
            writer.member("kind", fact?.kind.rawValue)
            writer.member("id", fact?.grant)
            writer.member("client", fact?.client.rawValue)
            writer.member("subject", fact?.subject)
        }
    }

    private func revoke(_ body: [UInt8]) throws(RecordError) -> Answer {
        let target = try EndingTarget(body, takesConsent: true)
        let count =
            if let token = target.token {
                server.tokens.revoke(token, reach: server.options.revocationReach)
            } else {
                server.tokens.revoke(client: target.client ?? "", subject: target.subject ?? "")
            }
        return Answer.json { $0.member("ended", count) }
    }
}

extension Answer {
    /// An error of the administration, in the shape of the command line's.
    static func failure(_ status: Int, _ code: String, _ message: String, _ hint: String?) -> Answer {
        Answer.json(status: status) { writer in
            writer.object("error") { writer in
                writer.member("code", code)
                writer.member("message", message)
                writer.member("hint", hint)
            }
        }
    }
}
