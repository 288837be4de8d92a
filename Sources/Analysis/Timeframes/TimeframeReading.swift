// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What four timeframes say together, and how far they agree.
public struct TimeframeReading: Sendable, Equatable {
    public let time: Timestamp
    /// One per configured timeframe, shortest first, present or not.
    public let votes: InlineArray<4, TimeframeVote>
    /// The sum of weight × trend vote over what is present, −1 to 1.
    public let score: Double
    /// The sign of the score: 1 rising, −1 falling, 0 neither.
    public let direction: Int
    /// Timeframes whose trend vote is the direction.
    public let alignment: Int
    /// 1.0 where all four are aligned, 0.7 where three are, otherwise 0.0: no trade.
    public let confidence: Double

    /// Decides from the votes. What is not present does not count.
    public init(time: Timestamp, votes: InlineArray<4, TimeframeVote>) {
        self.time = time
        self.votes = votes
        var sum = 0
        for index in votes.indices where votes[index].isPresent {
            let vote = votes[index]
            sum += vote.trend * TimeframeSettings.Weighted(vote.timeframe, weight: vote.weight).millionths
        }
        let direction = sum.signum()
        var alignment = 0
        if direction != 0 {
            for index in votes.indices where votes[index].isPresent && votes[index].trend == direction {
                alignment += 1
            }
        }
        score = Double(sum) / 1e6
        self.direction = direction
        self.alignment = alignment
        confidence = alignment == 4 ? 1.0 : alignment == 3 ? 0.7 : 0.0
    }

    /// The confidence in a signal: 0.0, which forbids it, unless it goes where the timeframes do.
    ///
    /// - Parameter direction: 1 to buy, −1 to sell.
    public func confidence(in direction: Int) -> Double {
        direction != 0 && direction == self.direction ? confidence : 0
    }

    public var presentCount: Int {
        var count = 0
        for index in votes.indices where votes[index].isPresent { count += 1 }
        return count
    }

    public var reason: String {
        let parts = votes.indices.map { votes[$0].reason }.joined(separator: "; ")
        let side = direction == 0 ? "no direction" : direction > 0 ? "rising" : "falling"
        return "\(side) (score \(text(score, decimals: 2))), \(alignment) of 4 timeframes aligned: confidence "
            + "\(text(confidence, decimals: 1)) (\(parts))"
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.time == right.time && left.votes.indices.allSatisfy { left.votes[$0] == right.votes[$0] }
    }

    /// Whether both say the same, whenever they say it; how old a stale timeframe is makes no difference.
    func agrees(with other: Self) -> Bool {
        for index in votes.indices {
            let (mine, others) = (votes[index], other.votes[index])
            if mine.trend != others.trend || mine.momentum != others.momentum || mine.volatility != others.volatility {
                return false
            }
            switch (mine.status, others.status) {
            case (.stale, .stale), (.missing, .missing): continue
            default: if mine.status != others.status { return false }
            }
        }
        return score == other.score
    }
}
