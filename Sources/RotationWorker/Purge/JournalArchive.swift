internal import Grants
internal import Records

/// The lines of an archived journal: a head, the entries with their exact bytes, a foot.
enum JournalArchive {
    static func header(_ start: JournalLinks, run: Int64, at now: Timestamp) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("archive", "journal")
        writer.member("after_seq", start.seq)
        writer.member("after_hash", JournalLinks.hex(start.hash))
        writer.member("run", run)
        writer.member("written_at", time: now.milliseconds)
        writer.endObject()
        return writer.bytes
    }

    /// The body last and as it is stored: its hash covers these bytes and no others.
    static func line(_ entry: JournalEntry) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("seq", entry.seq)
        writer.member("hash", JournalLinks.hex(entry.hash))
        writer.member("body", raw: entry.body)
        writer.endObject()
        return writer.bytes
    }

    /// Without it the file was cut off.
    static func footer(_ end: JournalLinks, entries: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("entries", entries)
        writer.member("to_seq", end.seq)
        writer.member("hash", JournalLinks.hex(end.hash))
        writer.endObject()
        return writer.bytes
    }

    /// The exact bytes of the body in an entry's line.
    static func body(of line: [UInt8]) -> [UInt8]? {
        let mark = Array(#","body":"#.utf8)
        guard line.last == UInt8(ascii: "}"), let found = line.firstRange(of: mark) else { return nil }
        return Array(line[found.upperBound..<(line.count - 1)])
    }
}
