import Glibc
import GrantsTestSupport
import Records
import Testing

@Suite struct LineReaderTests {
    struct Line: Equatable {
        var text: String
        var number: Int
        var isTerminated: Bool

        init(_ text: String, _ number: Int, _ isTerminated: Bool = true) {
            self.text = text
            self.number = number
            self.isTerminated = isTerminated
        }
    }

    static func lines(of input: [UInt8], maximum: Int = 1_048_576, chunk: Int = 262_144) throws -> [Line] {
        let source = try Source(input)
        var reader = LineReader(descriptor: source.descriptor, maximumLineLength: maximum, chunkSize: chunk)
        var lines: [Line] = []
        while try reader.advance() {
            let text = reader.withLine { span in String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }
            lines.append(Line(text, reader.lineNumber, reader.lastLineWasTerminated))
        }
        #expect(reader.bytesConsumed == Int64(input.count))
        return lines
    }

    @Test(
        arguments: [
            ("", []), ("\n", [Line("", 1)]), ("a", [Line("a", 1, false)]), ("a\n", [Line("a", 1)]),
            ("a\nb", [Line("a", 1), Line("b", 2, false)]),
            ("a\r\n\r\nb\r", [Line("a", 1), Line("", 2), Line("b\r", 3, false)]),
            ("a\rb\n\n\nc\n", [Line("a\rb", 1), Line("", 2), Line("", 3), Line("c", 4)]), ("\r\n", [Line("", 1)]),
            ("a\r\r\n", [Line("a\r", 1)]),
        ] as [(String, [Line])]
    )
    func `lines are told apart whatever the chunks are`(input: String, expected: [Line]) throws {
        for chunk in [1, 2, 3, 7, 262_144] {
            #expect(try Self.lines(of: [UInt8](input.utf8), chunk: chunk) == expected)
        }
    }

    @Test func `random lines come back from any chunk size`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("LineReaderTests seed \(seed)")
        var random = SplitMix64(seed: seed)
        for _ in 0..<60 {
            let texts = (0..<Int.random(in: 1..<40, using: &random)).map { _ in
                String(repeating: "x", count: Int.random(in: 0..<50, using: &random))
            }
            let input = texts.map { $0 + (Bool.random(using: &random) ? "\n" : "\r\n") }.joined()
            let chunk = Int.random(in: 1..<64, using: &random)
            let read = try Self.lines(of: [UInt8](input.utf8), maximum: 50, chunk: chunk)
            #expect(read.map(\.text) == texts, "seed \(seed)")
        }
    }

    @Test(arguments: [1, 3, 4, 5, 6, 64])
    func `the limit counts the line without its newline`(chunk: Int) throws {
        for ending in ["\n", "\r\n", ""] {
            #expect(try Self.lines(of: [UInt8]("abcd\(ending)".utf8), maximum: 4, chunk: chunk).map(\.text) == ["abcd"])
            let source = try Source([UInt8]("ok\nabcde\(ending)\(ending.isEmpty ? "" : "next\n")".utf8))
            var reader = LineReader(descriptor: source.descriptor, maximumLineLength: 4, chunkSize: chunk)
            #expect(try reader.advance())
            do throws(RecordError) {
                _ = try reader.advance()
                Issue.record("a line of five bytes was let through")
            } catch {
                #expect(error.code == .tooLong)
                #expect(error.description == "line 2: the line is longer than 4 bytes")
            }
            // With or without asking for it, the reader goes on behind the long line.
            if chunk > 4 {
                try reader.skipRestOfLine()
            }
            #expect(try reader.advance() == !ending.isEmpty)
            #expect(reader.lineNumber == (ending.isEmpty ? 2 : 3))
        }
    }

    @Test func `a long line through a pipe is refused early and skipped in little memory`() throws {
        var ends: (Int32, Int32) = (-1, -1)
        let made = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
            unsafe pipe(bytes.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        try #require(made == 0)
        let (reading, writing) = ends
        defer { close(reading) }
        let writer = try Thread.start {
            let filler = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
            Source.write([UInt8]("first\n".utf8), to: writing)
            for _ in 0..<128 {
                Source.write(filler, to: writing)
            }
            Source.write([UInt8]("\nlast".utf8), to: writing)
            close(writing)
        }
        var reader = LineReader(descriptor: reading, maximumLineLength: 65_536, chunkSize: 4096)
        #expect(try reader.advance())
        do throws(RecordError) {
            _ = try reader.advance()
            Issue.record("eight megabytes were let through")
        } catch {
            #expect(error.code == .tooLong)
            #expect(error.line == 2)
        }
        // Far from having read the line: what was read is the limit and a chunk at most.
        #expect(reader.bytesConsumed == 6)
        #expect(reader.bufferSize < 4 * 65_536)
        #expect(try reader.advance())
        #expect(reader.lineNumber == 3)
        #expect(reader.withLine { $0.count } == 4)
        #expect(reader.lastLineWasTerminated == false)
        #expect(reader.bufferSize < 4 * 65_536)
        #expect(try !reader.advance())
        writer.join()
    }

    @Test func `a line is scanned with its number`() throws {
        let source = try Source([UInt8]("{\"a\":1}\r\n{\"a\":}\n".utf8))
        var reader = LineReader(descriptor: source.descriptor)
        #expect(try reader.advance())
        #expect(try reader.withScanner { (scanner) throws(RecordError) in try scanner.readObject() }["a"] == .int(1))
        let error = #expect(throws: RecordError.self) {
            _ = try reader.next { (bytes, line) throws(RecordError) in
                try JSONScanner.scan(bytes: bytes, line: line) { (scanner) throws(RecordError) in
                    try scanner.skipValue()
                }
            }
        }
        #expect(error?.description == #"line 2, column 6, member "a": expected a value, found "}""#)
    }

    @Test func `what cannot be read is an error, not an end`() throws {
        var closed = LineReader(descriptor: -1)
        do throws(RecordError) {
            _ = try closed.advance()
            Issue.record("a closed descriptor was read")
        } catch {
            #expect(error.code == .unreadable)
            #expect(error.message == "the input cannot be read: Bad file descriptor")
        }
    }
}
