import ConfigurationFiles
import Grants
import Testing

@Suite struct `Members given twice` {
    @Test(arguments: [
        Broken(
            "store:\n  sqlite: a\n  sqlite: b\nrotation: { mode: observe, mode: enforce }\n",
            "3:3 'sqlite' is already given in 'store', at 2:3",
            "4:28 'mode' is already given in 'rotation', at 4:13"
        ),
        Broken(
            "store: {sqlite: a}\nstore: {sqlite: b}\n\"store\": {sqlite: c}\n",
            "2:1 'store' is already given, at 1:1",
            "3:1 'store' is already given, at 1:1"
        ),
        Broken(
            // The place of what follows a duplicate in one line is that of the text as it was given.
            "store: { sqlite: a, sqlite: b, kee: c }\n",
            "1:21 'sqlite' is already given in 'store', at 1:10",
            "1:32 unknown member 'kee' in 'store'"
        ),
        Broken(
            "store: { sqlite: a, ? sqlite : b }\n",
            "1:23 'sqlite' is already given in 'store', at 1:10"
        ),
        Broken(
            "store: { sqlite: a, !!str sqlite: b }\n",
            "1:10 this member is given twice in its mapping"
        ),
        Broken(
            "store: { sqlite: a }\nunknown: { \"\\x61\": 1, a: 2 }\n",
            "2:1 unknown member 'unknown'",
            "2:12 this member is given twice in its mapping"
        ),
    ])
    func `are told with both places`(broken: Broken) {
        #expect(problems(broken.text) == broken.expected)
    }

    @Test func `a text that looks like the doubled key stays as it is`() {
        let text =
            base.replacing("{ id: acme", with: "{ id: acme, owner: 'see id: 7, or', contact: \"id: x\"")
            + "  # id: z\ntenants: []\n"
        let found = problems(text)
        #expect(found == ["9:1 'tenants' is already given, at 6:1"])
        let doubled = base.replacing(
            "sqlite: grants.sqlite",
            with: "sqlite: grants.sqlite, key: { env: ' key: x' }, key: {}"
        )
        #expect(
            problems(doubled) == [
                "1:45 'store.key.env' is not the name of an environment variable",
                "1:58 'key' is already given in 'store', at 1:33",
            ]
        )
    }

    @Test(arguments: [
        (
            "tenants:\n  - { id: a, party: partner }\n  - { id: a, party: internal }\n",
            "3:11 'tenants[1].id': 'a' is already at 2:11"
        ),
        (
            "feeds:\n  - { id: f, covers: [{ provider: idp }] }\n  - { id: f, covers: [{ provider: idp }] }\n",
            "3:11 'feeds[1].id': 'f' is already at 2:11"
        ),
        (
            "sinks:\n  - { id: s, type: file, path: a }\n  - { id: s, type: file, path: b }\n",
            "3:11 'sinks[1].id': 's' is already at 2:11"
        ),
        (
            "clients:\n  - { id: c, provider: idp, secret: { env: A } }\n  - { id: c, provider: idp, secret: { env: B } }\n",
            "3:11 'clients[1].id': 'c' is already at 2:11"
        ),
    ])
    func `an id names one entry`(text: String, expected: String) {
        let store =
            "\nstore: { sqlite: x }\nproviders:\n"
            + "  - { id: idp, issuer: https://a, client: { id: u, secret: { env: S } } }\n"
        #expect(problems(text + store) == [expected])
    }

    @Test func `the same client may be at two providers`() throws {
        let text = """
            store: { sqlite: x }
            providers:
              - { id: a, issuer: https://a, client: { id: u, secret: { env: S } } }
              - { id: b, issuer: https://b, client: { id: u, secret: { env: S } } }
            clients:
              - { id: c, provider: a, secret: { env: A } }
              - { id: c, provider: b, secret: { env: A } }
            """
        #expect(try parsed(text).settings.clients.map(\.provider) == ["a", "b"])
    }
}
