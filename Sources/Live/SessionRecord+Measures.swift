// SPDX-License-Identifier: Apache-2.0

import Journal
import Risk
import Trading

extension RecordWriter {
    mutating func measures(_ measures: SessionMeasures) {
        optional(measures.startEquity) { $0.amount($1) }
        amount(measures.transferred)
        optional(measures.peak) { $0.amount($1) }
        integer(measures.maximumDrawdown.units)
        integer(measures.uptime.nanoseconds)
        double(measures.returns.growth)
        optional(measures.returns.base) { $0.double($1) }
        double(measures.returns.last)
        optional(measures.dailyLoss.day) { $0.integer($1) }
        amount(measures.dailyLoss.start)
        flag(measures.dailyLoss.isReached)
    }
}

extension RecordReader {
    mutating func measures() throws(RecordError) -> SessionMeasures {
        var measures = SessionMeasures()
        measures.startEquity = try optional { reader throws(RecordError) in try reader.amount() }
        measures.transferred = try amount()
        measures.peak = try optional { reader throws(RecordError) in try reader.amount() }
        measures.maximumDrawdown = Rate(units: try integer())
        measures.uptime = TimeSpan(nanoseconds: try integer())
        measures.returns.growth = try double()
        measures.returns.base = try optional { reader throws(RecordError) in try reader.double() }
        measures.returns.last = try double()
        let day: Int64? = try optional { reader throws(RecordError) in try reader.integer() }
        measures.dailyLoss = DailyLoss(day: day, start: try amount(), isReached: try flag())
        return measures
    }
}
