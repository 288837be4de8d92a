// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Columns of 64-bit integers, all of one length, that never change: what every stored series is made of.
///
/// The memory is either owned (grown by a `ColumnTableBuilder`) or borrowed from somebody who keeps it until
/// `release` is called, such as a file mapping. Reading a column costs no reference counting.
public final class ColumnTable: @unchecked Sendable {
    // Unchecked, because a pointer is not Sendable: the memory behind it is never written after `init`.
    public let rowCount: Int
    public let columnCount: Int
    private let bases: UnsafeMutablePointer<UnsafePointer<Int64>>
    private let release: @Sendable () -> Void

    /// Adopts columns that stay valid and unchanged until `release` is called, once, when the table is no longer used.
    public init(adopting columns: [UnsafePointer<Int64>], rowCount: Int, release: @escaping @Sendable () -> Void) {
        precondition(rowCount >= 0, "a table cannot have \(rowCount) rows")
        self.rowCount = rowCount
        columnCount = columns.count
        bases = .allocate(capacity: max(1, columns.count))
        bases.initialize(from: columns, count: columns.count)
        self.release = release
    }

    deinit {
        bases.deallocate()
        release()
    }

    /// The first element of a column. Valid for `rowCount` elements, while this table is retained.
    public func column(_ index: Int) -> UnsafePointer<Int64> {
        precondition(index >= 0 && index < columnCount, "there is no column \(index) of \(columnCount)")
        return bases[index]
    }
}

/// Memory for columns that grows row by row and becomes a `ColumnTable`.
///
/// Each column is one `malloc` block: growing a large one moves its pages instead of copying them, so that a long
/// import never needs twice the memory of its result.
public struct ColumnTableBuilder: ~Copyable {
    public let columnCount: Int
    public private(set) var capacity: Int
    public var count = 0
    private let bases: UnsafeMutablePointer<UnsafeMutablePointer<Int64>>

    public init(columnCount: Int, capacity: Int = 4096) {
        self.columnCount = columnCount
        self.capacity = max(1, capacity)
        bases = .allocate(capacity: max(1, columnCount))
        for index in 0..<columnCount {
            bases[index] = Self.reallocate(nil, rows: self.capacity)
        }
    }

    deinit {
        for index in 0..<columnCount { free(bases[index]) }
        bases.deallocate()
    }

    /// The first element of a column; valid until the next `grow`.
    @inline(__always) public func column(_ index: Int) -> UnsafeMutablePointer<Int64> { bases[index] }

    /// Makes room for at least one more row.
    @inline(never) public mutating func grow() {
        capacity *= 2
        for index in 0..<columnCount { bases[index] = Self.reallocate(bases[index], rows: capacity) }
    }

    /// Adds a row of `columnCount` values.
    @inline(__always) public mutating func append(_ field: (Int) -> Int64) {
        if count == capacity { grow() }
        for index in 0..<columnCount { bases[index][count] = field(index) }
        count += 1
    }

    /// The finished table; the memory beyond the last row is given back.
    public consuming func finish() -> ColumnTable {
        let rows = count
        var columns: [UnsafePointer<Int64>] = []
        for index in 0..<columnCount {
            columns.append(UnsafePointer(Self.reallocate(bases[index], rows: max(1, rows))))
        }
        bases.deallocate()
        discard self
        let blocks = OwnedBlocks(columns: columns)
        return ColumnTable(adopting: columns, rowCount: rows) { blocks.free() }
    }

    private static func reallocate(_ block: UnsafeMutablePointer<Int64>?, rows: Int) -> UnsafeMutablePointer<Int64> {
        guard let memory = realloc(block, rows * 8) else { fatalError("out of memory for \(rows) rows") }
        if rows >= 1 << 18 {
            // Large pages make a long column quicker to fill and to read. Safe: advice only, about whole pages inside.
            let start = (UInt(bitPattern: memory) + 4095) & ~4095
            let end = (UInt(bitPattern: memory) + UInt(rows * 8)) & ~4095
            _ = madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_HUGEPAGE)
        }
        return memory.assumingMemoryBound(to: Int64.self)
    }

    // Unchecked, because a pointer is not Sendable: only the release of the table that owns the blocks uses it.
    private struct OwnedBlocks: @unchecked Sendable {
        let columns: [UnsafePointer<Int64>]
        func free() { for column in columns { Glibc.free(UnsafeMutablePointer(mutating: column)) } }
    }
}
