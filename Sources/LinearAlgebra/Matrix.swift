// SPDX-License-Identifier: Apache-2.0

/// A matrix of numbers as LAPACK holds it: column by column in one array.
public struct Matrix: Hashable, Sendable {
    public let rows: Int
    public let columns: Int
    /// Column-major: the element at (row, column) is at `column × rows + row`.
    public private(set) var elements: [Double]

    /// - Parameter elements: Column-major; as many as rows times columns.
    public init(rows: Int, columns: Int, elements: [Double]) {
        precondition(rows >= 0 && columns >= 0, "a matrix has no negative size, was \(rows) × \(columns)")
        precondition(
            elements.count == rows * columns, "a \(rows) × \(columns) matrix does not hold \(elements.count) elements")
        self.rows = rows
        self.columns = columns
        self.elements = elements
    }

    public init(repeating value: Double = 0, rows: Int, columns: Int) {
        self.init(rows: rows, columns: columns, elements: Array(repeating: value, count: rows * columns))
    }

    /// Written as on paper, row by row; rows of different lengths are a mistake.
    public init(_ rows: [[Double]]) {
        let width = rows.first?.count ?? 0
        precondition(rows.allSatisfy { $0.count == width }, "all rows of a matrix are equally long")
        self.init(rows: rows.count, columns: width, elements: (0..<width).flatMap { column in rows.map { $0[column] } })
    }

    public static func identity(_ size: Int) -> Matrix {
        var result = Matrix(rows: size, columns: size)
        for index in 0..<size { result[index, index] = 1 }
        return result
    }

    public subscript(row: Int, column: Int) -> Double {
        get { elements[offset(row, column)] }
        set { elements[offset(row, column)] = newValue }
    }

    private func offset(_ row: Int, _ column: Int) -> Int {
        precondition(
            row >= 0 && row < rows && column >= 0 && column < columns,
            "(\(row), \(column)) is outside a \(rows) × \(columns) matrix")
        return column * rows + row
    }

    public var isSquare: Bool { rows == columns }
    public var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }
    public func column(_ index: Int) -> [Double] { Array(elements[index * rows..<(index + 1) * rows]) }

    public var transposed: Matrix {
        var result = Matrix(rows: columns, columns: rows)
        for column in 0..<columns {
            for row in 0..<rows { result[column, row] = self[row, column] }
        }
        return result
    }

    /// Every element times a number.
    public static func * (left: Matrix, right: Double) -> Matrix {
        Matrix(rows: left.rows, columns: left.columns, elements: left.elements.map { $0 * right })
    }

    /// - Throws: `sizesDiffer`.
    public static func + (left: Matrix, right: Matrix) throws(LinearAlgebraError) -> Matrix {
        guard left.rows == right.rows, left.columns == right.columns else { throw .sizesDiffer(left, right) }
        return Matrix(
            rows: left.rows, columns: left.columns, elements: zip(left.elements, right.elements).map { $0 + $1 })
    }

    /// `self` as LAPACK's routines leave it: they write over what they are given.
    mutating func withElements<Result>(_ body: (UnsafeMutablePointer<Double>) -> Result) -> Result {
        elements.withUnsafeMutableBufferPointer { buffer in
            // An array without elements has no address; LAPACK is not called for one.
            guard let base = buffer.baseAddress else { preconditionFailure("an empty matrix has nothing to compute") }
            return body(base)
        }
    }
}
