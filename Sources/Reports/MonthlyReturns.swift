// SPDX-License-Identifier: Apache-2.0

import Statistics
import Trading

/// Return of each calendar month (UTC), from samples of equity.
struct MonthlyReturns {
    struct Year {
        var year: Int64
        /// January first; `nil` where there is no data.
        var months: [Double?]
        var total: Double?
    }

    private(set) var years: [Year] = []

    init(_ performance: Performance) {
        var previous = performance.startEquity
        var yearStart = previous
        for sample in performance.samples {
            let date = CivilDate(daysSinceEpoch: Timestamp(nanoseconds: sample.periodStart).dayNumber)
            if years.last?.year != date.year {
                yearStart = previous
                years.append(Year(year: date.year, months: Array(repeating: nil, count: 12), total: nil))
            }
            let month = Int(date.month) - 1
            let growth = previous > 0 ? sample.equity / previous : .nan
            let soFar = years[years.count - 1].months[month].map { $0 + 1 } ?? 1
            years[years.count - 1].months[month] = soFar * growth - 1
            years[years.count - 1].total = yearStart > 0 ? sample.equity / yearStart - 1 : nil
            previous = sample.equity
        }
    }
}
