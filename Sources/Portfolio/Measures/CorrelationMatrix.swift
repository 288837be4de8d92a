// SPDX-License-Identifier: Apache-2.0

import Statistics

/// How two symbols move together, or why nothing says so.
public enum Correlation: Hashable, Sendable {
    /// Pearson's coefficient, in [−1, 1].
    case measured(Double, samples: Int)
    /// Fewer common returns than were asked for.
    case tooFewSamples(Int)
    /// One of the two did not move at all: Pearson's coefficient is 0 ÷ 0.
    case constant(samples: Int)
    /// One of the two has had no return for a day.
    case silent

    public var value: Double? {
        if case .measured(let value, _) = self { value } else { nil }
    }

    /// What limits on concentration count with: 1 where nothing was measured. A symbol that just listed, or whose price
    /// stands still because its feed is dead, must not pass as diversification.
    public var forLimits: Double { value ?? 1 }
}

/// The correlations of all pairs of symbols.
public struct CorrelationMatrix: Hashable, Sendable {
    public let symbols: Int
    /// Pairs (0, 1), (0, 2), (1, 2), (0, 3), …
    private var pairs: [Correlation]

    /// Nothing measured yet.
    public init(symbols: Int) {
        self.symbols = symbols
        pairs = Array(repeating: .tooFewSamples(0), count: symbols * max(0, symbols - 1) / 2)
    }

    /// Each pair over the rows in which both have a return; what has had none for a day is not measured.
    ///
    /// - Parameter minimumSamples: Common returns that a coefficient needs, at least 3.
    public init(of table: ReturnsTable, minimumSamples: Int = 30) {
        self.init(symbols: table.symbols)
        let silent = (0..<symbols).map { table.isSilent($0) }
        for second in 0..<symbols {
            for first in 0..<second {
                guard !silent[first], !silent[second] else {
                    self[first, second] = .silent
                    continue
                }
                let common = table.complete([first, second])
                self[first, second] = Self.correlation(common[0], common[1], minimumSamples: minimumSamples)
            }
        }
    }

    /// The correlation of a pair; of a symbol with itself it is 1.
    public subscript(first: Int, second: Int) -> Correlation {
        get { first == second ? .measured(1, samples: 0) : pairs[Self.offset(first, second)] }
        set { if first != second { pairs[Self.offset(first, second)] = newValue } }
    }

    private static func offset(_ first: Int, _ second: Int) -> Int {
        let (low, high) = (min(first, second), max(first, second))
        return high * (high - 1) / 2 + low
    }

    /// Pearson's coefficient of two equally long series of finite numbers.
    public static func correlation(
        _ first: [Double], _ second: [Double], minimumSamples: Int = 3
    ) -> Correlation {
        precondition(first.count == second.count, "two series of \(first.count) and \(second.count) returns")
        let count = first.count
        guard count >= max(3, minimumSamples) else { return .tooFewSamples(count) }
        let (left, right) = (Moments(first), Moments(second))
        guard !left.isConstant, !right.isConstant else { return .constant(samples: count) }
        // Distances in units of the deviation: products of tiny or huge returns stay in range.
        let scales = ((left.second / Double(count)).squareRoot(), (right.second / Double(count)).squareRoot())
        guard scales.0 > 0, scales.1 > 0, scales.0.isFinite, scales.1.isFinite else {
            return .constant(samples: count)
        }
        var sum = 0.0
        for index in 0..<count {
            sum += ((first[index] - left.mean) / scales.0) * ((second[index] - right.mean) / scales.1)
        }
        return .measured(min(1, max(-1, sum / Double(count))), samples: count)
    }

    /// The symbols that hang together: each group is connected through pairs above the threshold. Groups and their
    /// members are in ascending order; a symbol alone is a group of one.
    ///
    /// - Parameters:
    ///   - members: The symbols to group; `nil`: all.
    ///   - directions: By symbol, +1 for what is held long, −1 for short: two positions in opposite directions of symbols
    ///     that move together offset each other, and of symbols that move apart add up. `nil`: all long.
    public func groups(
        above threshold: Double, among members: [Int]? = nil, directions: [Double]? = nil
    ) -> [[Int]] {
        let members = members.map { $0.sorted() } ?? Array(0..<symbols)
        var root = Array(0..<symbols)
        func find(_ symbol: Int) -> Int {
            var symbol = symbol
            while root[symbol] != symbol { symbol = root[symbol] }
            return symbol
        }
        for (place, second) in members.enumerated() {
            for first in members[..<place] where concentration(first, second, directions) > threshold {
                let (low, high) = (min(find(first), find(second)), max(find(first), find(second)))
                root[high] = low
            }
        }
        var groups: [[Int]] = Array(repeating: [], count: symbols)
        for symbol in members { groups[find(symbol)].append(symbol) }
        return groups.filter { !$0.isEmpty }
    }

    /// The correlation of two positions for limits: 1 where it was not measured, whatever their directions.
    public func concentration(_ first: Int, _ second: Int, _ directions: [Double]? = nil) -> Double {
        guard let value = self[first, second].value else { return 1 }
        guard let directions else { return value }
        return value * directions[first] * directions[second]
    }
}
