internal import Glibc

/// Reads a file descriptor line by line, in memory bounded by the longest line allowed.
///
/// ```
/// while try reader.advance() {
///     try reader.withScanner { scanner throws(RecordError) in … }
/// }
/// ```
/// A line ends with LF or CR LF, which are not part of it; what follows the last of them is a line, too, unless it
/// is empty. The reader does not own the descriptor. It blocks: never call it from an asynchronous function.
package struct LineReader: ~Copyable {
    /// The number of the line read last, counted from 1; 0 before the first.
    package private(set) var lineNumber = 0
    /// Whether the line read last ended with its newline: if not, the file may have been cut off.
    package private(set) var lastLineWasTerminated = true
    /// How many bytes of the input lie before the line read last.
    package private(set) var lineStart: Int64 = 0
    /// How many bytes of the input lie before the next line.
    package private(set) var bytesConsumed: Int64 = 0
    /// In bytes, without the newline.
    package let maximumLineLength: Int

    private let descriptor: Int32
    var buffer: [UInt8]
    var line = 0..<0
    /// What has been read and belongs to no line yet.
    private var start = 0
    private var end = 0
    private var isInsideLongLine = false
    private var isAtEnd = false

    /// What the reader holds in memory, in bytes.
    package var bufferSize: Int { buffer.count }

    /// The descriptor has to stay open for the life of the reader.
    package init(
        descriptor: Int32,
        maximumLineLength: Int = 1_048_576,
        chunkSize: Int = 262_144
    ) {
        precondition(maximumLineLength > 0 && chunkSize > 0, "a line and a chunk need room")
        self.descriptor = descriptor
        self.maximumLineLength = maximumLineLength
        buffer = [UInt8](repeating: 0, count: chunkSize)
    }

    /// Goes to the next line; false at the end of the input.
    ///
    /// Throws `tooLong` for a line past the limit without reading the rest of it; another call goes on with the
    /// line after it. Throws `unreadable` if the system cannot read.
    package mutating func advance() throws(RecordError) -> Bool {
        try skipRestOfLine()
        var searched = start
        while true {
            if let newline = newline(from: searched) {
                return try take(upTo: newline, next: newline + 1)
            }
            // One byte more than the limit may be a carriage return.
            guard end - start <= maximumLineLength + 1 else {
                lineNumber += 1
                isInsideLongLine = true
                throw tooLong()
            }
            searched = end - start
            if try !fill() {
                line = 0..<0
                return start == end ? false : try take(upTo: end, next: end)
            }
            searched += start
        }
    }

    /// Calls `body` with the bytes of the line that ``advance()`` went to.
    package func withLine<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(buffer.span.extracting(line))
    }

    /// A copy of the line that ``advance()`` went to.
    package var lineBytes: [UInt8] { Array(buffer[line]) }

    /// Reads the line that ``advance()`` went to as one JSON document.
    package func withScanner<Result>(
        _ body: (inout JSONScanner) throws(RecordError) -> Result
    ) throws(RecordError) -> Result {
        try JSONScanner.scan(bytes: buffer.span.extracting(line), line: lineNumber, body)
    }

    /// Calls `body` with the bytes and the number of the next line; nil at the end of the input.
    package mutating func next<Result>(
        _ body: (Span<UInt8>, Int) throws(RecordError) -> Result
    ) throws(RecordError) -> Result? {
        guard try advance() else {
            return nil
        }
        return try body(buffer.span.extracting(line), lineNumber)
    }

    /// Reads past the rest of a line that was `tooLong`, keeping none of it; ``advance()`` does so by itself.
    package mutating func skipRestOfLine() throws(RecordError) {
        while isInsideLongLine {
            if let newline = newline(from: start) {
                consume(to: newline + 1)
                isInsideLongLine = false
                lastLineWasTerminated = true
            } else {
                consume(to: end)
                if try !fill() {
                    isInsideLongLine = false
                    lastLineWasTerminated = false
                }
            }
        }
    }

    /// True, to be returned by `advance`.
    private mutating func take(upTo lineEnd: Int, next: Int) throws(RecordError) -> Bool {
        let first = start
        let isTerminated = next > lineEnd
        let hasReturn = isTerminated && lineEnd > first && buffer[lineEnd - 1] == 0x0D
        line = first..<(hasReturn ? lineEnd - 1 : lineEnd)
        lineNumber += 1
        lineStart = bytesConsumed
        lastLineWasTerminated = isTerminated
        consume(to: next)
        guard line.count <= maximumLineLength else {
            line = 0..<0
            throw tooLong()
        }
        return true
    }

    private mutating func consume(to index: Int) {
        bytesConsumed += Int64(index - start)
        start = index
    }

    private func newline(from index: Int) -> Int? {
        guard index < end else {
            return nil
        }
        return unsafe buffer.withUnsafeBytes { bytes in
            // In bounds: what `fill` wrote ends at `end`.
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[index..<end])
            guard let base = rest.baseAddress, let found = unsafe memchr(base, 0x0A, rest.count) else {
                return nil
            }
            return unsafe index + (UnsafeRawPointer(found) - base)
        }
    }

    /// Reads what there is behind `end`, after moving what is unread to the front; false at the end of the input.
    private mutating func fill() throws(RecordError) -> Bool {
        guard !isAtEnd else {
            return false
        }
        if start > 0 {
            buffer.replaceSubrange(0..<(end - start), with: buffer[start..<end])
            end -= start
            start = 0
        }
        // Full of one line: `advance` has checked that it may still be within the limit.
        if end == buffer.count {
            buffer.append(contentsOf: repeatElement(0, count: min(buffer.count, maximumLineLength + 2)))
        }
        let count = try readSome()
        end += count
        isAtEnd = count == 0
        return count > 0
    }

    private mutating func readSome() throws(RecordError) -> Int {
        let descriptor = descriptor
        let offset = end
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe read(descriptor, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
            }
            if count >= 0 {
                return count
            }
            switch errno {
            case EINTR:
                continue
            case EAGAIN:
                // A descriptor that another process made non-blocking, as terminals and pipes may be.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = unsafe poll(&wanted, 1, -1)
            case let code:
                throw RecordError(
                    .unreadable,
                    line: lineNumber + 1,
                    message: "the input cannot be read: \(Self.text(of: code))"
                )
            }
        }
    }

    private func tooLong() -> RecordError {
        RecordError(.tooLong, line: lineNumber, message: "the line is longer than \(maximumLineLength) bytes")
    }

    private static func text(of code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}
