import Grants
import Scopes
import Testing

struct ScopeCheckTests {
    /// The rules that the change adds to those of the unchanged sheet, with the fix's words.
    private func news(_ change: (inout Sheet) -> Void) -> [String] {
        var sheet = Sheet.procurement()
        change(&sheet)
        let known = Set(Sheet.procurement().findings().map(\.message))
        return sheet.findings().filter { !known.contains($0.message) }.map(line)
    }

    private func line(_ finding: ScopeFinding) -> String {
        let fix = finding.fix.replacement.map { " → " + $0.joined(separator: " ") } ?? ""
        return "\(finding.rule.rawValue)\(fix)"
    }

    @Test func `The sheet itself has nothing but what nobody uses`() {
        #expect(Sheet.procurement().findings().map(line) == ["unused-scope"])
        #expect(Sheet.procurement().findings().first?.subject.scope == "debug.reset")
    }

    @Test func `Names that nobody defines are findings with the nearest known word`() {
        #expect(news { $0.scope("x", implies: ["ticket.raed"]) }.contains("unknown-scope → ticket.read"))
        #expect(news { $0.blanket("x.*", ["nowhere.at.all"]) } == ["unknown-scope"])
        #expect(news { $0.step("s", ["ticket.coment"]) }.contains("unknown-scope → ticket.comment"))
        #expect(news { $0.role("viewer2", ["veiw"]) }.contains("unknown-step → view"))
        #expect(news { $0.client("c", ["suplier"]) } == ["unknown-role → supplier"])
        #expect(news { $0.never(["view", "aprove"]) } == ["unknown-step → approve"])
        #expect(news { $0.narrow(.only([]), tenant: "acmee") } == ["unknown-tenant → acme"])
        #expect(news { $0.narrow(.only([]), client: "portla") } == ["unknown-client → portal"])
        #expect(news { $0.narrow(.only([]), role: "viewr") } == ["unknown-role → viewer"])
        #expect(news { $0.narrow(.only([]), environment: "prodution") } == ["unknown-environment → production"])
        #expect(news { $0.client("c", ["supplier"], environment: "sandbx") }.contains("unknown-environment → sandbox"))
    }

    @Test func `A name that is defined twice is a finding at the second place`() {
        #expect(news { $0.scope("ticket.read") } == ["duplicate-name"])
        #expect(news { $0.blanket("ticket.read", []) } == ["duplicate-name"])
        #expect(news { $0.step("view", ["ticket.read"]) } == ["duplicate-name"])
        #expect(news { $0.role("viewer", ["view"]) } == ["duplicate-name"])
        #expect(news { $0.client("portal", ["supplier"]) } == ["duplicate-name"])
        #expect(news { $0.tenant("hq", .internal) }.contains("duplicate-name"))
    }

    @Test func `Scopes that imply each other are a finding at the word that closes the cycle`() {
        let found = news {
            $0.scope("x", implies: ["y"])
            $0.scope("y", implies: ["x"])
            $0.step("s", ["x"])
        }
        #expect(found == ["implication-cycle → ", "unused-step"])
        #expect(news { $0.scope("x", implies: ["x"]) }.contains("implication-cycle → "))
    }

