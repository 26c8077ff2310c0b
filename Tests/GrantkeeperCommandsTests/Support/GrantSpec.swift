import Grants
import Records

/// A grant that a scenario issues at the sandbox and imports.
struct GrantSpec: Sendable {
    var id: String
    var tenant = "acme"
    var client = "supplier-portal"
    /// nil: one of its own.
    var subject: String?
    /// With one space between them.
    var scopes = "ticket.read"
    var age = Duration.days(200)
    /// How long ago it was used; nil: not that anybody knows.
    var used: Duration?
    /// How long ago its use began to be observed, until now; nil: it was not observed.
    var observed: Duration?
    var hasAccessToken = true
    var hasRefreshToken = true
    /// How long the access token lives; nil: it does not end.
    var accessLife: Duration?
    /// What the sandbox answers the first questions about its tokens with, in its words; empty: as any other's.
    var answers: [String] = []
    /// Further members of the record, as JSON.
    var more = ""

    init(_ id: String, _ change: (inout GrantSpec) -> Void = { _ in }) {
        self.id = id
        change(&self)
    }

    /// Used an hour ago, and watched for a year.
    static func used(_ id: String, _ change: (inout GrantSpec) -> Void = { _ in }) -> GrantSpec {
        GrantSpec(id) { spec in
            spec.used = .hours(1)
            spec.observed = .days(365)
            change(&spec)
        }
    }

    /// Watched for a year and not used for half of one.
    static func idle(_ id: String, _ change: (inout GrantSpec) -> Void = { _ in }) -> GrantSpec {
        GrantSpec(id) { spec in
            spec.used = .days(180)
            spec.observed = .days(365)
            change(&spec)
        }
    }

    /// What the sandbox is asked to issue.
    var order: String {
        let life = accessLife.map { String($0.milliseconds / 1_000) } ?? "null"
        let words = answers.map { "\"\($0)\"" }.joined(separator: ",")
        let script = answers.isEmpty ? "" : #","script":{"introspect":[\#(words)]}"#
        return #"{"id":"\#(id)","client":"\#(client)","subject":"\#(subject ?? "u-\(id)")","#
            + #""scopes":["\#(scopes.replacing(" ", with: #"",""#))"],"refresh":\#(hasRefreshToken),"access_expires_in":\#(life)\#(script)}"#
    }

    /// The line of an import file; without tokens as an inventory would have it.
    func record(_ tokens: IssuedTokens?, now: Timestamp) -> String {
        var line = #"{"id":"\#(id)","provider":"idp","tenant":"\#(tenant)","client":"\#(client)","#
        line +=
            #""subject":"\#(subject ?? "u-\(id)")","scopes":["\#(scopes.replacing(" ", with: #"",""#))"],"issued_at":"\#(now - age)""#
        if let used { line += #","last_used_at":"\#(now - used)""# }
        if let observed { line += #","observed_from":"\#(now - observed)","observed_until":"\#(now)""# }
        if let tokens, hasAccessToken {
            line += #","access_token":"\#(tokens.access)""#
            if let accessLife { line += #","access_token_expires_at":"\#(now + accessLife)""# }
        }
        if let refresh = tokens?.refresh { line += #","refresh_token":"\#(refresh)""# }
        return line + more + "}"
    }
}

struct IssuedTokens: Sendable {
    var access: String
    var refresh: String?

    /// The token that speaks for the grant.
    var speaking: String { refresh ?? access }
}
