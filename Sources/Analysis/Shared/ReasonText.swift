// SPDX-License-Identifier: Apache-2.0

import Glibc
import Trading

/// Rounded to so many decimals, trailing zeros kept: `0.70`; `none` where there is no number.
func text(_ value: Double, decimals: Int) -> String { DecimalText.rounded(value, decimals: decimals) }

/// Rounded to six significant digits, for prices and volumes of any size: `27163.5`, `0.0000123457`.
func text(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return text(value, decimals: 0) }
    let decimals = 5 - Int(floor(log10(abs(value))))
    guard decimals <= 17 else { return value.description }
    return DecimalText.rounded(value, decimals: max(0, decimals), minimumDecimals: 0)
}

/// `1 bar`, `2 bars`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// A length of time in minutes, or in hours where it is whole hours.
func text(_ span: TimeSpan) -> String {
    let minutes = Double(span.nanoseconds) / 60e9
    if minutes >= 60, minutes.truncatingRemainder(dividingBy: 60) == 0 { return "\(Int(minutes / 60)) h" }
    return "\(text(minutes, decimals: minutes == minutes.rounded() ? 0 : 1)) min"
}
