// SPDX-License-Identifier: Apache-2.0

public import LinearAlgebra
import Statistics

/// Why no covariance could be made of a table of returns.
public enum CovarianceError: Error, Hashable, CustomStringConvertible {
    case tooFewSamples(have: Int, need: Int)
    case notFinite(symbol: Int, row: Int)
    case uneven(lengths: [Int])
    case noSymbols
    /// Returns so large that their squares cannot be held.
    case outOfRange

    public var description: String {
        switch self {
        case .tooFewSamples(let have, let need):
            "The symbols have \(have) returns in common, and a covariance needs \(need). Wait, or leave out the symbol "
                + "that listed last."
        case .notFinite(let symbol, let row): "Return \(row) of symbol \(symbol) is not a number."
        case .uneven(let lengths): "The series of returns are not equally long: \(lengths)."
        case .outOfRange: "The returns are so large that their squares cannot be held: a price is wrong."
        case .noSymbols: "There is no symbol to make a covariance of."
        }
    }
}

/// How the returns of several symbols vary together, per interval of the table they come from.
public struct Covariance: Hashable, Sendable {
    public let matrix: Matrix
    public let means: [Double]
    /// How far the sample covariance was moved to the target, in [0, 1].
    public let shrinkage: Double
    public let samples: Int

    public init(matrix: Matrix, means: [Double], shrinkage: Double = 0, samples: Int = 0) {
        precondition(matrix.isSquare && matrix.rows == means.count, "a mean for each row of the covariance")
        self.matrix = matrix
        self.means = means
        self.shrinkage = shrinkage
        self.samples = samples
    }

    public var deviations: [Double] { matrix.diagonal.map { max(0, $0).squareRoot() } }

    /// The sample covariance, moved to a multiple of the identity by the share that makes the expected error smallest.
    /// Unlike the sample covariance it can be inverted, but where no series moved at all.
    ///
    /// - Parameter series: By symbol, equally long, oldest first.
    /// - Throws: `tooFewSamples` below `minimumSamples` (at least 2), `notFinite`, `uneven`, `noSymbols`.
    ///
    /// Source: O. Ledoit and M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004, in
    /// the form of scikit-learn's `ledoit_wolf`: divided by n, target with constant variance.
    public static func ledoitWolf(
        _ series: [[Double]], minimumSamples: Int = 2
    ) throws(CovarianceError) -> Covariance {
        let (centred, means) = try centre(series, minimumSamples)
        let (count, size) = (Double(centred.rows), Double(centred.columns))
        let sample = product(centred) * (1 / count)
        let mean = sample.diagonal.reduce(0, +) / size
        guard sample.elements.allSatisfy({ ($0 * $0).isFinite }), (mean * mean * size).isFinite else {
            throw .outOfRange
        }
        guard mean > 0 else { return Covariance(matrix: sample, means: means, samples: centred.rows) }
        // Of the squared distances: between sample covariance and target, and of the sample covariance from the truth.
        let norm = sample.elements.reduce(0) { $0 + $1 * $1 }
        var fourth = 0.0
        for row in 0..<centred.rows {
            var square = 0.0
            for column in 0..<centred.columns { square += centred[row, column] * centred[row, column] }
            fourth += square * square
        }
        guard fourth.isFinite, norm.isFinite else { throw .outOfRange }
        let distance = (norm - 2 * mean * mean * size + size * mean * mean) / size
        let error = min((fourth / count - norm) / (size * count), distance)
        let shrinkage = error > 0 && distance > 0 ? error / distance : 0
        var matrix = sample * (1 - shrinkage)
        for index in 0..<matrix.rows { matrix[index, index] += shrinkage * mean }
        return Covariance(matrix: matrix, means: means, shrinkage: shrinkage, samples: centred.rows)
    }

    /// The sample covariance, divided by n − 1. It is singular where there are not more rows than symbols.
    public static func sample(_ series: [[Double]], minimumSamples: Int = 2) throws(CovarianceError) -> Covariance {
        let (centred, means) = try centre(series, minimumSamples)
        let matrix = product(centred) * (1 / Double(centred.rows - 1))
        guard matrix.elements.allSatisfy(\.isFinite) else { throw .outOfRange }
        return Covariance(matrix: matrix, means: means, samples: centred.rows)
    }

    /// The returns as a matrix, a column for each symbol, less their means.
    private static func centre(
        _ series: [[Double]], _ minimumSamples: Int
    ) throws(CovarianceError) -> (Matrix, [Double]) {
        guard let count = series.first?.count else { throw .noSymbols }
        guard series.allSatisfy({ $0.count == count }) else { throw .uneven(lengths: series.map(\.count)) }
        let need = max(2, minimumSamples)
        guard count >= need else { throw .tooFewSamples(have: count, need: need) }
        var elements: [Double] = []
        elements.reserveCapacity(count * series.count)
        var means: [Double] = []
        for (symbol, returns) in series.enumerated() {
            if let row = returns.firstIndex(where: { !$0.isFinite }) { throw .notFinite(symbol: symbol, row: row) }
            let moments = Moments(returns)
            // A series that does not move has no spread, whatever rounding leaves of it.
            elements.append(contentsOf: returns.map { moments.isConstant ? 0 : $0 - moments.mean })
            means.append(moments.isConstant ? moments.minimum : moments.mean)
        }
        return (Matrix(rows: count, columns: series.count, elements: elements), means)
    }

    private static func product(_ centred: Matrix) -> Matrix {
        guard var result = try? centred.gram() else {
            preconditionFailure("a matrix goes together with its own transpose")
        }
        // Both halves of a sum of products are the same but for the order of the sums.
        for column in 0..<result.columns {
            for row in 0..<column { result[row, column] = result[column, row] }
        }
        return result
    }
}
