// SPDX-License-Identifier: Apache-2.0

import CLapack

extension Matrix {
    /// The matrix product.
    ///
    /// - Throws: `sizes` where the left one has not as many columns as the right one rows.
    ///
    /// Source: `dgemm` of the reference BLAS.
    public static func * (left: Matrix, right: Matrix) throws(LinearAlgebraError) -> Matrix {
        guard left.columns == right.rows else { throw .sizesDiffer(left, right) }
        var result = Matrix(rows: left.rows, columns: right.columns)
        guard !result.elements.isEmpty, left.columns > 0 else { return result }
        _ = (try left.size(), try right.size())
        let (rows, columns, inner) = (Int32(left.rows), Int32(right.columns), Int32(left.columns))
        result.withElements {
            cblas_dgemm(
                CblasColMajor, CblasNoTrans, CblasNoTrans, rows, columns, inner, 1, left.elements, rows,
                right.elements, inner, 0, $0, rows)
        }
        return result
    }

    /// The matrix times a column.
    ///
    /// - Throws: `sizes` where the column is not as long as the matrix is wide.
    public static func * (left: Matrix, right: [Double]) throws(LinearAlgebraError) -> [Double] {
        try (left * Matrix(rows: right.count, columns: 1, elements: right)).elements
    }

    /// `xᵀ · A · x`: the variance of holdings `x` where `A` is a covariance.
    ///
    /// - Throws: `sizes` where `x` is not as long as the matrix is wide or high.
    public func quadraticForm(_ x: [Double]) throws(LinearAlgebraError) -> Double {
        let product = try self * x
        guard product.count == x.count else {
            throw .sizes(left: "\(rows) × \(columns)", right: "\(x.count) × 1")
        }
        return dot(x, product)
    }

    /// The transpose times the matrix: sums of products of the columns.
    public func gram() throws(LinearAlgebraError) -> Matrix { try transposed * self }
}

/// The sum of the products of two equally long rows of numbers.
public func dot(_ left: [Double], _ right: [Double]) -> Double {
    precondition(left.count == right.count, "a product of \(left.count) and \(right.count) numbers")
    guard let count = Int32(exactly: left.count), count > 0 else { return 0 }
    return cblas_ddot(count, left, 1, right, 1)
}

extension Matrix {
    /// The solution `x` of `A · x = b` for a general square matrix.
    ///
    /// - Throws: `singular` where no digit of it would be right; `sizes`, `notFinite`, `notSquare`.
    ///
    /// Source: LAPACK's `dgesv` and `dgecon`.
    public func solve(_ right: [Double]) throws(LinearAlgebraError) -> [Double] {
        let size = try checkedSquare()
        var solution = Matrix(rows: right.count, columns: 1, elements: right)
        guard right.count == rows else { throw .sizesDiffer(self, solution) }
        try solution.checkFinite()
        var factors = self
        var pivots = Array(repeating: Int32(0), count: rows)
        // The largest column sum.
        let norm = (0..<columns).reduce(0.0) { max($0, column($1).reduce(0) { $0 + $1.magnitude }) }
        let info = factors.withElements { matrix in
            solution.withElements {
                LAPACKE_dgesv_work(LAPACK_COL_MAJOR, size, 1, matrix, size, &pivots, $0, size)
            }
        }
        precondition(info >= 0, "dgesv refused argument \(-info)")
        guard info == 0 else { throw .singular(reciprocalCondition: 0) }
        var condition = 0.0
        var work = Array(repeating: 0.0, count: rows * 4)
        var integers = Array(repeating: Int32(0), count: rows)
        let conditionInfo = LAPACKE_dgecon_work(
            LAPACK_COL_MAJOR, CChar(0x31), size, factors.elements, size, norm, &condition, &work, &integers)
        precondition(conditionInfo == 0, "dgecon refused argument \(-conditionInfo)")
        guard condition > Double.ulpOfOne else { throw .singular(reciprocalCondition: condition) }
        return solution.elements
    }
}
