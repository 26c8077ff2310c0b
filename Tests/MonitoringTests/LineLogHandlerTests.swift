import Logging
import Monitoring
import Records
import Testing

@Suite("Log lines")
struct LineLogHandlerTests {
    @Test func `text is one line with time, level, message and members`() throws {
        let log = try CapturedLines()
        log.logger(.text).info("run ended", metadata: ["outcome": "done", "job": "expire", "seconds": "\(1.2)"])
        #expect(log.text == "2026-11-27T09:00:01.123Z info run ended job=expire outcome=done seconds=1.2\n")
    }

    @Test(arguments: [LogFormat.text, .json])
    func `a bare log writes messages alone, whatever a library adds`(format: LogFormat) throws {
        let log = try CapturedLines()
        log.logger(format, isBare: true).debug("starting", metadata: ["service": "Environment(SECRETMARK)"])
        #expect(log.text.contains("starting"))
        #expect(!log.text.contains("service") && !log.text.contains("SECRETMARK"))
    }

    /// What a stranger may have put into a value, and what stands in the line.
    @Test(arguments: [
        ("plain", "plain"),
        ("", "\"\""),
        ("two words", "\"two words\""),
        ("a=b", "\"a=b\""),
        ("say \"hi\"", "\"say \\\"hi\\\"\""),
        ("back\\slash", "\"back\\\\slash\""),
        ("x\n2026-01-01T00:00:00Z error forged", "\"x\\n2026-01-01T00:00:00Z error forged\""),
        ("x\r\ty", "\"x\\r\\ty\""),
        ("\u{1B}[31mred", "\"\\u{1b}[31mred\""),
        ("a\u{2028}b\u{85}c\u{202E}d", "\"a\\u{2028}b\\u{85}c\\u{202e}d\""),
        ("\u{0}", "\"\\u{0}\""),
        ("Zürich", "Zürich"),
    ])
    func `no value leaves its place in a text line`(value: String, shown: String) throws {
        let log = try CapturedLines()
        log.logger(.text).info("m", metadata: ["k": "\(value)"])
        #expect(log.text == "2026-11-27T09:00:01.123Z info m k=\(shown)\n")
    }

    @Test(arguments: [LogFormat.text, .json], [true, false])
    func `one event is one line, whatever is in it`(format: LogFormat, isJournal: Bool) throws {
        let log = try CapturedLines()
        let hostile = "a\nb\r\nc\u{2028}\u{0}\u{1B}"
        log.logger(format, isJournal: isJournal).warning(
            "\(hostile)",
            metadata: [hostile: "\(hostile)", "list": ["\(hostile)"], "map": [hostile: "\(hostile)"]]
        )
        #expect(log.lines.count == 1)
        #expect(!log.text.dropLast().unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test func `JSON is one object a line, its members in snake case`() throws {
        let log = try CapturedLines()
        log.logger(.json).error(
            "run \"failed\"",
            metadata: [
                "runId": .stringConvertible(7), "was-held": .stringConvertible(true),
                "seconds": .stringConvertible(1.5),
                "kinds": ["a", "b"], "by": ["userName": "x\ny"],
            ]
        )
        #expect(
            log.text
                == #"{"at":"2026-11-27T09:00:01.123Z","level":"error","logger":"worker","message":"run \"failed\"","#
                + #""by":{"user_name":"x\ny"},"kinds":["a","b"],"run_id":7,"seconds":1.5,"was_held":true}"# + "\n"
        )
    }

    @Test func `a member never takes the place of another`() throws {
        let log = try CapturedLines()
        log.logger(.json).info("m", metadata: ["level": "forged", "message": "forged", "runId": "1", "run_id": "2"])
        let object = try JSONObject(parsing: Array(log.text.utf8))
        #expect(object["level"]?.stringValue == "info")
        #expect(object["message"]?.stringValue == "m")
        #expect(object["level_"]?.stringValue == "forged")
        #expect(object["run_id"]?.stringValue == "1")
        #expect(object["run_id_"]?.stringValue == "2")
    }

    @Test(arguments: [
        (Logger.Level.trace, "<7>"), (.debug, "<7>"), (.info, "<6>"), (.notice, "<5>"), (.warning, "<4>"),
        (.error, "<3>"), (.critical, "<2>"),
    ])
    func `in the journal each line begins with its priority and has no time`(level: Logger.Level, begin: String) throws
    {
        let log = try CapturedLines()
        log.logger(.text, isJournal: true).log(level: level, "m", metadata: ["k": "v"])
        log.logger(.json, isJournal: true).log(level: level, "m")
        #expect(log.lines.first == "\(begin)\(level.rawValue) m k=v")
        #expect(log.lines.last?.hasPrefix("\(begin){\"at\":") == true)
    }

    @Test func `the event's members win over the provider's, those over the logger's`() throws {
        let log = try CapturedLines()
        var logger = log.logger(.text, provider: Logger.MetadataProvider { ["a": "provided", "b": "provided"] })
        logger[metadataKey: "a"] = "own"
        logger[metadataKey: "b"] = "own"
        logger[metadataKey: "c"] = "own"
        logger.info("m", metadata: ["a": "event"])
        #expect(log.lines.first?.hasSuffix(" m a=event b=provided c=own") == true)
    }

    @Test func `an error is a member`() throws {
        struct Broken: Error, CustomStringConvertible { let description = "it\nbroke" }
        let log = try CapturedLines()
        log.logger(.text).error("run failed", error: Broken())
        #expect(log.lines.first?.hasSuffix(#" error run failed error="it\nbroke""#) == true)
    }

    @Test func `a copy's level and members are its own`() throws {
        let log = try CapturedLines()
        let first = log.logger(.text)
        var second = first
        second.logLevel = .error
        second[metadataKey: "copy"] = "yes"
        second.info("not shown")
        first.info("shown")
        #expect(log.lines.map { $0.dropFirst(25) } == ["info shown"])
    }

    @Test func `a value beyond measure is cut`() throws {
        let log = try CapturedLines()
        log.logger(.text).info("m", metadata: ["k": "\(String(repeating: "é", count: 100_000))"])
        #expect(log.text.utf8.count < 9_000)
    }

    @Test func `lines of many threads do not mix`() async throws {
        let log = try CapturedLines()
        let logger = log.logger(.text)
        let long = String(repeating: "x", count: 6_000)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<50 { logger.info("m", metadata: ["task": "\(task)", "long": "\(long)"]) }
                }
            }
        }
        #expect(log.lines.count == 400)
        #expect(
            log.lines.allSatisfy { $0.hasPrefix("2026-11-27T09:00:01.123Z info m long=xxx") && $0.utf8.count < 6_100 }
        )
    }
}
