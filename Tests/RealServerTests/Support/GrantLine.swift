import Glibc
import Grants
import Records

/// One line of an import file.
struct GrantLine: Sendable {
    var id: String
    var client: String
    var subject: String?
    var tokens: DjangoRig.Tokens?
    /// Days ago; the use was observed from the issue until an hour ago.
    var issued: Int64 = 200
    var lastUsed: Int64

    /// A supplier's consent, or a service's own grant where there is no subject.
    init(_ id: String, _ tokens: DjangoRig.Tokens?, subject: String? = nil, lastUsed: Int64 = 1) {
        self.id = id
        self.tokens = tokens
        self.subject = subject
        self.lastUsed = lastUsed
        client = subject == nil ? "erp-sync" : "supplier-portal"
    }

    var json: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Timestamp(milliseconds: Int64(time.tv_sec) * 1_000)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", id)
        writer.member("provider", "idp")
        writer.member("tenant", "acme")
        writer.member("client", client)
        if let subject { writer.member("subject", subject) }
        writer.member("scopes", subject == nil ? ["ticket.read"] : ["ticket.comment", "ticket.read"])
        writer.member("issued_at", time: (now - .days(issued)).milliseconds)
        writer.member("last_used_at", time: (now - .days(lastUsed)).milliseconds)
        writer.member("observed_from", time: (now - .days(issued)).milliseconds)
        writer.member("observed_until", time: (now - .hours(1)).milliseconds)
        if let tokens {
            writer.member("access_token", tokens.access)
            if let refresh = tokens.refresh { writer.member("refresh_token", refresh) }
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
