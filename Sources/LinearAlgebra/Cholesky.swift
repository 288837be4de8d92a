// SPDX-License-Identifier: Apache-2.0

import CLapack

/// The factor `L` of a symmetric positive definite matrix `L · Lᵀ`: the way to solve with it, and to draw numbers with it.
public struct Cholesky: Hashable, Sendable {
    /// Lower triangular, zero above the diagonal.
    public let lower: Matrix

    /// - Throws: `notPositiveDefinite` where some combination of rows is zero; `notSymmetric`, `notFinite`, `notSquare`.
    ///
    /// Source: LAPACK's `dpotrf`.
    public init(_ matrix: Matrix) throws(LinearAlgebraError) {
        let size = try matrix.checkedSymmetric()
        var factor = matrix
        let info = factor.withElements { LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, lowerTriangle, size, $0, size) }
        precondition(info >= 0, "dpotrf refused argument \(-info)")
        guard info == 0 else { throw .notPositiveDefinite(order: Int(info)) }
        for column in 0..<factor.columns {
            for row in 0..<column { factor[row, column] = 0 }
        }
        lower = factor
    }

    /// The solution `x` of `A · x = b`.
    ///
    /// - Throws: `sizes` where `b` has another length than `A` has rows; `notFinite`.
    public func solve(_ right: [Double]) throws(LinearAlgebraError) -> [Double] {
        var solution = Matrix(rows: right.count, columns: 1, elements: right)
        guard right.count == lower.rows else { throw .sizesDiffer(lower, solution) }
        try solution.checkFinite()
        let size = try lower.size()
        let info = solution.withElements { x in
            lower.elements.withUnsafeBufferPointer {
                LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, lowerTriangle, size, 1, $0.baseAddress, size, x, size)
            }
        }
        precondition(info == 0, "dpotrs refused argument \(-info)")
        return solution.elements
    }

    /// The natural logarithm of the determinant.
    public var logarithmOfDeterminant: Double { lower.diagonal.reduce(0) { $0 + 2 * naturalLogarithm($1) } }
}

/// `'L'`, as LAPACK names the triangle that is read.
let lowerTriangle = CChar(0x4C)
