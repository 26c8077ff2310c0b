import Glibc
import HTTPTransport

/// Collects one response within its limits; confined to the loop's thread.
final class Reception {
    enum Overflow {
        case body
        case headers
    }

    let maximumBodyBytes: Int
    private let maximumHeaderBytes: Int
    /// The header lines as they came, and what each says; past ``headerCount`` those of the response before.
    private var lines: [[UInt8]] = []
    private var known: [HTTPHeader] = []
    private var headerCount = 0
    private(set) var body: [UInt8] = []
    /// Which limit ended the transfer, if one did.
    private(set) var overflow: Overflow?
    private var headerBytes = 0
    /// After the empty line come trailers or the next response's status line.
    private var headersAreComplete = false

    init(maximumBodyBytes: Int, maximumHeaderBytes: Int) {
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumHeaderBytes = maximumHeaderBytes
    }

    /// Of the final response, in the order received.
    var headers: [HTTPHeader] { headerCount == known.count ? known : Array(known.prefix(headerCount)) }

    /// Makes ready for the next response: a server says most of a header block again and again.
    func begin() {
        headerCount = 0
        body = []
        overflow = nil
        headerBytes = 0
        headersAreComplete = false
    }

    /// Forgets all that came.
    func reset() {
        begin()
        lines = []
        known = []
    }

    /// The body, to be taken once.
    func takeBody() -> [UInt8] {
        let taken = body
        body = []
        return taken
    }

    /// - Returns: whether the transfer goes on.
    fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= maximumBodyBytes - body.count else {
            overflow = .body
            return false
        }
        unsafe body.append(contentsOf: bytes)
        return true
    }

    /// - Returns: whether the transfer goes on.
    fileprivate func take(headerLine bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= maximumHeaderBytes else {
            overflow = .headers
            return false
        }
        let line = unsafe bytes.prefix { $0 != 0x0D && $0 != 0x0A }
        guard unsafe !line.isEmpty else {
            headersAreComplete = true
            return true
        }
        if unsafe line.starts(with: "HTTP/".utf8) {
            // An interim response (1xx) was before this one.
            headerCount = 0
            headersAreComplete = false
            return true
        }
        guard !headersAreComplete, let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")) else { return true }
        if headerCount < lines.count, unsafe Self.isSame(lines[headerCount], line) {
            headerCount += 1
            return true
        }
        let header = unsafe HTTPHeader(
            name: String(decoding: line[..<colon], as: UTF8.self),
            value: Self.trimmed(line[(colon + 1)...])
        )
        lines.removeLast(lines.count - headerCount)
        known.removeLast(known.count - headerCount)
        unsafe lines.append([UInt8](line))
        known.append(header)
        headerCount += 1
        return true
    }

    private static func isSame(_ known: [UInt8], _ line: Slice<UnsafeRawBufferPointer>) -> Bool {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: line)
        guard known.count == bytes.count, let address = bytes.baseAddress else { return known.count == bytes.count }
        return unsafe known.withUnsafeBytes { known in
            guard let start = known.baseAddress else { return false }
            return unsafe memcmp(start, address, known.count) == 0
        }
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let start = unsafe bytes.drop(while: isBlank)
        let end = unsafe start.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start.startIndex
        return unsafe String(decoding: start[..<end], as: UTF8.self)
    }
}

/// `CURLOPT_WRITEFUNCTION`: any other number than that of the bytes given ends the transfer.
func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    // Unretained: the transfer owns both the reception and the handle that calls here.
    let reception = unsafe Unmanaged<Reception>.fromOpaque(context).takeUnretainedValue()
    guard let bytes = unsafe bytes, count > 0 else { return 0 }
    return unsafe reception.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

/// `CURLOPT_HEADERFUNCTION`: called once for each complete line.
func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context, let bytes = unsafe bytes else { return 0 }
    // Unretained, as in receiveBody.
    let reception = unsafe Unmanaged<Reception>.fromOpaque(context).takeUnretainedValue()
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe reception.take(headerLine: line) ? size * count : 0
}
