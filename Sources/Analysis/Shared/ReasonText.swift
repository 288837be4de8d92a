// SPDX-License-Identifier: Apache-2.0

import Glibc
import Trading

/// Rounded half away from zero to so many decimals, trailing zeros kept: `0.70`; `none` where there is no number.
func text(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return "none" }
    let scaled = (value * pow(10, Double(decimals))).rounded()
    guard abs(scaled) < 0x1p62 else { return "\(value)" }
    return DecimalText.format(Int64(scaled), decimals: decimals, minimumDecimals: decimals)
}

/// Rounded to six significant digits, for prices and volumes of any size: `27163.5`, `0.0000123457`.
func text(_ value: Double) -> String {
    guard value.isFinite else { return "none" }
    guard value != 0 else { return "0" }
    let magnitude = Int(floor(log10(abs(value))))
    let decimals = 5 - magnitude
    guard decimals > 0 else { return text(value, decimals: 0) }
    guard decimals <= 17 else { return "\(value)" }
    let scaled = (value * pow(10, Double(decimals))).rounded()
    return DecimalText.format(Int64(scaled), decimals: decimals)
}

/// `1 bar`, `2 bars`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// A length of time in minutes, or in hours where it is whole hours.
func text(_ span: TimeSpan) -> String {
    let minutes = Double(span.nanoseconds) / 60e9
    if minutes >= 60, minutes.truncatingRemainder(dividingBy: 60) == 0 { return "\(Int(minutes / 60)) h" }
    return "\(text(minutes, decimals: minutes == minutes.rounded() ? 0 : 1)) min"
}
