import Grants
package import Records

extension SandboxFaults {
    /// Writes the document that ``init(json:)`` reads back the same; what is as by default is left out.
    package func write(to writer: inout JSONWriter) {
        let plain = SandboxFaults()
        writer.beginObject()
        if latency != plain.latency { writer.member("latency_ms", latency.milliseconds) }
        if hangs { writer.member("hang", true) }
        if dripPerByte != plain.dripPerByte { writer.member("drip_ms_per_byte", dripPerByte.milliseconds) }
        if let status { writer.member("status", status) }
        if let retryAfter { writer.member("retry_after", retryAfter) }
        if let retryAfterForm { writer.member("retry_after_form", retryAfterForm.rawValue) }
        if html { writer.member("html", true) }
        if truncatedJSON { writer.member("truncated_json", true) }
        if byteOrderMark { writer.member("bom", true) }
        if tooLarge { writer.member("too_large", true) }
        if dateSkew != plain.dateSkew { writer.member("date_skew_seconds", dateSkew.milliseconds / 1_000) }
        if endpoints != plain.endpoints { writer.member("endpoints", endpoints.map(\.rawValue).sorted()) }
        if percent != plain.percent { writer.member("percent", percent) }
        if let activeAs { writer.member("active_as", activeAs.rawValue) }
        if duplicateMember { writer.member("duplicate_member", true) }
        if let inactive { inactive.write(to: &writer) }
        if let foreignRevocation { writer.member("foreign_revocation", foreignRevocation.rawValue) }
        if let revocation { writer.member("revocation", revocation.rawValue) }
        writer.endObject()
    }
}

extension SandboxFaults.Inactivity {
    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .all: writer.member("inactive", "all")
        case .allButOwnClient: writer.member("inactive", "all_but_own_client")
        case .refreshTokens: writer.member("inactive", "refresh_tokens")
        case .fromAnswer(let first): writer.object("inactive") { $0.member("from_answer", first) }
        case .atRandom(let percent): writer.object("inactive") { $0.member("at_random_percent", percent) }
        }
    }
}
