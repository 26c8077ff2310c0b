import ConfigurationFiles
import Testing

@Suite struct `Broken configuration files` {
    @Test(arguments: [
        Broken("", "1:1 the file is empty"),
        Broken("# nothing\n", "1:1 the file is empty"),
        Broken("- a\n", "1:1 the file must be a mapping, not a list"),
        Broken("hello\n", "1:1 the file must be a mapping, not a text"),
        Broken("~\n", "1:1 'store' is missing"),
        Broken("store:\n", "1:7 'store' lacks 'sqlite'"),
        Broken("store: {}\n", "1:8 'store' lacks 'sqlite'"),
        Broken("store: { sqlite: [a] }\n", "1:18 'store.sqlite' must be a text, not a list"),
        Broken(
            "store: { sqlite: }\n",
            "1:18 'store.sqlite' has no value, expected a text"
        ),
        Broken(
            "store: { sqlite: ~/x }\n",
            "1:18 'store.sqlite' begins with '~', which no shell expands here"
        ),
    ])
    func `an empty or shapeless document is told`(broken: Broken) {
        #expect(problems(broken.text) == broken.expected)
    }

    @Test(arguments: [
        Broken(
            "store: { sqlite: x }\nstore:\n\t sqlite: x\n",
            "3:1 not valid YAML: a tab in the indentation"
        ),
        Broken(
            "store: { sqlite: x\nrotation:\n",
            "2:9 not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'"
        ),
        Broken("store: *nowhere\n", "1:8 not valid YAML: found undefined alias"),
        Broken("store: { sqlite: x }\n---\na: b\n", "2:1 a second document begins here"),
        Broken("store: { sqlite: \"a\u{1}b\" }\n", "1:20 a control character, U+0001"),
        Broken(
            "store:\n  sqlite: a: b\n",
            "2:12 not valid YAML: mapping values are not allowed in this context"
        ),
    ])
    func `a mistake in the YAML is told with its place`(broken: Broken) {
        #expect(problems(broken.text) == broken.expected)
    }

    @Test(arguments: [
        Broken(base + "rotaton:\n  mode: observe\n", "8:1 unknown member 'rotaton'"),
        Broken(
            base + "rotation:\n  default:\n    idle_atfer: 90d\n",
            "10:5 unknown member 'idle_atfer' in 'rotation.default'"
        ),
        Broken(
            base + "rotation:\n  default: { valve: { shares: 10% } }\n",
            "9:23 unknown member 'shares' in 'rotation.default.valve'"
        ),
        Broken(base + "rotation:\n  [a]: b\n", "9:3 a member's name must be a word in 'rotation'"),
    ])
    func `an unknown member is told`(broken: Broken) {
        #expect(problems(broken.text) == broken.expected)
    }

    @Test(arguments: [
        (
            "rotation:\n  approval: { people: 2 }\n",
            "9:3 'approval' is not supported by this version; remove it"
        ),
        ("approval: { people: 2 }\n", "8:1 'approval' is not supported by this version; remove it"),
    ])
    func `a member that is not obeyed yet is refused`(text: String, expected: String) {
        #expect(problems(base + text) == [expected])
    }

