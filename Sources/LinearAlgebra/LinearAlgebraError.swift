// SPDX-License-Identifier: Apache-2.0

/// Why a matrix could not be worked with.
public enum LinearAlgebraError: Error, Hashable, CustomStringConvertible {
    case empty
    case notSquare(rows: Int, columns: Int)
    case sizes(left: String, right: String)
    case notFinite(row: Int, column: Int, value: Double)
    case notSymmetric(row: Int, column: Int, difference: Double)
    /// The leading part of this order is not positive definite: some combination of the rows has no spread.
    case notPositiveDefinite(order: Int)
    /// The reciprocal condition is the distance to the nearest singular matrix, as a share of this one's size.
    case singular(reciprocalCondition: Double)
    case tooLarge(rows: Int, columns: Int)
    case noConvergence(unsettled: Int)

    static func sizesDiffer(_ left: Matrix, _ right: Matrix) -> LinearAlgebraError {
        .sizes(left: "\(left.rows) × \(left.columns)", right: "\(right.rows) × \(right.columns)")
    }

    public var description: String {
        switch self {
        case .empty: "The matrix has no elements."
        case .notSquare(let rows, let columns): "The matrix is \(rows) × \(columns), and only a square one will do."
        case .sizes(let left, let right): "A matrix of \(left) does not go together with one of \(right)."
        case .notFinite(let row, let column, let value):
            "The element in row \(row), column \(column) is \(value). Leave out what was not measured."
        case .notSymmetric(let row, let column, let difference):
            "The elements (\(row), \(column)) and (\(column), \(row)) differ by \(difference); they must be equal."
        case .notPositiveDefinite(let order):
            "The matrix is not positive definite: its first \(order) rows depend on each other. Shrink it towards its "
                + "diagonal, or leave out one of the series that move alike."
        case .singular(let condition):
            "The matrix is singular, or so near to it that no digit of a solution would be right "
                + "(reciprocal condition \(condition))."
        case .tooLarge(let rows, let columns): "The matrix, \(rows) × \(columns), is larger than LAPACK can take."
        case .noConvergence(let count): "\(count) eigenvalues did not settle. Scale the matrix to a sensible size."
        }
    }
}

extension Matrix {
    /// Its size for LAPACK, once every element is a number.
    func checkedSquare() throws(LinearAlgebraError) -> Int32 {
        guard isSquare else { throw .notSquare(rows: rows, columns: columns) }
        guard rows > 0 else { throw .empty }
        try checkFinite()
        return try size()
    }

    /// As `checkedSquare`, and equal to its transpose but for rounding.
    func checkedSymmetric() throws(LinearAlgebraError) -> Int32 {
        let size = try checkedSquare()
        let scale = elements.reduce(0) { max($0, $1.magnitude) }
        for column in 0..<columns {
            for row in 0..<column {
                let difference = (self[row, column] - self[column, row]).magnitude
                if difference > 1e-12 * scale {
                    throw .notSymmetric(row: row, column: column, difference: difference)
                }
            }
        }
        return size
    }

    func checkFinite() throws(LinearAlgebraError) {
        if let index = elements.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(row: index % rows, column: index / rows, value: elements[index])
        }
    }

    func size() throws(LinearAlgebraError) -> Int32 {
        guard let size = Int32(exactly: max(rows, columns)), size < 1 << 14 else {
            throw .tooLarge(rows: rows, columns: columns)
        }
        return size
    }
}
