internal import FoundationEssentials
internal import Grants
internal import HTTPTransport

/// Client id and secret as HTTP Basic (RFC 7617 §2).
enum BasicCredentials {
    /// Both form-encoded first, as RFC 6749 §2.3.1 asks for.
    static func header(_ client: ClientID, secret: Secret) -> HTTPHeader {
        var pair: [UInt8] = []
        FormBody.encode(client.rawValue.utf8, to: &pair)
        pair.append(UInt8(ascii: ":"))
        FormBody.encode(secret.bytes, to: &pair)
        return header(pair)
    }

    /// Both as they are, for the servers that never decode them.
    static func rawHeader(_ client: ClientID, secret: Secret) -> HTTPHeader {
        header(Array(client.rawValue.utf8) + [UInt8(ascii: ":")] + secret.bytes)
    }

    private static func header(_ pair: [UInt8]) -> HTTPHeader {
        HTTPHeader(name: "Authorization", value: "Basic " + Data(pair).base64EncodedString())
    }
}