    @Test(arguments: [
        (
            "idle_after: 90",
            "'rotation.default.idle_after' must be a duration, the bare number 90 has no unit"
        ),
        ("idle_after: 90 d", "'rotation.default.idle_after' must be a duration, found '90 d'"),
        ("idle_after: 0s", "'rotation.default.idle_after' must be longer than nothing"),
        ("notice: -1d", "'rotation.default.notice' must be a duration, found '-1d'"),
        ("notice: { d: 1 }", "'rotation.default.notice' must be a duration, not a mapping"),
        ("notice:", "'rotation.default.notice' has no value, expected a duration"),
        ("max_lifetime: null", "'rotation.default.max_lifetime' has no value, expected a duration or none"),
        ("confirmations: 0", "'rotation.default.confirmations' must be at least 1, found 0"),
        ("confirmations: 010", "'rotation.default.confirmations' must be a whole number, found '010'"),
        ("confirmations: 1e3", "'rotation.default.confirmations' must be a whole number, found '1e3'"),
        ("confirmations: \"2\"", "'rotation.default.confirmations' must be a whole number, found '2'"),
        (
            "confirmations: 99999999999999999999",
            "'rotation.default.confirmations' must be a whole number, found '99999999999999999999'"
        ),
        (
            "on_scope_violation: revok",
            "'rotation.default.on_scope_violation' must be alert or revoke, found 'revok'"
        ),
        ("valve: { share: 10 }", "'rotation.default.valve.share' must be a percentage, found '10'"),
        (
            "valve: { share: 0% }",
            "'rotation.default.valve.share' must be above 0% and at most 100%, found '0%'"
        ),
        (
            "valve: { share: 101% }",
            "'rotation.default.valve.share' must be above 0% and at most 100%, found '101%'"
        ),
        ("valve: { count: 0 }", "'rotation.default.valve.count' must be at least 1, found 0"),
        ("valve: { max: -5 }", "'rotation.default.valve.max' must be a whole number, found '-5'"),
        ("valve: { window: 0s }", "'rotation.default.valve.window' must be longer than nothing"),
        ("give_up_after: 3d", "'rotation.default.give_up_after' must be a mapping, not a text"),
        ("give_up_after: { tries: 0 }", "'rotation.default.give_up_after.tries' must be at least 1, found 0"),
    ])
    func `a value of another type or range is told`(member: String, expected: String) {
        let found = found(base + "rotation:\n  default:\n    \(member)\n")
        #expect(found.map(\.message) == [expected])
        #expect(found.allSatisfy { $0.line == 10 })
    }

    @Test(arguments: ["!env SECRET", "!!binary aGk=", "!!float 1"])
    func `a tag is refused, for it would mean nothing here`(value: String) {
        let text = base.replacing("party: supplier", with: "party: supplier, owner: \(value)")
        #expect(problems(text) == ["7:41 'tenants[0].owner' has a tag"])
    }

    @Test func `a bare number is told how to write a duration`() {
        #expect(found(base + "rotation: { approve_within: 72 }\n").map(\.hint) == ["write 90d, 15m or 0s"])
    }

    @Test func `an unknown member is told with the nearest known one, or with all`() {
        #expect(found(base + "rotaton: {}\n").map(\.hint) == ["did you mean 'rotation'?"])
        #expect(
            found(base + "rotation: { xyz: 1 }\n").map(\.hint) == [
                "known here: mode, default, overrides, total_valve, approve_within, blackout"
            ]
        )
    }

    @Test func `all mistakes are told at once, in the order of the lines`() {
        let text = """
            store: { sqlite: 1e3, keys: { env: A } }
            providers:
              - id: idp
                issuer: http://idp.example.com/?a=b
                client: { id: us, secret: hunter2 }
            sinks:
              - { id: a, type: exec }
              - { id: a, type: file, path: x, notifies: yes }
            rotation:
              mode: enforced
              default: { idle_after: 90, notice: 1x }
            """
        #expect(
            problems(text) == [
                "1:23 unknown member 'keys' in 'store'",
                "4:13 'providers[0].issuer' has a query or a fragment",
                "5:31 'providers[0].client.secret' must be { file: PATH }, { env: NAME } or "
                    + "{ credential: NAME }, not a text",
                "7:5 'sinks[0]' lacks 'command', which a sink of type exec needs",
                "8:11 'sinks[1].id': 'a' is already at 7:11",
                "8:45 'sinks[1].notifies' must be true or false, found 'yes'",
                "10:9 'rotation.mode' must be observe or enforce, found 'enforced'",
                "11:26 'rotation.default.idle_after' must be a duration, the bare number 90 has no unit",
                "11:38 'rotation.default.notice' must be a duration, found '1x'",
            ]
        )
    }

    @Test func `a problem prints its file and place, and a file that cannot be read its name`() {
        let errors = #expect(throws: ConfigurationErrors.self) {
            try ConfigurationFile.parse("a: b\n", path: "dir/c.yaml", checks: .none)
        }
        #expect(errors?.problems.last?.description == "dir/c.yaml:1:1: 'store' is missing")
        #expect(
            errors?.description.contains("dir/c.yaml:1:1: unknown member 'a'\n  hint: known here: store")
                == true
        )
        let missing = #expect(throws: ConfigurationErrors.self) {
            try ConfigurationFile.read(path: "/nonexistent/c.yaml", checks: .presence)
        }
        #expect(
            missing?.problems.map(\.description) == [
                "/nonexistent/c.yaml: cannot be read: no such file or directory"
            ]
        )
    }
}
