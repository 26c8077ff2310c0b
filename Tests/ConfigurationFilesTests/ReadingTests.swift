import ConfigurationFiles
import Glibc
import Grants
import GrantsTestSupport
import Testing

@Suite struct `Reading configuration files` {
    /// The file with its examples, which begin with a hash and two blanks, in use.
    static func withExamples(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                guard line.drop(while: { $0 == " " }).hasPrefix("#  ") else { return String(line) }
                return String(line.replacing("#", with: "", maxReplacements: 1))
            }
            .joined(separator: "\n")
    }

    @Test func `the shipped configuration is the defaults, and observes`() throws {
        let path = repositoryFile("etc/grantkeeper.yaml")
        let configuration = try ConfigurationFile.parse(contents(of: path), path: path, checks: .none)
        #expect(configuration.settings == RotationSettings())
        #expect(configuration.settings.policy.mode == .observe)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `the shipped configuration's examples are right`() throws {
        let path = repositoryFile("etc/grantkeeper.yaml")
        let text = try Self.withExamples(contents(of: path))
        let settings = try ConfigurationFile.parse(text, path: path, checks: .none).settings
        #expect(settings.providers.map(\.id) == ["procure-idp"])
        #expect(settings.providers.first?.canaries.count == 2)
        #expect(settings.providers.first?.capabilities == ProviderCapabilities())
        #expect(settings.clients.map(\.owner) == ["procurement"])
        #expect(settings.tenants.map(\.id) == ["acme"])
        #expect(settings.feeds.map(\.maxUnmappedPercent) == [20])
        #expect(settings.policy.overrides.count == 1)
        #expect(settings.sinks.map(\.notifies) == [false, true])
    }

    @Test func `the reference's example is right, and names every default as the code has it`() throws {
        let text = try contents(of: repositoryFile("docs/configuration.md"))
        let example = try #require(text.firstRange(of: "```yaml\n")).upperBound
        let end = try #require(text[example...].firstRange(of: "```\n")).lowerBound
        let configuration = try parsed(String(text[example..<end]))
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.settings.sinks.count == 2)
        let values = PolicyValues()
        for (member, value) in [
            ("idle_after", values.idleAfter), ("new_grant_grace", values.newGrantGrace),
            ("notice", values.notice),
            ("quarantine", values.quarantine), ("confirm_after", values.confirmAfter),
            ("evidence_max_age", values.evidenceMaxAge), ("lifetime_notice", values.lifetimeNotice),
        ] {
            let row = text.split(separator: "\n").first { $0.hasPrefix("| `\(member)` |") }
            #expect(row?.contains("| `\(value.typed)` |") == true, "\(member)")
        }
    }

    @Test(arguments: [
        ("/etc/grantkeeper/grantkeeper.yaml", "/etc/grantkeeper/"), ("conf/g.yaml", "conf/"), ("g.yaml", ""),
        ("/g.yaml", "/"),
    ])
    func `relative paths begin in the file's directory`(path: String, directory: String) throws {
        let text = "store: { sqlite: a/b.sqlite, high_water: /w, key: { file: k } }\n"
        let configuration = try parsed(text, path: path)
        #expect(configuration.storePath == directory + "a/b.sqlite")
        #expect(configuration.highWaterPath == "/w")
        #expect(configuration.keySource == .file(directory + "k"))
        #expect(configuration.schedulesPath == directory + "schedules")
        #expect(configuration.source == path)
        #expect(try parsed(text + "schedules: /s\n", path: path).schedulesPath == "/s")
    }

    @Test(arguments: [
        "on", "yes", "0777", "1e3", "2026-01-01", "1_000", "0x1F", "12:30:45", ".inf", "=", "true",
    ])
    func `a text is what stands there, whatever YAML would make of it`(text: String) throws {
        let yaml = base + "rotation: { overrides: [{ match: { role: \(text) }, notice: 0s }] }\n"
        #expect(try parsed(yaml).settings.policy.overrides.first?.match.role == text)
        let ids = base.replacing("acme", with: text)
        #expect(try parsed(ids).settings.tenants.first?.id.rawValue == text)
    }

    @Test func `anchors, aliases and merge keys are read`() throws {
        let text = """
            store: { sqlite: x }
            providers:
              - &first
                id: a
                issuer: https://a.example.com
                client: &client { id: us, secret: { env: S } }
                limits: { in_flight: 7 }
              - <<: *first
                id: b
                client: { <<: *client, id: other }
            rotation:
              total_valve: { <<: [{ count: 1 }, { count: 2, max: 3 }] }
            """
        let settings = try parsed(text).settings
        #expect(settings.providers.map(\.id) == ["a", "b"])
        #expect(settings.providers.map(\.client.id) == ["us", "other"])
        #expect(settings.providers.map(\.limits.inFlight) == [7, 7])
        #expect(settings.policy.totalValve.count == 1 && settings.policy.totalValve.max == 3)
    }

    @Test func `a mistake behind an alias is told once, where it is written`() {
        let text =
            base
            + "rotation: { default: { valve: &v { count: 0 } }, overrides: [{ match: { tenant: acme }, valve: *v }] }\n"
        #expect(problems(text).allSatisfy { $0.hasPrefix("8:43 ") })
    }

    @Test func `merging without end is refused`() {
        var text = "m0: &m0 { a: 1 }\n"
        for level in 1...30 {
            text += "m\(level): &m\(level) { <<: [*m\(level - 1), *m\(level - 1)] }\n"
        }
        text += "store: { <<: *m30 }\n"
        #expect(
            problems(text).contains {
                $0.contains("'<<' merges one mapping or a short list of them in 'store'")
            }
        )
    }

    @Test func `windows line ends and a byte order mark are taken`() throws {
        #expect(try parsed("\u{FEFF}" + base.replacing("\n", with: "\r\n")).settings.tenants.count == 1)
    }

    @Test func `files that are named must be there, when they are looked for`() throws {
        try withDirectory { directory in
            let path = directory + "/c.yaml"
            let text = "store: { sqlite: no/x, key: { file: key } }\n"
            #expect(
                problems(text, checks: .presence, path: path) == [
                    "1:18 'store.sqlite' names a file in a directory that does not exist: '\(directory)/no'",
                    "1:37 'store.key.file' names a file that does not exist: '\(directory)/key'",
                ]
            )
            try write(text.replacing("no/x", with: "x"), to: path)
            try write("secret\n", to: directory + "/key")
            #expect(try ConfigurationFile.read(path: path, checks: .presence).storePath == directory + "/x")
        }
    }

    @Test func `a file that is not UTF-8 is told with its line`() throws {
        try withDirectory { directory in
            let path = directory + "/c.yaml"
            let descriptor = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
            let bytes = Array("a: b\nc: ä".utf8) + [0xFF, 0x0A]
            #expect(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
            close(descriptor)
            let errors = #expect(throws: ConfigurationErrors.self) {
                try ConfigurationFile.read(path: path, checks: .presence)
            }
            #expect(errors?.problems.map(\.description) == ["\(path):2:5: not UTF-8"])
            let folder = #expect(throws: ConfigurationErrors.self) {
                try ConfigurationFile.read(path: directory, checks: .presence)
            }
            #expect(folder?.problems.map(\.message) == ["is a directory"])
        }
    }

    @Test func `a guard beside the store is a warning`() throws {
        #expect(try parsed("store: { sqlite: /s/a, high_water: /s/b }\n").warnings.map(\.column) == [36])
        #expect(try parsed("store: { sqlite: /s/a, high_water: /t/b }\n").warnings.isEmpty)
    }
}
