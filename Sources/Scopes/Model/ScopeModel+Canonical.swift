internal import Grants
internal import Records

extension ScopeModel {
    /// Bytes that are equal for documents that mean the same, however they are ordered and worded.
    ///
    /// In it: what covers what, providers' words, environments and parties; the needs of steps and roles; separation of
    /// duties; tenants, clients, their roles, and what narrowing takes from them. Not in it: places, descriptions,
    /// risks, deprecations, registrations, exceptions, and narrowings that take nothing away.
    package var canonicalBytes: [UInt8] {
        let semantics = ScopeSemantics(self)
        var writer = JSONWriter()
        writer.object { writer in
            writer.array("entries") { writer in
                for key in semantics.entries.keys.sorted() {
                    writer.object { writer in
                        writer.member("kind", key.kind.rawValue)
                        writer.member("name", key.name)
                        for (member, words) in semantics.entries[key]?.sorted(by: { $0.key < $1.key }) ?? [] {
                            writer.member(member.rawValue, words)
                        }
                    }
                }
            }
        }
        return writer.bytes
    }
}
