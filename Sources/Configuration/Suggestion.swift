// SPDX-License-Identifier: Apache-2.0

/// The nearest of some allowed words to one that was mistyped.
enum Suggestion {
    /// The candidate with the fewest edits from `word`, letter case ignored, or `nil` where none is near. Of equally
    /// near ones the first.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = normalized(word)
        guard !letters.isEmpty, letters.count <= 64 else { return nil }
        var best: (distance: Int, word: String)? = nil
        for candidate in candidates {
            let other = normalized(candidate)
            let allowed = max(1, min(letters.count, other.count) / 3)
            guard abs(letters.count - other.count) <= allowed else { continue }
            let distance = editDistance(letters, other)
            if distance <= allowed, distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best?.word
    }

    /// Hyphens and spaces count as underscores: `fast-period` is `fast_period` to a person.
    private static func normalized(_ word: String) -> [UInt8] {
        word.lowercased().utf8.map { $0 == 45 || $0 == 32 ? 95 : $0 }
    }

    /// Insertions, deletions, replacements and swaps of neighbours between two texts (optimal string alignment).
    static func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var beforePrevious = [Int](repeating: 0, count: second.count + 1)
        var previous = Array(0...second.count)
        for (row, left) in first.enumerated() {
            var current = [row + 1]
            for (column, right) in second.enumerated() {
                var best = min(
                    previous[column + 1] + 1, current[column] + 1, previous[column] + (left == right ? 0 : 1))
                if row > 0, column > 0, left == second[column - 1], first[row - 1] == right {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[second.count]
    }
}
