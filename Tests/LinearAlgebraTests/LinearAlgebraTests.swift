// SPDX-License-Identifier: Apache-2.0

import LinearAlgebra
import TestSupport
import Testing

@Suite struct LinearAlgebraTests {
    private func close(_ left: [Double], _ right: [Double], _ tolerance: Double = 1e-12) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { ($0 - $1).magnitude <= tolerance }
    }

    @Test func aFactorIsTheOneOnPaper() throws {
        let matrix = Matrix([[4, 12, -16], [12, 37, -43], [-16, -43, 98]])
        let factor = try Cholesky(matrix)
        #expect(close(factor.lower.elements, Matrix([[2, 0, 0], [6, 1, 0], [-8, 5, 3]]).elements))
        #expect((factor.logarithmOfDeterminant - 3.58351893845611).magnitude < 1e-12)
        #expect(close(try factor.solve([1, 2, 3]), [28.583333333333332, -7.666666666666666, 1.3333333333333333]))
    }

    @Test func eigenvaluesAreTheOnesOnPaper() throws {
        let eigen = try SymmetricEigen(Matrix([[2, 1], [1, 2]]))
        let half = (0.5).squareRoot()
        #expect(close(eigen.values, [1, 3]))
        #expect(close(eigen.vectors.column(1), [half, half]))
    }

    @Test(
        "Solutions solve, factors multiply to the matrix, eigenvectors are orthogonal", arguments: UInt64(0)..<200)
    func randomMatrices(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let size = 1 + Int(random.next() % 12)
        func number() -> Double { Double(random.next() >> 11) * 0x1p-53 * 2 - 1 }
        let any = Matrix(rows: size, columns: size, elements: (0..<size * size).map { _ in number() })
        let positive = try any.gram() + Matrix.identity(size) * 0.1
        let right = (0..<size).map { _ in number() }

        let factor = try Cholesky(positive)
        #expect(close((try factor.lower * factor.lower.transposed).elements, positive.elements, 1e-12))
        #expect(close(try positive * factor.solve(right), right, 1e-10))
        #expect(close(try positive * positive.solve(right), right, 1e-10))
        let eigen = try SymmetricEigen(positive)
        #expect(close((try eigen.vectors.gram()).elements, Matrix.identity(size).elements))
        #expect(close((try eigen.root * eigen.root.transposed).elements, positive.elements))
        #expect(eigen.values == eigen.values.sorted())
        #expect((try positive.quadraticForm(right) - dot(right, try positive * right)).magnitude < 1e-12)
        #expect(try SymmetricEigen(positive) == eigen, "the same bits each time")
    }

    @Test func whatCannotBeSolvedIsRefused() {
        let singular = Matrix([[1, 2], [2, 4]])
        #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) { try Cholesky(singular) }
        #expect(throws: LinearAlgebraError.singular(reciprocalCondition: 0)) { try singular.solve([1, 2]) }
        #expect(throws: LinearAlgebraError.self) { try Matrix([[1, 1], [1, 1 + 1e-17]]).solve([1, 2]) }
        #expect(throws: LinearAlgebraError.notSquare(rows: 1, columns: 2)) { try Cholesky(Matrix([[1, 2]])) }
        #expect(throws: LinearAlgebraError.notSymmetric(row: 0, column: 1, difference: 1)) {
            try SymmetricEigen(Matrix([[1, 2], [3, 4]]))
        }
        #expect(throws: LinearAlgebraError.empty) { try SymmetricEigen(Matrix([])) }
        #expect(throws: LinearAlgebraError.sizes(left: "2 × 2", right: "3 × 1")) { try singular.solve([1, 2, 3]) }
        #expect(throws: LinearAlgebraError.sizes(left: "2 × 2", right: "1 × 1")) { try singular * [1] }
        for bad in [Double.nan, .infinity, -.infinity] {
            #expect(throws: LinearAlgebraError.self) { try Cholesky(Matrix([[bad]])) }
            #expect(throws: LinearAlgebraError.self) { try Matrix([[1]]).solve([bad]) }
        }
    }

    @Test func aSingularMatrixHasARoot() throws {
        let singular = Matrix([[1, 2], [2, 4]])
        let root = try SymmetricEigen(singular).root
        #expect(close((try root * root.transposed).elements, singular.elements))
    }

    @Test func messagesSayWhatToDo() {
        #expect(
            "\(LinearAlgebraError.notPositiveDefinite(order: 2))".hasSuffix(
                "Shrink it towards its diagonal, or leave out one of the series that move alike."))
    }
}
