// SPDX-License-Identifier: Apache-2.0

/// Returns the candidate that a mistyped name probably meant, or `nil` when none is close.
///
/// Close means at most a third of the characters edited (at least two), or one name beginning with the other.
package func nearestName(to name: String, among candidates: [String]) -> String? {
    // Text from outside may be of any length; no real name is near a very long one.
    guard !name.isEmpty, name.utf8.count <= 64 else { return nil }
    let wanted = Array(name.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in candidates.sorted() {
        let letters = Array(candidate.lowercased())
        let distance = editDistance(wanted, letters)
        let isPrefix = wanted.count >= 2 && (letters.starts(with: wanted) || wanted.starts(with: letters))
        guard isPrefix || distance <= max(2, wanted.count / 3), distance < max(wanted.count, letters.count) else {
            continue
        }
        if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
    }
    return best?.name
}

/// Levenshtein distance; O(m n) time, O(n) memory.
private func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var row = Array(0...second.count)
    for (i, letter) in first.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in second.enumerated() {
            let above = row[j + 1]
            row[j + 1] = letter == other ? diagonal : 1 + min(diagonal, above, row[j])
            diagonal = above
        }
    }
    return row[second.count]
}
