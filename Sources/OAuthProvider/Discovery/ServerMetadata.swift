internal import HTTPTransport
internal import Records

/// What of a server's metadata is needed (RFC 8414 §2).
struct ServerMetadata: Hashable, Sendable {
    var introspectionEndpoint: String?
    var revocationEndpoint: String?
    var tokenEndpoint: String?
    /// FAPI Grant Management §4.
    var grantManagementEndpoint: String?
    /// The endpoints that are named and not taken, by their members' names.
    private(set) var refusals: [String: Refusal] = [:]

    /// An endpoint that nothing is sent to.
    struct Refusal: Hashable, Sendable {
        let url: String
        /// What is wrong with it, and what to do.
        let why: String
    }

    /// Why a document is discarded as a whole.
    struct Unusable: Error, Hashable {
        let detail: String
    }

    /// Reads a document that the server must have made for exactly this issuer (RFC 8414 §3.3).
    ///
    /// A member that is null or empty is one that is not there.
    init(_ response: HTTPResponse, issuer: String, hosts: [String], allowsInsecureHTTP: Bool) throws(Unusable) {
        guard response.status == 200 else { throw Unusable(detail: "status \(response.status)") }
        let object: JSONObject
        do {
            object = try JSONObject(parsing: response.body)
        } catch {
            let type = MediaType(of: response).words
            throw Unusable(detail: "the content is not a JSON object: \(error.place)\(type)")
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
        var refusals: [String: Refusal] = [:]
        func endpoint(_ name: String) -> String? {
            guard let value = object[name], value != .null else { return nil }
            guard let url = value.stringValue else {
                refusals[name] = Refusal(url: "", why: "it is not a string")
                return nil
            }
            guard !url.isEmpty else { return nil }
            let objection = EndpointURL.objection(
                toDiscovered: url,
                issuer: issuer,
                hosts: hosts,
                allowsInsecureHTTP: allowsInsecureHTTP
            )
            guard let objection else { return url }
            refusals[name] = Refusal(url: url, why: objection)
            return nil
        }
        introspectionEndpoint = endpoint("introspection_endpoint")
        revocationEndpoint = endpoint("revocation_endpoint")
        tokenEndpoint = endpoint("token_endpoint")
        grantManagementEndpoint = endpoint("grant_management_endpoint")
        self.refusals = refusals
    }
}

extension RecordError {
    /// The mistake and its place without the member's name, which a server chose.
    var place: String { "line \(line), column \(column): \(message)" }
}
