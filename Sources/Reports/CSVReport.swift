// SPDX-License-Identifier: Apache-2.0

/// Lists of a report as CSV files (RFC 4180, line feeds, UTF-8, one header line).
///
/// Each function hands over pieces of about 64 KiB, so that a list of any length needs little memory.
public enum CSVReport {
    private static let pieceSize = 64 * 1024

    /// Columns: `time,symbol,strategy,side,quantity,price,fee,fee_asset,liquidity,order,reason`.
    public static func fills<Failure: Error>(
        _ fills: some Sequence<BacktestReport.Fill>, names: BacktestReport.Names,
        write: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var text = ByteText(capacity: pieceSize + 1024)
        text.append("time,symbol,strategy,side,quantity,price,fee,fee_asset,liquidity,order,reason\n")
        for fill in fills {
            text.append(time: fill.time)
            text.append(byte: comma)
            text.append(field: names.symbol(fill.symbol))
            text.append(byte: comma)
            text.append(field: names.strategy(fill.strategy))
            if fill.isBuy { text.append(",buy,") } else { text.append(",sell,") }
            text.append(field: fill.quantity)
            text.append(byte: comma)
            text.append(field: fill.price)
            text.append(byte: comma)
            text.append(field: fill.fee)
            text.append(byte: comma)
            text.append(field: fill.feeAsset)
            if fill.isMaker { text.append(",maker,") } else { text.append(",taker,") }
            text.append(field: fill.orderID)
            text.append(byte: comma)
            text.append(field: fill.reason)
            text.append(byte: 10)
            try flush(&text, write)
        }
        try write(text.bytes)
    }

    /// Columns: `entry_time,exit_time,symbol,strategy,side,quantity,entry_price,exit_price,profit,fees,exit_reason,`
    /// `duration_seconds`.
    public static func trades<Failure: Error>(
        _ trades: some Sequence<BacktestReport.Trade>, names: BacktestReport.Names,
        write: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var text = ByteText(capacity: pieceSize + 1024)
        text.append("entry_time,exit_time,symbol,strategy,side,quantity,entry_price,exit_price,profit,fees,")
        text.append("exit_reason,duration_seconds\n")
        for trade in trades {
            text.append(time: trade.entryTime)
            text.append(byte: comma)
            text.append(time: trade.exitTime)
            text.append(byte: comma)
            text.append(field: names.symbol(trade.symbol))
            text.append(byte: comma)
            text.append(field: names.strategy(trade.strategy))
            if trade.isLong { text.append(",long,") } else { text.append(",short,") }
            for amount in [trade.quantity, trade.entryPrice, trade.exitPrice, trade.profit, trade.fees] {
                text.append(field: amount)
                text.append(byte: comma)
            }
            text.append(field: names.exitReason(trade.exitReason))
            text.append(byte: comma)
            text.append(number: Double(trade.duration) / 1e9, decimals: 3)
            text.append(byte: 10)
            try flush(&text, write)
        }
        try write(text.bytes)
    }

    /// Columns: `time,close,low,high,buy_and_hold`; a column that is not known is empty, every bar is there.
    public static func equity<Failure: Error>(
        _ curve: BacktestReport.EquityCurve, write: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var text = ByteText(capacity: pieceSize + 1024)
        text.append("time,close,low,high,buy_and_hold\n")
        for index in curve.times.indices {
            text.append(time: curve.times[index])
            for column in [curve.close, curve.low, curve.high, curve.buyAndHold] {
                text.append(byte: comma)
                if !column.isEmpty, column[index].isFinite { text.append(text: column[index].description) }
            }
            text.append(byte: 10)
            try flush(&text, write)
        }
        try write(text.bytes)
    }

    private static let comma = UInt8(ascii: ",")

    private static func flush<Failure: Error>(
        _ text: inout ByteText, _ write: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        guard text.count >= pieceSize else { return }
        try write(text.bytes)
        text.removeAll()
    }
}
