/// Memory for the body of one request, which libcurl sends from without copying; wiped before it is used again.
@safe
struct RequestBody: ~Copyable {
    private var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 1)
    private(set) var count = 0

    deinit {
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe bytes.deallocate()
    }

    /// Takes a copy; not to be called while a transfer runs.
    mutating func hold(_ body: [UInt8]) {
        wipe()
        if unsafe body.count > bytes.count {
            unsafe bytes.deallocate()
            unsafe bytes = .allocate(byteCount: body.count, alignment: 1)
        }
        unsafe bytes.copyBytes(from: body)
        count = body.count
    }

    /// Overwrites what was held.
    mutating func wipe() {
        for index in 0..<count { unsafe bytes[index] = 0 }
        count = 0
    }

    /// Never null; valid only as long as this lives and holds no longer body.
    var unsafePointer: UnsafeMutableRawPointer? {
        @unsafe get { unsafe bytes.baseAddress }
    }
}
