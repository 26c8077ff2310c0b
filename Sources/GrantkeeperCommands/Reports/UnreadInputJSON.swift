internal import Grants
internal import Records

/// An input that was not read to its end, as `usage ingest --json` and `usage feeds --json` write it.
enum UnreadInputJSON {
    static func write(_ input: UnreadInput, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("source", input.source)
        writer.member("feeds", input.feeds)
        writer.member("unfinished_line", input.unfinishedLine)
        writer.member("begun_at", time: input.begunAt.milliseconds)
        writer.endObject()
    }
}