    @Test func `Steps name neither blankets, nor deprecated scopes, nor one scope twice over`() {
        #expect(
            news { $0.step("s", ["ticket.*"]) } == ["unused-step", "blanket-scope → ticket.write"]
        )
        #expect(news { $0.step("s", ["ticket.note"]) } == ["unused-step", "deprecated-scope → ticket.comment"])
        #expect(news { $0.step("s", ["ticket.write", "ticket.read"]) } == ["unused-step", "implied-twice → "])
        #expect(news { $0.step("s", ["ticket.read", "ticket.read"]) } == ["unused-step", "implied-twice → "])
    }

    @Test func `Roles have steps, and those of their side`() {
        #expect(news { $0.role("r", []) } == ["role-without-step", "unused-role"])
        #expect(news { $0.role("r", ["answer"], parties: [.internal]) } == ["unused-role", "step-side-mismatch → "])
        #expect(news { $0.role("r", ["view"], parties: [.supplier]) } == ["unused-role", "step-side-mismatch → "])
        #expect(news { $0.role("r", ["view"], parties: [.supplier, .partner]) } == ["unused-role"])
    }

    @Test func `Duties are separated within a role and between the roles of a client`() {
        #expect(news { $0.role("r", ["request", "approve"]) } == ["separation-of-duties", "unused-role"])
        let between: (inout Sheet) -> Void = {
            $0.tenant("lab", .internal)
            $0.client("c", ["requester", "approver"])
        }
        #expect(news(between) == ["separation-of-duties"])
        // What the scopes cannot do is no break.
        let narrowed: (inout Sheet) -> Void = {
            between(&$0)
            $0.narrow(.without(["ticket.write"]), client: "c")
        }
        #expect(news(narrowed).isEmpty)
        // By the scopes, though no role has the step.
        let able = news {
            $0.scope("super", implies: ["ticket.write", "ticket.approve"])
            $0.step("rule", ["super"])
            $0.role("ruler", ["rule"])
        }
        #expect(able == ["separation-of-duties", "unused-role"])
    }

    @Test func `Tenants have clients, clients have roles, and those of their party`() {
        #expect(news { $0.tenant("t", .internal) } == ["tenant-without-role"])
        #expect(news { $0.client("c", []) } == ["tenant-without-role"])
        #expect(news { $0.client("c", ["approver"]) } == ["role-not-for-party"])
        let held = news {
            $0.role("anyone", ["approve"])
            $0.client("c", ["anyone"])
        }
        #expect(held == ["internal-scope-at-supplier"])
    }

    @Test func `Clients and scopes fit their environment`() {
        let bound = news {
            $0.step("reset", ["debug.reset"])
            $0.role("tester", ["reset"])
            $0.client("c", ["tester"])
        }
        #expect(bound == ["environment-mismatch"])
        #expect(news { $0.client("c", ["supplier"], environment: "sandbox") } == ["environment-mismatch"])
        let shared = news {
            $0.tenant("t", .supplier, environment: "sandbox")
            $0.client("portal", ["supplier"])
        }
        #expect(shared == ["environment-mismatch"])
    }

    @Test(
        arguments: [
            (["ticket.comment"], []),
            ([], ["registration-behind"]),
            (["ticket.write"], ["registration-behind → ticket.comment"]),
            (["ticket.*"], ["blanket-scope → ticket.comment"]),
            (["ticket.comment", "invoice.read"], ["registration-behind → "]),
            (["ticket.comment", "ticket.raed"], ["unknown-scope → ticket.read"]),
        ] as [([ScopeName], [String])]
    )
    func `A registration has what the roles need, no more and no less`(registered: [ScopeName], found: [String]) {
        #expect(news { $0.client("c", ["supplier"], registered: registered) } == found)
    }

    @Test func `A registration may use the provider's words`() {
        let own = news {
            $0.client("c", ["supplier"], provider: "suite", registered: ["ticket.comment", "Ticket.View"])
        }
        #expect(own.isEmpty)
    }

    @Test func `A narrowing that would add is a finding and adds nothing`() {
        let adds: (inout Sheet) -> Void = { $0.narrow(.only(["ticket.comment", "invoice.read"]), client: "portal") }
        #expect(news(adds) == ["narrowing-adds → "])
        let covers: (inout Sheet) -> Void = { $0.narrow(.only(["ticket.write"]), client: "portal") }
        #expect(news(covers) == ["narrowing-adds → ticket.comment"])
        #expect(news { $0.narrow(.without(["invoice.read"]), client: "portal") } == ["narrowing-matches-nothing → "])
        #expect(news { $0.narrow(.without(["ticket.*"]), client: "portal") }.isEmpty)
        #expect(news { $0.narrow(.only([]), tenant: "acme", role: "viewer") } == ["narrowing-matches-nothing"])
    }

    @Test func `An exception sets its finding apart until its end`() {
        var sheet = Sheet.procurement()
        sheet.except("unused-scope", scope: "debug.reset", until: Timestamp(milliseconds: 1_001))
        let before = ScopeCheck(sheet.model, now: Timestamp(milliseconds: 1_000)).report()
        #expect(before.findings.isEmpty)
        #expect(before.excepted.map(\.finding.rule) == [.unusedScope])
        let after = ScopeCheck(sheet.model, now: Timestamp(milliseconds: 1_001)).report()
        #expect(Set(after.findings.map(\.rule)) == [.unusedScope, .exceptionOver])
        #expect(after.excepted.isEmpty)
    }

    @Test func `An exception that excuses nothing is a note, and cannot excuse another exception`() {
        let far = Timestamp(milliseconds: 1_000_000)
        #expect(news { $0.except("unused-scope", scope: "ticket.read", until: far) } == ["exception-matches-nothing"])
        let near = news { $0.except("unused-scpoe", until: far) }
        #expect(near == ["exception-matches-nothing → unused-scope"])
        #expect(news { $0.except("exception-over", until: far) }.count == 1)
    }

    @Test func `Findings are in the order of their places, and each says why and what to do`() {
        var sheet = Sheet.procurement()
        sheet.tenant("t", .internal)
        sheet.scope("x", implies: ["nothing"])
        let findings = sheet.findings()
        #expect(findings.map(\.place) == findings.map(\.place).sorted())
        #expect(findings.allSatisfy { !$0.message.isEmpty && !$0.why.isEmpty && !$0.fix.text.isEmpty })
    }
}
