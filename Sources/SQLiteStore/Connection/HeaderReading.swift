internal import Grants

/// What one look at the main file's own number found.
enum HeaderReading: Hashable, Sendable {
    case number(UInt32)
    /// There is no file, or it is too short to have one.
    case none
    /// It says nothing: the file could not be opened or read; with the system's words.
    case failed(String)

    /// The number; nil: the file has none.
    ///
    /// One failed look is repeated: it may be a passing fault. A second one is an error and no finding of the guard,
    /// which would freeze the store for good, and for a wrong reason.
    static func number(path: String, _ look: () -> HeaderReading) throws(StoreError) -> UInt32? {
        var words = ""
        for _ in 1...2 {
            switch look() {
            case .number(let number): return number
            case .none: return nil
            case .failed(let why): words = why
            }
        }
        throw StoreError(
            .other,
            "the header of the store '\(path)' cannot be read: \(words)",
            hint:
                "nothing was changed; look for errors of the disk (dmesg) and at the limit of open files, then try again"
        )
    }
}
