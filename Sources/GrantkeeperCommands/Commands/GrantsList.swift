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
    @Option(help: "Only this standing: \(standings.joined(separator: ", ")).")
    var standing: String?
    @Option(help: "Only where the last answer was this: \(verdicts.joined(separator: ", ")).")
    var verdict: String?
    @Flag(help: "Ended grants too.")
    var all = false
    @Option(help: "At most so many.")
    var limit: Int?

    func validate() throws {
        try check(standing, "standing", Self.standings)
        try check(verdict, "verdict", Self.verdicts)
    }

    private func check(_ word: String?, _ what: String, _ known: [String]) throws {
        guard let word, !known.contains(word) else { return }
        let near = nearestWord(to: word, in: known)
        throw ValidationError("no \(what) '\(word)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
    }

    /// Ended, and a sign of life was found since: no standing of its own, but what one looks for.
    private static let resurfaced = "resurfaced"
    private static let standings = Standing.allCases.map(\.rawValue) + [resurfaced]
    private static let verdicts = ["active", "inactive", "unknown"]

    /// What the last answer said: one that is not known hides the verdict before it.
    private static func verdict(of grant: Grant) -> String? {
        grant.validity.unknownSince != nil ? "unknown" : grant.validity.lastVerdict?.name
    }

    func perform(_ environment: ProgramEnvironment) async throws -> ExitStatus {
        try await Session.run(environment, common, .look) { session in
            let selection = try await only.selection(session)
            let wanted = standing.flatMap(Standing.init(rawValue:))
            let isResurfaced = standing == Self.resurfaced
            let includesEnded = all || (wanted.map { !$0.isLive } ?? false)
            let verdict = verdict
            let (asJSON, console, output) = (common.json, session.console, environment.output)
            let parties = Dictionary(session.rotation.settings.tenants.map { ($0.id, $0.party) }) { first, _ in first }
            let rows = RowBuffer()
            try await GrantAppraiser(session.rotation).forEach(
                isResurfaced ? .resurfaced : includesEnded ? .all : .live,
                in: selection,
                limit: limit,
                where: { stored in
                    (wanted == nil || stored.grant.standing == wanted)
                        && (verdict == nil || Self.verdict(of: stored.grant) == verdict)
                },
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

    /// Why and since when nothing is known, else the verdict.
    private static func words(_ validity: Validity) -> String? {
        guard let since = validity.unknownSince else { return validity.lastVerdict?.name }
        return "unknown (\(validity.unknownWhy?.rawValue ?? "?")) since \(since)"
    }

    private static func row(_ appraisal: GrantAppraiser.Appraisal) -> [String] {
        let grant = appraisal.stored.grant
        return [
            Console.printable(grant.key.description), Console.printable(grant.tenant.rawValue),
            Console.printable(grant.client.rawValue), grant.standing.rawValue,
            Self.words(grant.validity) ?? "–",
            appraisal.lastUsedAt.map { String($0.description.prefix(10)) } ?? "–",
            "\(appraisal.decision.action.name) (\(appraisal.decision.rule.rawValue))",
            Console.printableLong(appraisal.decision.reason),
        ]
    }
}
