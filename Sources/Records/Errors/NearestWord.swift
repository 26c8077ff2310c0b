/// The known word that was probably meant, or nil if none is near enough.
///
/// Near is a Damerau-Levenshtein distance (neighbouring letters swapped count once) of at most a third of the
/// word's length, but at least 1; ASCII case is ignored; of equally near words the first wins.
package func nearestWord(to word: String, in words: some Sequence<String>) -> String? {
    let wanted = folded(word)
    // The work grows with the product of the lengths, and `word` comes from outside.
    guard wanted.count <= 64 else {
        return nil
    }
    var limit = max(1, wanted.count / 3)
    var nearest: String?
    for candidate in words {
        let letters = folded(candidate)
        guard abs(letters.count - wanted.count) <= limit else {
            continue
        }
        let distance = editDistance(wanted, letters)
        if distance < limit || (distance == limit && nearest == nil) {
            nearest = candidate
            limit = distance
        }
    }
    return nearest
}

private func folded(_ word: String) -> [UInt32] {
    word.unicodeScalars.map { (65...90).contains($0.value) ? $0.value + 32 : $0.value }
}

/// The "optimal string alignment" form: no part is edited twice.
private func editDistance(_ left: [UInt32], _ right: [UInt32]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
        var current = [row + 1]
        current.reserveCapacity(right.count + 1)
        for column in 0..<right.count {
            var best = min(
                last[column + 1] + 1,
                current[column] + 1,
                last[column] + (left[row] == right[column] ? 0 : 1)
            )
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                best = min(best, beforeLast[column - 1] + 1)
            }
            current.append(best)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
