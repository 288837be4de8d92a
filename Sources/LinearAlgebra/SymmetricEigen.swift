// SPDX-License-Identifier: Apache-2.0

import CLapack
import Glibc

/// The eigenvalues and eigenvectors of a symmetric matrix.
public struct SymmetricEigen: Hashable, Sendable {
    /// Smallest first.
    public let values: [Double]
    /// A column for each value, of length 1, its largest element positive: LAPACK leaves the sign open.
    public let vectors: Matrix

    /// - Throws: `notSymmetric`, `notFinite`, `notSquare`, `noConvergence`.
    ///
    /// Source: LAPACK's `dsyev`.
    public init(_ matrix: Matrix) throws(LinearAlgebraError) {
        let size = try matrix.checkedSymmetric()
        var vectors = matrix
        var values = Array(repeating: 0.0, count: Int(size))
        var work = Array(repeating: 0.0, count: Int(size) * 34)
        let info = vectors.withElements {
            LAPACKE_dsyev_work(
                LAPACK_COL_MAJOR, CChar(0x56), lowerTriangle, size, $0, size, &values, &work, Int32(work.count))
        }
        precondition(info >= 0, "dsyev refused argument \(-info)")
        guard info == 0 else { throw .noConvergence(unsettled: Int(info)) }
        for column in 0..<vectors.columns {
            var largest = 0.0
            for row in 0..<vectors.rows where vectors[row, column].magnitude > largest.magnitude {
                largest = vectors[row, column]
            }
            guard largest < 0 else { continue }
            for row in 0..<vectors.rows { vectors[row, column] = -vectors[row, column] }
        }
        self.values = values
        self.vectors = vectors
    }

    /// A matrix `R` with `R · Rᵀ` equal to this one, where it has no negative eigenvalue but for rounding; those that it
    /// has count as zero. A singular matrix has one too, unlike its Cholesky factor.
    public var root: Matrix {
        var result = vectors
        for column in 0..<result.columns {
            let scale = max(0, values[column]).squareRoot()
            for row in 0..<result.rows { result[row, column] *= scale }
        }
        return result
    }
}

func naturalLogarithm(_ value: Double) -> Double { log(value) }
