import Grants
import Scopes
import Testing

struct ExplanationTests {
    /// Without places, which say nothing here.
    private func text(_ subject: ExplanationSubject, _ change: (inout Sheet) -> Void = { _ in }) -> String {
        var sheet = Sheet.procurement()
        change(&sheet)
        func plain(_ node: Explanation) -> Explanation {
            Explanation(node.title, mark: node.mark, node.children.map(plain))
        }
        return sheet.model.explain(subject).map { plain($0).rendered(.ascii) } ?? "unknown"
    }

    @Test func `A scope says what it covers and who may hold it`() {
        #expect(
            text(.scope("ticket.comment")) == """
                scope ticket.comment: write on ticket, medium risk
                |- covers (1)
                |  `- ticket.read
                |- is covered by (2)
                |  |- ticket.*
                |  `- ticket.write
                |- for every party, in every environment
                |- steps that need it (3)
                |  |- answer
                |  |- comment
                |  `- request through ticket.write
                |- roles that give it (2)
                |  |- requester through ticket.write
                |  `- supplier
                `- clients that may hold it (2)
                   |- may: acme/portal at idp (supplier, production)
                   `- may: hq/desk at idp (internal, production)

                """
        )
    }

    @Test func `A scope that is kept from somebody says by what`() {
        let found = text(.scope("ticket.approve")) {
            $0.role("anyone", ["approve"])
            $0.client("c", ["anyone"])
        }
        #expect(found.contains("|- only for 'internal'\n"))
        #expect(
            found.contains(
                """
                   `- may not: acme/c at idp (supplier, production)
                      `- because the catalogue keeps 'ticket.approve' from the client's party

                """
            )
        )
    }

    @Test func `A client says what its roles need, what is narrowed, and what is left`() {
        var taken = SourcePlace(file: "", line: 0, column: 0)
        let found = text(.client("desk")) {
            $0.narrow(.without(["ticket.write"]), tenant: "hq")
            taken = $0.documents.narrowings[0].place
            $0.narrow(.without(["invoice.read"]), tenant: "hq")
        }
        #expect(
            found == """
                client hq/desk at idp (internal, production)
                |- role requester
                |  |- step request
                |  |  `- may not: ticket.write
                |  |     `- because it is narrowed at \(taken)
                |  |- step comment
                |  |  `- may: ticket.comment
                |  `- narrowed by 'ticket.write'
                |- role viewer
                |  `- step view
                |     `- may: ticket.read
                `- may: hold 'ticket.comment', and what that covers

                """
        )
    }

    @Test func `A step says who takes it and with which it must not be held`() {
        let found = text(.step("request"))
        #expect(found.contains("never together with 'approve'\n"))
        #expect(found.contains("because no one approves what they asked for\n"))
        #expect(found.contains("may: hq/desk at idp"))
        #expect(text(.role("approver")).contains("only for 'internal'\n"))
    }

    @Test func `A client that breaks the separation of duties says so`() {
        let found = text(.client("both")) { $0.client("both", ["requester"]) }
        #expect(!found.contains("together"))
        let broken = text(.tenant("lab")) {
            $0.tenant("lab", .internal)
            $0.client("both", ["requester", "approver"])
        }
        #expect(broken.contains("may not: take 'approve' and 'request' together, but its scopes allow it\n"))
    }

    @Test func `A name leads to all that it stands for, a mistyped one to the nearest`() {
        let model = Sheet.procurement().model
        #expect(model.subjects(named: "supplier") == [.role("supplier")])
        #expect(model.subjects(named: "Ticket.View") == [.scope("ticket.read")])
        #expect(model.subjects(named: "acme") == [.tenant("acme")])
        #expect(model.subjects(named: "protal").isEmpty)
        #expect(model.nearestName(to: "protal") == "portal")
        #expect(model.explain(.client("protal")) == nil)
    }

    @Test func `Why a client may hold a scope is said for each of its roles`() throws {
        let model = Sheet.procurement().model
        let key = ClientKey(provider: "idp", client: "desk")
        let reasons = try #require(model.reasons(for: "ticket.write", of: key, tenant: "hq"))
        #expect(reasons.map(\.role) == ["requester", "viewer"])
        #expect(reasons[0].reason == .needed(by: ["ticket.write"], steps: ["request"]))
        #expect(reasons[1].reason == .coversMore(than: ["ticket.read"]))
        let other = try #require(model.reasons(for: "invoice.read", of: key, tenant: "hq"))
        #expect(other.map(\.reason) == [.notNeeded, .notNeeded])
    }

    @Test func `The tree is drawn with the lines that are asked for`() {
        let tree = Explanation("a", [Explanation("b", [Explanation("c")]), Explanation("d", mark: .allowed)])
        #expect(tree.rendered(.box) == "a\n├─ b\n│  └─ c\n└─ may: d\n")
        #expect(tree.rendered(.ascii) == "a\n|- b\n|  `- c\n`- may: d\n")
    }

    @Test func `A long list says how many more there are`() {
        let found = text(.role("viewer")) { sheet in
            sheet.tenant("many", .internal)
            for number in 0..<30 { sheet.client(ClientID("c\(number)"), ["viewer"]) }
        }
        #expect(found.contains("clients with it (31)\n"))
        #expect(found.contains("and 11 more\n"))
    }
}
