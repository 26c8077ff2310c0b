internal import HTTPTransport
internal import Records

/// What of a server's metadata is needed (RFC 8414 §2).
struct ServerMetadata: Hashable, Sendable {
    /// An endpoint as the metadata names it.
    struct Endpoint: Hashable, Sendable {
        let url: String
        /// Why nothing is sent to it; nil: it is used.
        let objection: String?
    }

    /// By their names; one that is not named, null or empty is not in it.
    private(set) var endpoints: [Endpoints.Kind: Endpoint] = [:]

    /// Why a document is discarded as a whole.
    struct Unusable: Error, Hashable {
        let detail: String
    }

    /// Reads a document that the server must have made for exactly this issuer (RFC 8414 §3.3).
    ///
    /// `objection` says why an endpoint may not be used.
    init(
        _ response: HTTPResponse,
        issuer: String,
        objection: (String) -> String?
    ) throws(Unusable) {
        guard response.status == 200 else { throw Unusable(detail: "status \(response.status)") }
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
        for kind in Endpoints.Kind.allCases {
            switch object[kind.rawValue] {
            case nil, .null?: continue
            case let value?:
                guard let url = value.stringValue else {
                    throw Unusable(detail: "its \(kind.rawValue) is not a string")
                }
                if url.isEmpty { continue }
                endpoints[kind] = Endpoint(url: url, objection: objection(url))
            }
        }
    }
}

extension RecordError {
    /// The mistake and its place without the member's name, which a server chose.
    var place: String { "line \(line), column \(column): \(message)" }
}
