internal import GRDB
internal import Grants

extension SQLiteTransaction {
    @discardableResult
    func setTokens(_ tokens: [TokenKind: Secret?], of stored: StoredGrant) throws -> Bool {
        aloneRow = nil
        var changed = false
        for (kind, token) in tokens {
            guard let token else {
                try keepFingerprints(row: stored.row, kind: kind)
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
            if known != nil { try keepFingerprints(row: stored.row, kind: kind) }
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
            // What was shown of the old tokens says nothing of the new ones.
            try execute("UPDATE revocations SET progress = 0, accepted_at = NULL WHERE row = ?", [stored.row])
        }
        return changed
    }

    func setToldClient(_ client: ClientID?, of row: Int64, kind: TokenKind) throws {
        try execute(
            "UPDATE tokens SET told_client = ?1 WHERE row = ?2 AND kind = ?3 AND told_client IS NOT ?1",
            [client?.rawValue, row, kind.code]
        )
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
