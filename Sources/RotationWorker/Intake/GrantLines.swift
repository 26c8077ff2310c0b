internal import Glibc
internal import Grants
internal import Records

/// The lines of the second reading: from the file again, or from the sealed spool.
enum GrantLines: Sendable {
    case file(Int32, maximumLine: Int)
    case spool(SealedSpool)

    /// Calls `body` with each line and its number, until it returns false.
    ///
    /// Lines that cannot be read are left out: the first reading has said so.
    func forEachLine(_ body: (Span<UInt8>, Int) throws -> Bool) throws {
        switch self {
        case .file(let descriptor, let maximumLine):
            guard lseek(descriptor, 0, SEEK_SET) == 0 else {
                throw StoreError(.other, "the file cannot be read a second time")
            }
            var reader = LineReader(descriptor: descriptor, maximumLineLength: maximumLine)
            while true {
                do throws(RecordError) {
                    guard try reader.advance() else { return }
                } catch {
                    if error.code == .unreadable { throw error }
                    continue
                }
                let number = reader.lineNumber
                guard try reader.withLine({ try $0.isEmpty || body($0, number) }) else { return }
            }
        case .spool(let spool):
            try spool.forEachLine { try body($0.span, $1) }
        }
    }

    /// The line that begins there.
    func line(at offset: Int) throws -> [UInt8] {
        switch self {
        case .file(let descriptor, let maximumLine): try Self.line(of: descriptor, at: offset, maximumLine)
        case .spool(let spool): try spool.line(at: offset)
        }
    }

    private static func line(of descriptor: Int32, at offset: Int, _ maximumLine: Int) throws -> [UInt8] {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        // One byte more than the limit may be a carriage return.
        while line.count <= maximumLine + 1 {
            let count = pread(descriptor, &buffer, buffer.count, off_t(offset + line.count))
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw StoreError(.other, "the file cannot be read a second time")
            }
            if count == 0 { return line }
            if let end = buffer[..<count].firstIndex(of: 0x0A) {
                line += buffer[..<end]
                if line.last == 0x0D { line.removeLast() }
                return line
            }
            line += buffer[..<count]
        }
        return line
    }
}
