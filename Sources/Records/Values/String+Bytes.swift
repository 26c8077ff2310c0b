internal import Glibc

extension String {
    /// Equal if the UTF-8 is equal; `==` also takes canonically equivalent texts for equal.
    package func hasSameBytes(as other: String) -> Bool {
        // Fast path: shared storage, or a small string stored inline.
        if hasSameStorage(as: other) { return true }
        let (mine, theirs) = (utf8, other.utf8)
        guard mine.count == theirs.count else { return false }
        let isSame: Bool?? = unsafe mine.withContiguousStorageIfAvailable { one in
            unsafe theirs.withContiguousStorageIfAvailable { two in
                guard let first = one.baseAddress, let second = two.baseAddress else { return true }
                return unsafe memcmp(first, second, one.count) == 0
            }
        }
        // Texts of another library's own storage only.
        return (isSame ?? nil) ?? mine.elementsEqual(theirs)
    }

    /// Whether both values have the same 16-byte representation.
    ///
    /// Equal representations imply equal text; the converse does not hold.
    private func hasSameStorage(as other: String) -> Bool {
        let mine = unsafe unsafeBitCast(self, to: (UInt64, UInt64).self)
        let theirs = unsafe unsafeBitCast(other, to: (UInt64, UInt64).self)
        return mine == theirs
    }

    /// Consistent with ``hasSameBytes(as:)``.
    package func hashBytes(into hasher: inout Hasher) {
        var text = self
        text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
