internal import GRDB
internal import Grants

extension SQLiteTransaction {
    @discardableResult
    func setTokens(_ tokens: [TokenKind: Secret?], of stored: StoredGrant) throws -> Bool {
        aloneRow = nil
        var changed = false
        for (kind, token) in tokens {
            guard let token else {
                try execute("DELETE FROM tokens WHERE row = ? AND kind = ?", [stored.row, kind.code])
                changed = changed || db.changesCount > 0
                continue
            }
            let vault = try openVault()
            let fingerprint = vault.fingerprint(token)
            let known = try inserting.fingerprint.on(db).first(
                {
                    $0.add(stored.row)
                    $0.add(kind.code)
                },
                { $0.bytes(0) }
            )
            if known == fingerprint { continue }
            try put(token, fingerprint, kind, stored.row, vault)
            changed = true
        }
        if changed {
            try execute(
                """
                UPDATE grants SET tokens = (SELECT coalesce(sum(kind), 0) FROM tokens WHERE row = ?1 AND length(sealed) > 0)
                WHERE row = ?1
                """,
                [stored.row]
            )
        }
        return changed
    }

    /// Puts a token beside its grant, in the place of the one that was there.
    func put(
        _ token: Secret,
        _ fingerprint: [UInt8],
        _ kind: TokenKind,
        _ row: Int64,
        _ vault: TokenVault
    ) throws {
        let sealed = try vault.seal(token, row: row, kind: kind)
        try inserting.token.on(db).run { values in
            values.add(row)
            values.add(kind.code)
            values.add(fingerprint)
            values.add(sealed)
        }
    }
}
