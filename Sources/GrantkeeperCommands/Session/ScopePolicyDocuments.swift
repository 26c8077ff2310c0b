internal import ConfigurationFiles
internal import Crypto
internal import Grants
internal import Records
internal import Scopes

/// Makes scope policies of the scope documents, those of now and those that the store keeps.
enum ScopePolicyDocuments {
    /// None are present where the configuration names no documents; `now` is when they are read.
    static func policies(of configuration: Configuration, at now: Timestamp? = nil) throws -> ScopePolicies {
        ScopePolicies(present: try configuration.scopesPath.map(present), readAt: now, reading: kept)
    }

    private static func present(_ path: String) throws -> ScopePolicy {
        let (documents, files) = try ScopeDirectory.readWithFiles(path: path)
        return policy(documents, revision: GitCheckout.cleanRevision(of: path), bytes(of: files))
    }

    private static func kept(_ kept: KeptScopePolicy) throws -> ScopePolicy {
        let documents = try ScopeDirectory.read(files(in: kept.documents), of: "the documents of \(kept.revision)")
        let policy = policy(documents, revision: kept.revision, kept.documents)
        // This program may understand them otherwise than the one that kept them.
        return ScopePolicy(
            hash: kept.hash,
            revision: policy.revision,
            documents: policy.documents,
            knows: policy.knows,
            judge: policy.judge
        )
    }

    /// Without a revision the first digits of the hash name the state of the documents.
    private static func policy(
        _ documents: ScopeDocuments,
        revision: String?,
        _ bytes: [UInt8]
    ) -> ScopePolicy {
        let model = ScopeModel(documents)
        let hash = SHA256.hash(data: model.canonicalBytes).reduce(into: "") { text, byte in
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let judge = { @Sendable (subject: ScopeSubject) -> PlanningContext.ScopeJudgement in
            let verdict = model.judge(
                subject.scopes.names,
                provider: subject.provider,
                tenant: subject.tenant,
                client: subject.client,
                role: subject.role.map { RoleID($0) },
                environment: subject.environment.map { EnvironmentID($0) }
            )
            return switch verdict {
            case .allowed: .allowed
            case .outside(let names): .outside(names)
            case .noPolicy: .noPolicy
            }
        }
        return ScopePolicy(
            hash: hash,
            revision: revision ?? String(hash.prefix(12)),
            documents: bytes,
            knows: { !model.scopeNames(called: $0, at: $1).isEmpty },
            judge: judge
        )
    }

    // MARK: What is kept

    private static func bytes(of files: [ScopeFile]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.array("files") { writer in
                for file in files {
                    writer.object { writer in
                        writer.member("kind", file.kind.fileName)
                        writer.member("path", file.path)
                        writer.member("text", file.text)
                    }
                }
            }
        }
        return writer.bytes
    }

    private static func files(in bytes: [UInt8]) throws -> [ScopeFile] {
        let object = try JSONObject(parsing: bytes)
        return try (object["files"]?.arrayValue ?? []).map { value in
            guard let file = value.objectValue, let name = file["kind"]?.stringValue,
                let kind = ScopeFile.Kind.allCases.first(where: { $0.fileName == name }),
                let path = file["path"]?.stringValue, let text = file["text"]?.stringValue
            else { throw StoreError(.other, "the scope documents in the store cannot be read") }
            return ScopeFile(kind: kind, path: path, text: text)
        }
    }
}
