// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A run of bars that a series lacks.
public struct Gap: Hashable, Sendable {
    /// When the first missing bar would open.
    public let start: Timestamp
    /// When the bar after the last missing one opens.
    public let end: Timestamp
    public let bars: Int64

    public init(start: Timestamp, end: Timestamp, bars: Int64) {
        self.start = start
        self.end = end
        self.bars = bars
    }
}

/// A bar that cannot be right.
public struct SeriesProblem: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case notRising
        case duplicate
        case offGrid
        case notPositive(column: String)
        case highBelowLow
        case outsideRange(column: String)
        case negativeVolume
    }
    /// The position in the series, from 0.
    public let index: Int
    public let openTime: Timestamp
    public let kind: Kind

    public init(index: Int, openTime: Timestamp, kind: Kind) {
        self.index = index
        self.openTime = openTime
        self.kind = kind
    }

    public var description: String { "bar \(index) (\(openTime)): \(kind.text)" }
}

extension SeriesProblem.Kind {
    /// What is wrong, without where.
    public var text: String {
        switch self {
        case .notRising: "it opens before the bar before it"
        case .duplicate: "it opens at the same time as the bar before it"
        case .offGrid: "its open time is not on the grid of the timeframe"
        case .notPositive(let column): "its \(column) is not above zero"
        case .highBelowLow: "its high is below its low"
        case .outsideRange(let column): "its \(column) lies outside low…high"
        case .negativeVolume: "its volume is negative"
        }
    }
}

/// What is in a series of bars and what is missing: the answer of `apus data check`, and part of every import's report.
public struct CheckReport: Equatable, Sendable {
    public let timeframe: Timeframe
    public let bars: Int
    public let firstOpenTime: Timestamp?
    public let lastOpenTime: Timestamp?
    public let gaps: [Gap]
    public let zeroVolumeBars: Int
    /// The largest move from one close to the next, as a fraction of the first; the bar is the later one.
    public let largestMove: Move?
    /// Bars that cannot be right: the first of them, at most `SeriesCheck.problemLimit`.
    public let problems: [SeriesProblem]
    public let problemCount: Int

    public struct Move: Equatable, Sendable {
        public let openTime: Timestamp
        public let fraction: Double
    }

    public var missingBars: Int64 { gaps.reduce(0) { $0 + $1.bars } }

    /// Missing bars as a share of all that should be there, from the first to the last: 0 to 1.
    public var missingShare: Double {
        bars == 0 ? 0 : Double(missingBars) / (Double(bars) + Double(missingBars))
    }

    /// The share of missing bars from which on a run is refused unless it was allowed: one in a hundred.
    public static let missingShareLimit = 0.01

    /// Why a run on this series should be refused, in words; `nil` where no more than `limit` of its bars are missing.
    public func gapProblem(limit: Double = Self.missingShareLimit) -> String? {
        guard missingShare > limit else { return nil }
        return "\(missingBars) of \(Int64(bars) + missingBars) bars are missing (\(percent(missingShare))), "
            + "more than the limit of \(percent(limit))"
    }

    /// Whether nothing in the series is impossible. Gaps are not: see `missingShare`.
    public var isSound: Bool { problemCount == 0 }

    /// The report as named fields, for JSON.
    public var fields: ReportValue {
        .object([
            ("timeframe", .text("\(timeframe)")), ("bars", .integer(Int64(bars))),
            ("first", firstOpenTime.map { .text("\($0)") } ?? .missing),
            ("last", lastOpenTime.map { .text("\($0)") } ?? .missing),
            ("missingBars", .integer(missingBars)), ("missingShare", .number(missingShare)),
            (
                "gaps",
                .list(
                    gaps.map {
                        .object([
                            ("start", .text("\($0.start)")), ("end", .text("\($0.end)")), ("bars", .integer($0.bars)),
                        ])
                    })
            ),
            ("zeroVolumeBars", .integer(Int64(zeroVolumeBars))),
            (
                "largestMove",
                largestMove.map {
                    .object([("time", .text("\($0.openTime)")), ("fraction", .number($0.fraction))])
                } ?? .missing
            ),
            ("problemCount", .integer(Int64(problemCount))),
            ("problems", .list(problems.map { .text($0.description) })),
        ])
    }

