internal import Crypto
internal import Grants
internal import Records

/// A stretch of a usage log: uses in any order, then what the feeds say of themselves.
struct UsageWindow: Sendable {
    /// What a feed says of itself, in the order of the lines.
    struct FeedLine: Sendable {
        enum Word: Sendable {
            case observed(until: Timestamp)
            case begins(from: Timestamp)
        }

        var feed: String
        var word: Word
        var number: Int
    }

    /// Lines of one feed that could not be read.
    struct Unreadable: Sendable {
        var count: Int
        var first: FeedRecord.UnreadableLine
    }

    /// A last line that is not read yet.
    struct Unfinished: Sendable {
        var line: Int
        /// Of all that was read, it included; nil: the input is not known again.
        var mark: InputMark?
    }

    private static let nameLimit = 1_000
    private static let clientLimit = 60_000

    private(set) var feeds = NameList()
    /// The first is no UTF-8, and so nobody's: it stands for none.
    private(set) var providers = NameList([[0xFF]])
    /// Those that lines name beside a grant or token, under the same rule.
    private(set) var clients = NameList([[0xFF]])
    /// What is entered; complete after ``close()``.
    private(set) var runs = UseRuns()
    private var uses: UseTable
    private(set) var feedLines: [FeedLine] = []
    private(set) var lines = 0
    private(set) var bad = 0
    /// Lines that could not be read, by the number of their feed.
    private(set) var unreadable: [UInt16: Unreadable] = [:]
    /// Those whose feed could not be read either.
    private(set) var unplaced: Unreadable?
    /// The first of the mistakes.
    private(set) var problems: [RecordError] = []

    /// A last line without its newline; nil: there was none.
    private(set) var unfinished: Unfinished?
    /// Nothing of the input comes after it.
    private(set) var isLast = false

    private let namesAtOnce: Int
    private let runsAtOnce: Int
    private var lacksSample = false
    private var unsampled: UInt16?

    init(namesAtOnce: Int, runsAtOnce: Int) {
        self.namesAtOnce = namesAtOnce
        self.runsAtOnce = runsAtOnce
        uses = UseTable(limit: namesAtOnce)
    }

    var isEmpty: Bool { runs.isEmpty && feedLines.isEmpty && unreadable.isEmpty && unplaced == nil }

    /// Puts a full table away, if there may be another run.
    mutating func makeRoom() throws {
        guard uses.isFull, runs.count + 1 < runsAtOnce else { return }
        try runs.append(uses.run())
        uses = UseTable(limit: namesAtOnce)
    }

    /// Whether the line belongs to the next stretch: a feed's word counts after what came before it, and before what
    /// comes after.
    func ends(before line: UsageLine) -> Bool {
        guard case .use = line else { return false }
        return !feedLines.isEmpty || uses.isFull
            || max(feeds.names.count, providers.names.count) >= Self.nameLimit
            || clients.names.count >= Self.clientLimit
    }

    /// Whether a line that cannot be read belongs to the next stretch: it counts for what its feed says after it.
    var endsBeforeUnreadable: Bool { !feedLines.isEmpty || feeds.names.count >= Self.nameLimit }

    /// A line that could not be read; `feed`: its feed, where that could be read.
    mutating func refuse(_ error: RecordError, feed: [UInt8]?, _ line: () -> FeedRecord.UnreadableLine) {
        lines += 1
        bad += 1
        if problems.count < UsageIngest.problemLimit { problems.append(error) }
        guard let feed else {
            (lacksSample, unsampled) = (unplaced == nil, nil)
            if unplaced == nil { unplaced = Unreadable(count: 0, first: line()) }
            unplaced?.count += 1
            return
        }
        let index = feed.withUnsafeBytes { feeds.index(of: $0) }
        (lacksSample, unsampled) = (unreadable[index] == nil, index)
        if unreadable[index] == nil { unreadable[index] = Unreadable(count: 0, first: line()) }
        unreadable[index]?.count += 1
    }

    /// Adds a sample to the line refused last, if it is the first of its feed.
    mutating func sampleLast(_ sample: () -> String) {
        guard lacksSample else { return }
        lacksSample = false
        if let unsampled { unreadable[unsampled]?.first.sample = sample() } else { unplaced?.first.sample = sample() }
    }

    /// A last line without its newline, which is not read yet.
    mutating func leave(_ line: Unfinished) { unfinished = line }

