// SPDX-License-Identifier: Apache-2.0

public import Trading

/// The returns of several symbols over a rolling window, one row for each full interval.
///
/// A symbol may list half-way, pause or end: where a price is absent there is no return, and nothing is filled in. A row
/// is taken from the first prices that are given in an interval; where whole intervals went by without any, the next
/// return would span several of them and is left out.
public struct ReturnsTable: Hashable, Sendable {
    public let symbols: Int
    public let window: TimeSpan
    public let interval: TimeSpan
    /// Rows in a full window.
    public let capacity: Int
    /// Prices that were no positive finite number, by symbol. They count as absent.
    public private(set) var refusals: [Int]
    /// By symbol, then by row, as a ring. NaN stands for an absent return and stays in here.
    private var columns: [[Double]]
    private var lastPrices: [Double?]
    private var lastPeriod: Int64?
    private var start = 0
    /// Rows that are there.
    public private(set) var count = 0

    /// - Parameters:
    ///   - window: How far back it reaches; 30 days.
    ///   - interval: Between rows, by UTC. At least a minute; at least two rows fit into the window.
    public init(symbols: Int, window: TimeSpan = .days(30), interval: TimeSpan = .hours(1)) {
        precondition(symbols >= 0, "there are no \(symbols) symbols")
        self.symbols = symbols
        self.interval = max(interval, .minutes(1))
        capacity = Int(min(max(2, window.nanoseconds / self.interval.nanoseconds), 100_000))
        self.window = self.interval * Int64(capacity)
        refusals = Array(repeating: 0, count: symbols)
        columns = Array(repeating: Array(repeating: .nan, count: capacity), count: symbols)
        lastPrices = Array(repeating: nil, count: symbols)
    }

    /// Takes in the prices of now, one for each symbol; `nil` where there is none.
    ///
    /// - Returns: Whether this made a row.
    @discardableResult
    public mutating func observe(_ prices: [Double?], at now: Timestamp) -> Bool {
        precondition(prices.count == symbols, "\(prices.count) prices for \(symbols) symbols")
        let (quotient, remainder) = now.nanoseconds.quotientAndRemainder(dividingBy: interval.nanoseconds)
        let period = remainder < 0 ? quotient - 1 : quotient
        if let lastPeriod, period <= lastPeriod { return false }
        let isNext = lastPeriod.map { period - $0 == 1 } ?? false
        let isFirst = lastPeriod == nil
        forget(before: period)
        lastPeriod = period
        let row = isFirst ? nil : place()
        for symbol in 0..<symbols {
            var price = prices[symbol]
            if let value = price, !(value.isFinite && value > 0) {
                refusals[symbol] += 1
                price = nil
            }
            if let row {
                var change = Double.nan
                if isNext, let price, let last = lastPrices[symbol] { change = price / last - 1 }
                columns[symbol][row] = change.isFinite ? change : .nan
            }
            lastPrices[symbol] = price
        }
        return !isFirst
    }

    /// Where the next row goes; the oldest gives way.
    private mutating func place() -> Int {
        if count < capacity {
            count += 1
            return (start + count - 1) % capacity
        }
        defer { start = (start + 1) % capacity }
        return start
    }

    /// Intervals without any prices use up the window too.
    private mutating func forget(before period: Int64) {
        guard let lastPeriod else { return }
        let gap = period - lastPeriod - 1
        guard gap > 0 else { return }
        for _ in 0..<min(gap, Int64(capacity)) {
            let row = place()
            for symbol in 0..<symbols { columns[symbol][row] = .nan }
        }
    }

    /// The returns of one symbol, oldest first; `nil` where there is none.
    public func returns(of symbol: Int) -> [Double?] {
        (0..<count).map { row in
            let value = columns[symbol][(start + row) % capacity]
            return value.isNaN ? nil : value
        }
    }

    /// The rows in which all of these symbols have a return, oldest first: by symbol, then by row.
    public func complete(_ wanted: [Int]) -> [[Double]] {
        var result = wanted.map { _ in [Double]() }
        for row in 0..<count {
            let place = (start + row) % capacity
            if wanted.contains(where: { columns[$0][place].isNaN }) { continue }
            for (index, symbol) in wanted.enumerated() { result[index].append(columns[symbol][place]) }
        }
        return result
    }

    /// Whether a symbol has had no return for a day: its bars stopped, and what it did before says nothing of now.
    public func isSilent(_ symbol: Int) -> Bool {
        let day = max(1, Int(TimeSpan.days(1).nanoseconds / interval.nanoseconds))
        guard count > day else { return false }
        return (count - day..<count).allSatisfy { columns[symbol][(start + $0) % capacity].isNaN }
    }

    /// How many returns a symbol has.
    public func samples(of symbol: Int) -> Int {
        (0..<count).reduce(0) { $0 + (columns[symbol][(start + $1) % capacity].isNaN ? 0 : 1) }
    }
}