    /// The report as lines for a terminal. At most `gapLimit` gaps are listed, the longest first.
    public func lines(gapLimit: Int = 10) -> [String] {
        guard let firstOpenTime, let lastOpenTime else { return ["0 bars of \(timeframe)"] }
        var lines = ["\(counted(Int64(bars), "bar")) of \(timeframe), \(firstOpenTime) to \(lastOpenTime)"]
        if gaps.isEmpty {
            lines.append("gaps: none")
        } else {
            lines.append("gaps: \(gaps.count), with \(counted(missingBars, "missing bar")) (\(percent(missingShare)))")
            for gap in gaps.sorted(by: { ($1.bars, $0.start) < ($0.bars, $1.start) }).prefix(gapLimit) {
                lines.append("  \(gap.start) to \(gap.end): \(counted(gap.bars, "bar"))")
            }
            if gaps.count > gapLimit { lines.append("  and \(gaps.count - gapLimit) shorter ones") }
        }
        lines.append("bars without volume: \(zeroVolumeBars)")
        if let largestMove {
            lines.append("largest move: \(percent(largestMove.fraction)) at \(largestMove.openTime)")
        }
        if problemCount > 0 {
            lines.append("impossible bars: \(problemCount)")
            lines += problems.map { "  \($0)" }
            if problemCount > problems.count { lines.append("  and \(problemCount - problems.count) more") }
        }
        return lines
    }

    public var text: String { lines().joined(separator: "\n") }

    private func percent(_ fraction: Double) -> String {
        let thousandths = Int64((fraction * 100_000).rounded())
        return DecimalText.format(thousandths, decimals: 3) + " %"
    }
}

/// The checks that every import makes, and `apus data check` repeats: order, grid, sanity of each bar, gaps.
public enum SeriesCheck {
    /// How many impossible bars a report lists; it counts all of them.
    public static let problemLimit = 20

    public static func report(on series: BarSeries) -> CheckReport {
        series.withColumns { report(on: $0, timeframe: series.timeframe) }
    }

    /// Checks columns of which nothing is known yet.
    public static func report(on columns: BarColumns, timeframe: Timeframe) -> CheckReport {
        var problems: [SeriesProblem] = []
        var problemCount = 0
        var gaps: [Gap] = []
        var zeroVolumeBars = 0
        var largest = 0.0
        var largestIndex: Int?
        let step = timeframe.nanoseconds

        func note(_ kind: SeriesProblem.Kind, at index: Int) {
            problemCount += 1
            guard problems.count < problemLimit else { return }
            let time = Timestamp(nanoseconds: columns.openTime[index])
            problems.append(SeriesProblem(index: index, openTime: time, kind: kind))
        }

        for index in 0..<columns.count {
            let (open, high, low) = (columns.open[index], columns.high[index], columns.low[index])
            let (close, volume) = (columns.close[index], columns.volume[index])
            if let kind = problem(open: open, high: high, low: low, close: close, volume: volume) {
                note(kind, at: index)
            }
            if volume == 0 { zeroVolumeBars += 1 }

            let time = columns.openTime[index]
            guard index > 0 else {
                if timeframe.openTime(containing: Timestamp(nanoseconds: time)).nanoseconds != time {
                    note(.offGrid, at: index)
                }
                continue
            }
            let previous = columns.openTime[index - 1]
            let (difference, overflow) = time.subtractingReportingOverflow(previous)
            if difference != step {
                if overflow || difference < 0 {
                    note(.notRising, at: index)
                } else if difference == 0 {
                    note(.duplicate, at: index)
                } else if difference % step != 0 {
                    note(.offGrid, at: index)
                } else {
                    gaps.append(
                        Gap(
                            start: Timestamp(nanoseconds: previous + step), end: Timestamp(nanoseconds: time),
                            bars: difference / step - 1))
                }
            }
            let previousClose = columns.close[index - 1]
            if previousClose > 0 {
                let move = (Double(close) / Double(previousClose) - 1).magnitude
                if move > largest {
                    largest = move
                    largestIndex = index
                }
            }
        }
        let count = columns.count
        return CheckReport(
            timeframe: timeframe, bars: count,
            firstOpenTime: count == 0 ? nil : Timestamp(nanoseconds: columns.openTime[0]),
            lastOpenTime: count == 0 ? nil : Timestamp(nanoseconds: columns.openTime[count - 1]), gaps: gaps,
            zeroVolumeBars: zeroVolumeBars,
            largestMove: largestIndex.map {
                CheckReport.Move(openTime: Timestamp(nanoseconds: columns.openTime[$0]), fraction: largest)
            }, problems: problems, problemCount: problemCount)
    }

    /// What is impossible about one bar, or `nil`.
    @inline(__always)
    public static func problem(
        open: Int64, high: Int64, low: Int64, close: Int64, volume: Int64
    ) -> SeriesProblem.Kind? {
        if low > 0, low <= open, low <= close, open <= high, close <= high, volume >= 0 { return nil }
        return firstProblem(open: open, high: high, low: low, close: close)
    }

    @inline(never)
    private static func firstProblem(open: Int64, high: Int64, low: Int64, close: Int64) -> SeriesProblem.Kind {
        for (name, value) in [("open", open), ("high", high), ("low", low), ("close", close)] where value <= 0 {
            return .notPositive(column: name)
        }
        if high < low { return .highBelowLow }
        if open < low || open > high { return .outsideRange(column: "open") }
        if close < low || close > high { return .outsideRange(column: "close") }
        return .negativeVolume
    }
}

/// `1 bar`, `2 bars`.
package func counted(_ number: Int64, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
