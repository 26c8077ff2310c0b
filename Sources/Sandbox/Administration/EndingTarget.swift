import Grants
import Records

/// What an order about tokens names: a token, or all that a client has from a subject.
struct EndingTarget {
    var token: Secret?
    var client: ClientID?
    var subject: String?

    init(_ body: [UInt8], takesConsent: Bool) throws(RecordError) {
        self = try JSONScanner.scan(bytes: body) { (scanner) throws(RecordError) in
            var target = EndingTarget()
            try scanner.beginObject()
            while let name = try scanner.nextMember() {
                switch name {
                case "token": target.token = Secret(try scanner.readStringBytes())
                case "client" where takesConsent: target.client = ClientID(try scanner.readString())
                case "subject" where takesConsent: target.subject = try scanner.readString()
                default:
                    let known: MemberSet = takesConsent ? ["token", "client", "subject"] : ["token"]
                    try scanner.skipUnknownMember(name, known: known)
                }
            }
            if target.token == nil {
                guard takesConsent, target.client != nil || target.subject != nil else {
                    throw scanner.missingMember("token")
                }
                _ = try scanner.require(target.client, "client")
                _ = try scanner.require(target.subject, "subject")
            } else if target.client != nil || target.subject != nil {
                throw scanner.error(.badValue, "give a token, or a client and a subject, not both")
            }
            return target
        }
    }

    private init() {}
}
