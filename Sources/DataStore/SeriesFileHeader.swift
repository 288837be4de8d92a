// SPDX-License-Identifier: Apache-2.0

internal import MarketData
internal import Trading

/// The first 4096 bytes of a series file, little endian. The layout is described in `Documentation/data-store.md`.
struct SeriesFileHeader: Equatable {
    static let size = 4096
    static let version: UInt32 = 1
    static let magic: [UInt8] = Array("APUSDATA".utf8)
    private static let maximumColumns = 16
    private static let namesOffset = 72 + maximumColumns * 16
    private static let checksumOffset = size - 8

    let venue: String
    let symbol: String
    let kind: SeriesKind
    let timeframe: Timeframe?
    let scales: DecimalScales
    let rowCount: Int
    let firstTime: Int64
    let lastTime: Int64
    let contentHash: UInt64
    let columnHashes: [UInt64]

    /// Describes rows under a key; reads every value for the checksums.
    init(key: SeriesKey, rows: SeriesTable) {
        venue = key.venue
        symbol = key.symbol
        kind = rows.kind
        timeframe = rows.timeframe
        scales = rows.scales
        rowCount = rows.count
        firstTime = rows.firstTime?.nanoseconds ?? 0
        lastTime = rows.lastTime?.nanoseconds ?? 0
        columnHashes = rows.kind.columns.indices.map(rows.columnHash)
        contentHash = rows.contentHash(columnHashes: columnHashes)
    }

    /// The bytes of one column, with the padding that keeps the next one on a cache line.
    var columnStride: Int { (rowCount * 8 + 63) / 64 * 64 }
    func columnOffset(_ column: Int) -> Int { Self.size + column * columnStride }
    var fileSize: Int { Self.size + columnHashes.count * columnStride }

    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.size)
        bytes.replaceSubrange(0..<8, with: Self.magic)
        func put(_ value: some FixedWidthInteger, at offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        put(Self.version, at: 8)
        put(UInt32(Self.size), at: 12)
        put(kind.rawValue, at: 16)
        put(UInt32(columnHashes.count), at: 20)
        put(UInt64(rowCount), at: 24)
        put(timeframe?.nanoseconds ?? 0, at: 32)
        put(Int32(scales.price), at: 40)
        put(Int32(scales.quantity), at: 44)
        put(firstTime, at: 48)
        put(lastTime, at: 56)
        put(contentHash, at: 64)
        for (column, hash) in columnHashes.enumerated() {
            put(UInt64(columnOffset(column)), at: 72 + column * 16)
            put(hash, at: 80 + column * 16)
        }
        var offset = Self.namesOffset
        for name in [venue, symbol] {
            put(UInt16(name.utf8.count), at: offset)
            bytes.replaceSubrange(offset + 2..<offset + 2 + name.utf8.count, with: name.utf8)
            offset += 2 + name.utf8.count
        }
        put(bytes[..<Self.checksumOffset].withUnsafeBytes { ContentHash.hash($0) }, at: Self.checksumOffset)
        return bytes
    }

    /// Reads and verifies a header.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(StoreError) {
        func damaged(_ problem: String) -> StoreError {
            StoreError(.damaged, path: path, problem: problem, advice: "Import the series again.")
        }
        func get<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value {
            Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
        guard bytes.count >= Self.size else { throw damaged("the file is too short to be a series") }
        guard bytes[0..<8].elementsEqual(Self.magic) else { throw damaged("the file is not a series of Apus") }
        let version = get(UInt32.self, at: 8)
        guard version <= Self.version else {
            throw StoreError(
                .newerVersion, path: path, problem: "the file has format version \(version)",
                advice: "This program reads up to version \(Self.version); use a newer one.")
        }
        let sealed = UnsafeRawBufferPointer(rebasing: bytes[..<Self.checksumOffset])
        guard version == Self.version, ContentHash.hash(sealed) == get(UInt64.self, at: Self.checksumOffset) else {
            throw damaged("the checksum of the header is wrong")
        }
        let length = get(Int64.self, at: 32)
        let columns = Int(get(UInt32.self, at: 20))
        let scale = (price: Int(get(Int32.self, at: 40)), quantity: Int(get(Int32.self, at: 44)))
        guard let kind = SeriesKind(rawValue: get(UInt32.self, at: 16)), columns == kind.columns.count,
            let rowCount = Int(exactly: get(UInt64.self, at: 24)), rowCount < 1 << 40, length % 1_000_000_000 == 0,
            (0...18).contains(scale.price), (0...18).contains(scale.quantity)
        else { throw damaged("the header describes no series") }
        timeframe = length == 0 ? nil : Timeframe(seconds: length / 1_000_000_000)
        guard (kind == .bars) == (timeframe != nil) else { throw damaged("the header describes no series") }
        self.kind = kind
        self.rowCount = rowCount
        scales = DecimalScales(price: scale.price, quantity: scale.quantity)
        firstTime = get(Int64.self, at: 48)
        lastTime = get(Int64.self, at: 56)
        contentHash = get(UInt64.self, at: 64)
        columnHashes = (0..<columns).map { get(UInt64.self, at: 80 + $0 * 16) }
        var names: [String] = []
        var offset = Self.namesOffset
        for _ in 0..<2 {
            let count = Int(get(UInt16.self, at: offset))
            guard offset + 2 + count <= Self.checksumOffset else { throw damaged("the header holds no names") }
            names.append(String(decoding: bytes[offset + 2..<offset + 2 + count], as: UTF8.self))
            offset += 2 + count
        }
        venue = names[0]
        symbol = names[1]
    }
}
