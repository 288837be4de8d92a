// SPDX-License-Identifier: Apache-2.0

import Statistics

/// Still drawings of equity and drawdown: for readers without the chart library, without scripts, and for print.
enum SVGChart {
    private static let width = 1000.0
    private static let height = 300.0

    static func write(_ curve: SampledEquity, _ page: inout HTMLWriter) {
        let shown = curve.close + curve.hold
        let range = bounds(shown)
        page.raw("<figure>")
        open("Equity over time", isLow: false, &page)
        if !curve.hold.isEmpty { line(curve.hold, curve.times, range, "hold", &page) }
        line(curve.close, curve.times, range, "", &page)
        page.raw("</svg>")
        caption(
            "lowest \(NumberText.fixed(range.low, decimals: 2))",
            "highest \(NumberText.fixed(range.high, decimals: 2))",
            &page)
        page.raw("</figure><figure>")
        open("Drawdown over time", isLow: true, &page)
        line(curve.drawdown, curve.times, (min(bounds(curve.drawdown).low, -1e-9), 0), "fall", &page)
        page.raw("</svg>")
        let from = curve.times.first ?? 0
        let to = curve.times.last ?? 0
        caption(
            NumberText.date(from * 1_000_000_000),
            "deepest \(NumberText.text(bounds(curve.drawdown).low, .fraction)) · \(NumberText.date(to * 1_000_000_000))",
            &page)
        page.raw("</figure>")
    }

    /// One line, to stand in a row of a table.
    static func writeSmall(_ values: [Double], _ times: [Int64], _ title: String, _ page: inout HTMLWriter) {
        let range = bounds(values + [0])
        page.raw(
            "<svg viewBox=\"0 0 1000 300\" preserveAspectRatio=\"none\" role=\"img\" style=\"width:12rem;height:2.4rem\">"
        )
        page.element("title", title)
        line(values, times, range, "", &page)
        page.raw("</svg>")
    }

    private static func open(_ title: String, isLow: Bool, _ page: inout HTMLWriter) {
        page.raw(
            "<svg\(isLow ? " class=\"low\"" : "") viewBox=\"0 0 1000 300\" preserveAspectRatio=\"none\" role=\"img\">")
        page.element("title", title)
    }

    private static func caption(_ left: String, _ right: String, _ page: inout HTMLWriter) {
        page.raw("<figcaption>")
        page.element("span", left)
        page.element("span", right)
        page.raw("</figcaption>")
    }

    private static func bounds(_ values: [Double]) -> (low: Double, high: Double) {
        let finite = values.filter(\.isFinite)
        return (finite.min() ?? 0, finite.max() ?? 0)
    }

    private static func line(
        _ values: [Double], _ times: [Int64], _ range: (low: Double, high: Double), _ style: String,
        _ page: inout HTMLWriter
    ) {
        guard let first = times.first, let last = times.last else { return }
        let length = max(1, Double(last) - Double(first))
        let span = range.high - range.low
        var text = ByteText(capacity: 16_000)
        var started = false
        for index in Downsampling.extremes(of: values, atMost: 1_400) where values[index].isFinite {
            let x = (Double(times[index]) - Double(first)) / length * width
            let y = span > 0 ? (range.high - values[index]) / span * height : height / 2
            text.append(byte: started ? UInt8(ascii: "L") : UInt8(ascii: "M"))
            started = true
            text.append(number: x, decimals: 1)
            text.append(byte: UInt8(ascii: " "))
            text.append(number: y, decimals: 1)
        }
        if style == "fall", started { text.append("V0H0Z") }
        page.raw("<path class=\"\(style)\" d=\"")
        page.append(contentsOf: text.bytes)
        page.raw("\"/>")
    }
}
