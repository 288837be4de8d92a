// SPDX-License-Identifier: Apache-2.0

/// One round trip, from flat to flat, in Double and the base currency: what statistics need of a trade.
///
/// Names are dense indexes into tables that the caller keeps. Positions that are open at the end of the data are not
/// trades: they are reported on a line of their own.
public struct TradeSample: Equatable, Sendable, BitwiseCopyable {
    public var strategy: Int32
    public var symbol: Int32
    public var exitReason: Int32
    public var isLong: Bool
    /// Nanoseconds since the epoch.
    public var entryTime: Int64
    public var exitTime: Int64
    /// After fees and funding.
    public var profit: Double
    public var fees: Double
    /// Cost against the reference price of each fill, positive when it cost; already inside `profit`.
    public var slippage: Double
    /// Paid (positive) or received (negative); already inside `profit`.
    public var funding: Double

    public init(
        strategy: Int32, symbol: Int32, exitReason: Int32, isLong: Bool, entryTime: Int64, exitTime: Int64,
        profit: Double, fees: Double, slippage: Double = 0, funding: Double = 0
    ) {
        self.strategy = strategy
        self.symbol = symbol
        self.exitReason = exitReason
        self.isLong = isLong
        self.entryTime = entryTime
        self.exitTime = exitTime
        self.profit = profit
        self.fees = fees
        self.slippage = slippage
        self.funding = funding
    }
}

/// Where money went besides the market.
public struct CostSplit: Equatable, Sendable {
    public var fees = 0.0
    public var slippage = 0.0
    public var funding = 0.0

    public init(fees: Double = 0, slippage: Double = 0, funding: Double = 0) {
        self.fees = fees
        self.slippage = slippage
        self.funding = funding
    }

    public var total: Double { fees + slippage + funding }

    public var figures: [Figure] {
        [
            Figure("fees", "Fees", fees, .money), Figure("slippage", "Slippage", slippage, .money),
            Figure("funding", "Funding", funding, .money), Figure("totalCosts", "Costs in total", total, .money),
        ]
    }
}

/// What a group of trades came to. `nil` means not measured: there was no such trade.
public struct TradeStatistics: Equatable, Sendable {
    public private(set) var count = 0
    public private(set) var wins = 0
    public private(set) var losses = 0
    public private(set) var grossProfit = 0.0
    /// Negative.
    public private(set) var grossLoss = 0.0
    public private(set) var costs = CostSplit()
    public private(set) var largestWin: Double?
    public private(set) var largestLoss: Double?
    public private(set) var longestWinningStreak = 0
    public private(set) var longestLosingStreak = 0

    private var streak = 0
    private var heldSeconds = 0.0

    public init() {}

    /// Adds a trade; streaks follow the order in which trades are added.
    public mutating func add(_ trade: TradeSample) {
        count += 1
        heldSeconds += (Double(trade.exitTime) - Double(trade.entryTime)) / 1e9
        costs.fees += trade.fees
        costs.slippage += trade.slippage
        costs.funding += trade.funding
        if trade.profit > 0 {
            wins += 1
            grossProfit += trade.profit
            largestWin = max(largestWin ?? trade.profit, trade.profit)
            streak = streak > 0 ? streak + 1 : 1
            longestWinningStreak = max(longestWinningStreak, streak)
        } else if trade.profit < 0 {
            losses += 1
            grossLoss += trade.profit
            largestLoss = min(largestLoss ?? trade.profit, trade.profit)
            streak = streak < 0 ? streak - 1 : -1
            longestLosingStreak = max(longestLosingStreak, -streak)
        } else {
            // A trade that came to nothing ends a streak; one whose profit is not a number spoils the sums below,
            // and with them every figure that needs them.
            streak = 0
            if trade.profit.isNaN { grossProfit = .nan }
        }
    }

    public var netProfit: Double? { (grossProfit + grossLoss).finite }
    /// Winners over all trades, those that came to nothing included.
    public var winRate: Double? { Double(wins).divided(by: Double(count)) }
    /// Gross profit over gross loss; `nil` without a loss.
    public var profitFactor: Double? { grossProfit.divided(by: -grossLoss) }
    /// Mean profit of a trade.
    public var expectancy: Double? { (grossProfit + grossLoss).divided(by: Double(count)) }
    public var averageWin: Double? { grossProfit.divided(by: Double(wins)) }
    public var averageLoss: Double? { grossLoss.divided(by: Double(losses)) }
    /// Average win over average loss.
    public var payoff: Double? { averageWin.flatMap { win in averageLoss.flatMap { win.divided(by: -$0) } } }
    public var averageHoldingSeconds: Double? { heldSeconds.divided(by: Double(count)) }

    /// Every figure in the order in which a report shows it.
    public var figures: [Figure] {
        [
            Figure("trades", "Trades", Double(count), .count),
            Figure("wins", "Winners", Double(wins), .count),
            Figure("losses", "Losers", Double(losses), .count),
            Figure("netProfit", "Net profit of trades", netProfit, .money),
            Figure("winRate", "Win rate", winRate, .fraction),
            Figure("profitFactor", "Profit factor", profitFactor, .ratio),
            Figure("expectancy", "Expectancy", expectancy, .money),
            Figure("payoff", "Payoff", payoff, .ratio),
            Figure("averageWin", "Average win", averageWin, .money),
            Figure("averageLoss", "Average loss", averageLoss, .money),
            Figure("largestWin", "Largest win", largestWin, .money),
            Figure("largestLoss", "Largest loss", largestLoss, .money),
            Figure("longestWinningStreak", "Longest winning streak", Double(longestWinningStreak), .count),
            Figure("longestLosingStreak", "Longest losing streak", Double(longestLosingStreak), .count),
            Figure("averageHoldingSeconds", "Average holding time", averageHoldingSeconds, .seconds),
            Figure("tradeFees", "Fees of trades", costs.fees, .money),
            Figure("tradeSlippage", "Slippage of trades", costs.slippage, .money),
            Figure("tradeFunding", "Funding of trades", costs.funding, .money),
        ]
    }
}
