internal import Glibc
internal import Grants
internal import Records

/// The lines of the second reading, batch by batch: from the file again, or from the sealed spool.
final class GrantLines {
    private enum Origin {
        case file(Int32, maximumLine: Int)
        case spool(SealedSpool)
    }

    private let origin: Origin
    /// Where the next batch begins, in the file's bytes or the spool's lines.
    private var offset = 0
    private var number = 0

    init(descriptor: Int32, _ maximumLine: Int) { origin = .file(descriptor, maximumLine: maximumLine) }
    init(spool: SealedSpool) { origin = .spool(spool) }

    /// At most `count` lines with their numbers; empty at the end.
    ///
    /// Lines that cannot be read are left out: the first reading has said so.
    func next(_ count: Int) throws -> [(line: [UInt8], number: Int)] {
        switch origin {
        case .file(let descriptor, let maximumLine): try nextOfFile(count, descriptor, maximumLine)
        case .spool(let spool): try nextOfSpool(count, spool)
        }
    }

    private func nextOfFile(_ count: Int, _ descriptor: Int32, _ maximumLine: Int) throws -> [([UInt8], Int)] {
        lseek(descriptor, off_t(offset), SEEK_SET)
        var reader = LineReader(descriptor: descriptor, maximumLineLength: maximumLine)
        var batch: [([UInt8], Int)] = []
        while batch.count < count {
            do throws(RecordError) {
                guard try reader.advance() else { break }
            } catch {
                if error.code == .unreadable { throw error }
                try reader.skipRestOfLine()
                continue
            }
            let line = reader.lineBytes
            if !line.isEmpty { batch.append((line, number + reader.lineNumber)) }
        }
        offset += Int(reader.bytesConsumed)
        number += reader.lineNumber
        return batch
    }

    private func nextOfSpool(_ count: Int, _ spool: SealedSpool) throws -> [([UInt8], Int)] {
        var batch: [([UInt8], Int)] = []
        offset = try spool.read(from: offset, limit: count) { batch.append(($0, $1)) }
        return batch
    }
}
