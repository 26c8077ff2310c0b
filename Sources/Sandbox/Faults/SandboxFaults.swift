/// What the sandbox does wrong, as one document that replaces the one before.
///
/// The members that spoil a message (`latency_ms` to `too_large`, and `date_skew_seconds`) apply to
/// ``endpoints``, at ``percent`` of the requests; the others concern introspection or revocation, whatever the endpoints are.
package struct SandboxFaults: Hashable, Sendable {
    /// `latency_ms`: the wait before an answer.
    package var latency = Duration.zero
    /// `hang`: no answer comes until the caller or the sandbox goes.
    package var hangs = false
    /// `drip_ms_per_byte`: the wait before each byte of the body.
    package var dripPerByte = Duration.zero
    /// `status`: this status, and nothing is done.
    package var status: Int?
    /// `retry_after`: the field as it is sent, or the seconds for ``retryAfterForm``; alone it means a 429.
    package var retryAfter: String?
    /// `retry_after_form`: how the seconds of ``retryAfter`` (5 if there are none) are written.
    package var retryAfterForm: RetryAfterForm?
    /// `html`: a page with status 200, and nothing is done.
    package var html = false
    /// `truncated_json`: the second half of the body is missing, though the message is whole.
    package var truncatedJSON = false
    /// `bom`: a byte-order mark before the body.
    package var byteOrderMark = false
    /// `too_large`: a megabyte of padding in the body.
    package var tooLarge = false
    /// `date_skew_seconds`: how far the `Date` of the answers is ahead.
    package var dateSkew = Duration.zero
    /// `endpoints`: where the members above apply.
    package var endpoints: Set<SandboxEndpoint> = [.introspect]
    /// `percent`: how many of the requests there they strike, at random.
    package var percent: Int64 = 100

    /// `active_as`: the form of `active`.
    package var activeAs: ActiveForm?
    /// `duplicate_member`: `active` is given as true and as false.
    package var duplicateMember = false
    /// `inactive`: which living tokens are said to be inactive.
    package var inactive: Inactivity?

    /// `foreign_revocation`: in place of the sandbox's own setting.
    package var foreignRevocation: ForeignRevocation?
    /// `revocation`: what becomes of every revocation.
    package var revocation: RevocationFault?

    package init() {}

    /// How `Retry-After` is written (RFC 9110 §10.2.3, §5.6.7).
    package enum RetryAfterForm: String, CaseIterable, Sendable {
        case seconds
        case imf
        case rfc850
        case asctime
        case huge
        case negative
        case garbage
    }

    /// What stands for the boolean that RFC 7662 §2.2 requires.
    package enum ActiveForm: String, CaseIterable, Sendable {
        case string
        case null
        case missing
        case number
    }

    /// Which tokens are said to be inactive although they live.
    package enum Inactivity: Hashable, Sendable {
        case all
        /// All but those issued to the client that asks.
        case allButOwnClient
        case refreshTokens
        /// Every one from the n-th answer on, counted from 1 since these faults were set.
        case fromAnswer(Int64)
        case atRandom(percent: Int64)
    }

    /// What becomes of a revocation by a client with good credentials.
    package enum RevocationFault: String, CaseIterable, Sendable {
        /// 200, and the token lives on.
        case ignored
        /// RFC 7009 §2.2.1.
        case unsupportedTokenType = "unsupported_token_type"
        /// 503 with ``SandboxFaults/retryAfter``, and the token lives on (RFC 7009 §2.2.1).
        case unavailable = "503"
    }
}
