// SPDX-License-Identifier: Apache-2.0

/// The bin with the most volume within `used`; of equals the lowest.
func pointOfControl(_ units: [Int128], in used: ClosedRange<Int>) -> Int {
    var best = used.lowerBound
    for index in used where units[index] > units[best] { best = index }
    return best
}

/// The fewest neighbouring bins around `pointOfControl` that hold at least `parts` / 10,000 of `total`; of several
/// with as few the one with the most volume, and of equals the lowest.
///
/// For each lowest bin it takes the nearest highest one that is enough; both only rise, so that one pass does.
/// A range of the least length is the nearest one for its lowest bin, so none is missed.
///
/// - Complexity: O(*n*), all in integers.
func valueArea(
    _ units: [Int128], in used: ClosedRange<Int>, around pointOfControl: Int, parts: Int128, total: Int128
) -> ClosedRange<Int> {
    let wanted = parts * total
    var volume: Int128 = 0
    for index in used.lowerBound...pointOfControl { volume += units[index] }
    var best = used
    var bestVolume = total
    var high = pointOfControl
    for low in used.lowerBound...pointOfControl {
        while volume * 10_000 < wanted, high < used.upperBound {
            high += 1
            volume += units[high]
        }
        guard volume * 10_000 >= wanted else { break }
        if high - low + 1 < best.count || (high - low + 1 == best.count && volume > bestVolume) {
            best = low...high
            bestVolume = volume
        }
        volume -= units[low]
    }
    return best
}
