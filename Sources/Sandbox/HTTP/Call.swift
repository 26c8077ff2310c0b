/// One request, as far as the sandbox looks at it.
struct Call: Sendable {
    var method: String
    var path: String
    var contentType: String?
    var authorization: String?
    var body: [UInt8]
}
