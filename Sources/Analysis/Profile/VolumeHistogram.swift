// SPDX-License-Identifier: Apache-2.0

/// Volume by price bin in exact integers, so that adding and removing bars in any order gives the same numbers, and
/// the parts of a bar sum to its volume.
///
/// Bin *i* holds prices from `exp(i w)` up to, but without, `exp((i + 1) w)`, *w* being the width of a bin. Volume is
/// counted in units of 2⁻⁵⁰: 65,536 bars of at most 2⁴⁶ each stay below 2¹¹², and 10,000 times that within 128 bits.
struct VolumeHistogram: Sendable {
    static let unitsPerVolume = 0x1p50
    static let largestBarCount = 65_536

    private(set) var firstBin = 0
    private(set) var units: [Int128] = []
    private(set) var total: Int128 = 0

    mutating func add(_ bar: PlacedBar) { spread(bar, sign: 1) }

    /// Takes back a bar that was added.
    mutating func remove(_ bar: PlacedBar) { spread(bar, sign: -1) }

    /// Gives each bin the bar's volume times the overlap of bin and bar over the bar's length; all of it to one bin
    /// where the bar has no length. What rounding leaves goes to the last bin.
    private mutating func spread(_ bar: PlacedBar, sign: Int128) {
        guard bar.volume > 0 else { return }
        let volume = integer(bar.volume) * sign
        let low = flooredInteger(bar.low)
        let high = flooredInteger(bar.high)
        reserve(low, high)
        total += volume
        var index = low - firstBin
        guard low < high else { return units[index] += volume }
        let share = bar.volume / (bar.high - bar.low)
        var given: Int128 = 0
        for bin in low..<high {
            // No edge here lies above `high`, so only rounding could give more than the volume.
            let upTo = integer(min((Double(bin + 1) - bar.low) * share, bar.volume)) * sign
            units[index] += upTo - given
            given = upTo
            index += 1
        }
        units[index] += volume - given
    }

    /// Makes room for the bins from `low` to `high`, and some more on the side that was short.
    private mutating func reserve(_ low: Int, _ high: Int) {
        if units.isEmpty {
            firstBin = low - 16
            units = Array(repeating: 0, count: high - low + 33)
            return
        }
        if low < firstBin {
            let missing = firstBin - low + 64
            units.insert(contentsOf: repeatElement(0, count: missing), at: 0)
            firstBin -= missing
        }
        let end = firstBin + units.count
        if high >= end { units.append(contentsOf: repeatElement(0, count: high - end + 65)) }
    }

    /// The bins with volume from the lowest to the highest, as indices into `units`; `nil` without volume.
    var used: ClosedRange<Int>? {
        guard total > 0, let first = units.firstIndex(where: { $0 > 0 }),
            let last = units.lastIndex(where: { $0 > 0 })
        else { return nil }
        return first...last
    }

    /// Gives memory back that an outlier took, once it has left.
    mutating func trim() {
        guard let used else {
            units = []
            return
        }
        guard units.count > 2 * used.count + 256 else { return }
        firstBin += used.lowerBound
        units = Array(units[used])
    }

    static func volume(_ units: Int128) -> Double {
        (Double(Int64(truncatingIfNeeded: units >> 48)) * 0x1p48 + Double(Int64(units & 0xFFFF_FFFF_FFFF)))
            / unitsPerVolume
    }
}

/// The whole part of a number from 0 to 2⁹⁶, much faster than the general conversion.
@inline(__always)
private func integer(_ value: Double) -> Int128 {
    let high = Int64(value * 0x1p-48)
    return Int128(high) << 48 + Int128(Int64(value - Double(high) * 0x1p48))
}

/// `floor` without a call, for numbers that fit.
@inline(__always)
private func flooredInteger(_ value: Double) -> Int {
    let whole = Int(value)
    return Double(whole) > value ? whole - 1 : whole
}
