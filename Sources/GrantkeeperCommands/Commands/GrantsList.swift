internal import ArgumentParser
internal import Grants
internal import Records
internal import RotationWorker

struct GrantsList: GrantkeeperCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Grants, with what the rules say of each now."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var only: SelectionOptions
    @Option(help: "Only this standing: \(Standing.allCases.map(\.rawValue).joined(separator: ", ")).")
    var standing: String?
    @Flag(help: "Ended grants too.")
    var all = false
    @Option(help: "At most so many.")
    var limit: Int?

    func validate() throws {
        if let standing, Standing(rawValue: standing) == nil {
            let near = nearestWord(to: standing, in: Standing.allCases.map(\.rawValue))
            throw ValidationError("no standing '\(standing)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
        }
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .look) { session in
            let selection = try await only.selection(session)
            let wanted = standing.flatMap(Standing.init(rawValue:))
            let includesEnded = all || (wanted.map { !$0.isLive } ?? false)
            let (asJSON, console, output) = (common.json, session.console, environment.output)
            let parties = Dictionary(session.rotation.settings.tenants.map { ($0.id, $0.party) }) { first, _ in first }
            let rows = RowBuffer()
            try await GrantAppraiser(session.rotation).forEach(
                includesEnded ? .all : .live,
                in: selection,
                limit: limit,
                where: { wanted == nil || $0.grant.standing == wanted },
                { appraisal in
                    if asJSON {
                        var writer = JSONWriter()
                        writer.beginObject()
                        GrantJSON.write(appraisal, party: parties[appraisal.stored.grant.tenant], to: &writer)
                        writer.endObject()
                        output.write(writer.bytes + [0x0A])
                    } else {
                        rows.append(Self.row(appraisal))
                    }
                }
            )
            if !asJSON {
                console.table(
                    ["GRANT", "TENANT", "CLIENT", "STANDING", "VERDICT", "LAST USED", "DECISION", "WHY"],
                    rows.all
                )
            }
            return .success
        }
    }

    private static func row(_ appraisal: GrantAppraiser.Appraisal) -> [String] {
        let grant = appraisal.stored.grant
        return [
            Console.printable(grant.key.description), Console.printable(grant.tenant.rawValue),
            Console.printable(grant.client.rawValue), grant.standing.rawValue,
            grant.validity.lastVerdict?.name ?? "–",
            appraisal.lastUsedAt.map { String($0.description.prefix(10)) } ?? "–",
            "\(appraisal.decision.action.name) (\(appraisal.decision.rule.rawValue))",
            Console.printableLong(appraisal.decision.reason),
        ]
    }
}
