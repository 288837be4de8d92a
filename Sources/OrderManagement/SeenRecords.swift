// SPDX-License-Identifier: Apache-2.0

import Trading

/// Which of a venue's records were counted, so that a repeated one is not counted again. What is older than the watermark
/// was, or never will be.
struct SeenRecords: Sendable {
    enum Kind: UInt8, Hashable { case fill, funding, transfer }
    private struct Key: Hashable {
        let kind: Kind
        let place: UInt32
        let id: UInt64
    }
    private(set) var watermark: Timestamp
    private var times: [Key: Timestamp] = [:]

    init(watermark: Timestamp) { self.watermark = watermark }

    var count: Int { times.count }

    /// - Returns: Whether it is new.
    mutating func insert(_ kind: Kind, place: UInt32, id: UInt64, time: Timestamp) -> Bool {
        guard time >= watermark else { return false }
        return times.updateValue(time, forKey: Key(kind: kind, place: place, id: id)) == nil
    }

    /// Begins, or begins earlier than was thought.
    mutating func begin(at time: Timestamp) { watermark = time }

    mutating func advance(to time: Timestamp) {
        guard time > watermark else { return }
        watermark = time
        times = times.filter { $0.value >= time }
    }
}

extension String {
    /// FNV-1a, 64 bits: the same on every run and machine.
    var stableHash: UInt64 {
        utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
