internal import ArgumentParser
internal import Grants
internal import Records
internal import Scopes

struct ScopesIsolation: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "isolation",
        abstract: "Ways from one tenant's grants to another's, or from outside procurement into it.",
        discussion: """
            Looked for in the scope documents and, where there is a store, among its live grants. Status 2 where \
            there is such a way.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ScopeSource

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        let model = ScopeModel(try source.documents(environment, common))
        let live = try await liveScopes(environment)
        return write(model, live, Console(environment))
    }

    /// Kept out of what is asynchronous: the compiler (6.3.1, -O) fails on all of it in one coroutine.
    @inline(never)
    private func write(_ model: ScopeModel, _ live: LiveScopes?, _ console: Console) -> ExitStatus {
        let breaks = model.isolationBreaks(holdings: live?.holdings ?? [], shared: live?.shared ?? [])
        if common.json {
            console.json(Self.json(breaks, live))
        } else {
            for one in breaks {
                let place = one.place.map { "\($0): " } ?? ""
                console.line("\(place)\(Console.printableLong(one.message)) [\(one.kind.rawValue)]")
                if one.grants > 0, one.kind != .sharedAcrossGroups, one.kind != .sharedWithInternal {
                    console.line("  live: \(Console.count(one.grants, "grant"))")
                }
                console.line("  fix: \(Console.printableLong(one.fix))")
            }
            let looked =
                live.map { "the documents and \(Console.count($0.live, "live grant"))" } ?? "the documents alone"
            console.line(
                breaks.isEmpty
                    ? "isolated, as far as \(looked) tell"
                    : "\(Console.count(breaks.count, "break")) of isolation in \(looked)"
            )
        }
        return breaks.isEmpty ? .success : .findings
    }

    /// nil: there is no store, which is said.
    @inline(never)
    private func liveScopes(_ environment: ProgramEnvironment) async throws -> LiveScopes? {
        let console = Console(environment)
        guard Session.hasConfiguration(environment, common) else {
            console.note("no configuration, so no store: only the documents are looked at")
            return nil
        }
        do {
            return try await Session.run(environment, common, .read) { session in
                try await session.store.read { try LiveScopes($0) }
            }
        } catch let error as StoreError where error.code == .missing {
            console.note("there is no store yet: only the documents are looked at")
            return nil
        }
    }

    private static func json(_ breaks: [IsolationBreak], _ live: LiveScopes?) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("isolated", breaks.isEmpty)
            writer.member("examined", live?.live)
            writer.array("breaks") { writer in
                for one in breaks {
                    writer.object { writer in
                        writer.member("kind", one.kind.rawValue)
                        writer.member("provider", one.client.provider.rawValue)
                        writer.member("client", one.client.client.rawValue)
                        writer.member("tenants", one.tenants.map(\.rawValue))
                        writer.member("scopes", one.scopes.map(\.rawValue))
                        writer.member("grants", one.grants)
                        writer.member("file", one.place?.file)
                        writer.member("line", one.place.map(\.line))
                        writer.member("message", one.message)
                        writer.member("fix", one.fix)
                    }
                }
            }
        }
        return writer.bytes
    }
}
