internal import HTTPTransport
internal import Records

/// What of a server's metadata is needed (RFC 8414 §2).
struct ServerMetadata: Hashable, Sendable {
    var introspectionEndpoint: String?
    var revocationEndpoint: String?
    var tokenEndpoint: String?
    /// FAPI Grant Management §4.
    var grantManagementEndpoint: String?

    /// Why a document is discarded as a whole.
    struct Unusable: Error, Hashable {
        let detail: String
    }

    /// Reads a document that the server must have made for exactly this issuer (RFC 8414 §3.3).
    init(_ response: HTTPResponse, issuer: String, allowsInsecureHTTP: Bool) throws(Unusable) {
        guard response.status == 200 else { throw Unusable(detail: "status \(response.status)") }
        guard MediaType(of: response) != .other else {
            throw Unusable(detail: "the content is not JSON by its type")
        }
        let object: JSONObject
        do {
            object = try JSONObject(parsing: response.body)
        } catch {
            throw Unusable(detail: "the content is not a JSON object: \(error.place)")
        }
        guard let named = object["issuer"]?.stringValue else { throw Unusable(detail: "it names no issuer") }
        // Strings compare by canonical equivalence; RFC 8414 §6.2 wants code points.
        guard named.unicodeScalars.elementsEqual(issuer.unicodeScalars) else {
            let shown = RecordError.printable(named)
            throw Unusable(
                detail:
                    "it names the issuer '\(shown)' where exactly '\(issuer)' is configured"
            )
        }
        func endpoint(_ name: String) throws(Unusable) -> String? {
            guard let value = object[name] else { return nil }
            guard let url = value.stringValue else { throw Unusable(detail: "its \(name) is not a string") }
            if let objection = EndpointURL.objection(to: url, allowsInsecureHTTP: allowsInsecureHTTP) {
                throw Unusable(detail: "its \(name) cannot be used: \(objection)")
            }
            return url
        }
        introspectionEndpoint = try endpoint("introspection_endpoint")
        revocationEndpoint = try endpoint("revocation_endpoint")
        tokenEndpoint = try endpoint("token_endpoint")
        grantManagementEndpoint = try endpoint("grant_management_endpoint")
    }
}

extension RecordError {
    /// The mistake and its place without the member's name, which a server chose.
    var place: String { "line \(line), column \(column): \(message)" }
}