    mutating func add(_ line: UsageLine, _ number: Int, _ scanner: borrowing JSONScanner) {
        lines += 1
        switch line {
        case .use(let use): add(use, scanner)
        case .observed(let feed, let until):
            feedLines.append(.init(feed: name(of: feed, scanner), word: .observed(until: until), number: number))
        case .begins(let feed, let from):
            feedLines.append(.init(feed: name(of: feed, scanner), word: .begins(from: from), number: number))
        }
    }

    /// Nothing more is added.
    mutating func close(isLast: Bool) {
        self.isLast = isLast
        runs.end(with: uses.run())
        uses = UseTable(limit: namesAtOnce)
    }

    private mutating func add(_ use: UsageLine.Use, _ scanner: borrowing JSONScanner) {
        let feed = scanner.withText(of: use.feed) { feeds.index(of: $0) }
        let provider = use.provider.map { name in scanner.withText(of: name) { providers.index(of: $0) } } ?? 0
        let at = use.at.milliseconds
        let isVital = LifeAfterEnd.isVital(status: use.status)
        if let scopes = use.scopes { add(scopes, of: use, provider, scanner) }
        switch use.name {
        case .grant(let id):
            let entry = scanner.withText(of: id) {
                uses.add(.grant, $0, feed: feed, provider: provider, at: at, isVital: isVital)
            }
            note(use.client, at: entry, scanner)
        case .tokenDigest(let digest):
            let entry = digest.withUnsafeBytes {
                uses.add(.tokenDigest, $0, feed: feed, provider: 0, at: at, isVital: isVital)
            }
            note(use.client, at: entry, scanner)
        case .token(let token):
            let entry = scanner.withText(of: token) { bytes in
                SHA256.hash(data: bytes).withUnsafeBytes {
                    uses.add(.tokenDigest, $0, feed: feed, provider: 0, at: at, isVital: isVital)
                }
            }
            note(use.client, at: entry, scanner)
        case .subject(let client, let subject):
            _ = Self.name(of: client, subject, scanner).withUnsafeBytes {
                uses.add(.subject, $0, feed: feed, provider: provider, at: at, isVital: isVital)
            }
        }
    }

    /// Notes the client that a line names beside a grant or token, as long as every line of the entry names the same.
    private mutating func note(
        _ client: ScannedString?,
        at entry: (index: Int, isNew: Bool),
        _ scanner: borrowing JSONScanner
    ) {
        let known = uses.entries[entry.index].client
        guard let client else {
            if known != 0 { uses.setClient(0, at: entry.index) }
            return
        }
        if entry.isNew {
            uses.setClient(scanner.withText(of: client) { clients.index(of: $0) }, at: entry.index)
        } else if known != 0, !scanner.withText(of: client, { clients.has($0, at: known) }) {
            uses.setClient(0, at: entry.index)
        }
    }

    private static func name(
        of client: ScannedString,
        _ subject: ScannedString,
        _ scanner: borrowing JSONScanner
    ) -> [UInt8] {
        var name: [UInt8] = []
        scanner.withText(of: client) { bytes in
            name = [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)]
            name += bytes
        }
        scanner.withText(of: subject) { name += $0 }
        return name
    }

    /// The scopes of a use, each as an entry of its own: the most of a line are few.
    private mutating func add(
        _ scopes: ScannedString,
        of use: UsageLine.Use,
        _ provider: UInt16,
        _ scanner: borrowing JSONScanner
    ) {
        let (kind, name): (UseTable.Kind, [UInt8]) =
            switch use.name {
            case .grant(let id): (.scopeOfGrant, scanner.withText(of: id) { Array($0) })
            case .tokenDigest(let digest): (.scopeOfToken, digest)
            case .token(let token):
                (.scopeOfToken, scanner.withText(of: token) { Array(SHA256.hash(data: $0)) })
            case .subject(let client, let subject): (.scopeOfSubject, Self.name(of: client, subject, scanner))
            }
        let client = use.client.map { scanner.withText(of: $0) { Array($0) } } ?? []
        for scope in ScopedName.scopes(scanner.withText(of: scopes) { Array($0) }) {
            _ = ScopedName(name: name, client: client, scope: scope).bytes.withUnsafeBytes {
                uses.add(kind, $0, feed: 0, provider: provider, at: use.at.milliseconds)
            }
        }
    }

    /// Notes it among the feeds that the lines name.
    private mutating func name(of feed: ScannedString, _ scanner: borrowing JSONScanner) -> String {
        let index = scanner.withText(of: feed) { feeds.index(of: $0) }
        return feeds[index]
    }
}
