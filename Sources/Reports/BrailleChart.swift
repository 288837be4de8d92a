// SPDX-License-Identifier: Apache-2.0

/// A line drawn with braille characters: two by four dots in each.
enum BrailleChart {
    /// - Parameters:
    ///   - values: Oldest first; those that are not finite are left out.
    ///   - width: Characters of the drawing itself; the labels of highest and lowest come to its right.
    ///   - height: Lines.
    static func lines(_ values: [Double], width: Int, height: Int) -> [String] {
        let finite = values.filter(\.isFinite)
        guard let lowest = finite.min(), let highest = finite.max(), width > 0, height > 0 else { return [] }
        let columns = width * 2
        let rows = height * 4
        let range = highest - lowest
        func row(_ value: Double) -> Int {
            guard range > 0, range.isFinite else { return rows / 2 }
            return min(rows - 1, max(0, Int(((highest - value) / range * Double(rows - 1)).rounded())))
        }
        var dots = [UInt8](repeating: 0, count: width * height)
        func set(_ column: Int, _ row: Int) {
            let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
            dots[row / 4 * width + column / 2] |= bits[column % 2][row % 4]
        }
        var previous: Double?
        for column in 0..<columns {
            let start = finite.count * column / columns
            let end = max(start + 1, finite.count * (column + 1) / columns)
            let bucket = finite[start..<min(end, finite.count)]
            guard let last = bucket.last else { continue }
            let top = max(bucket.max() ?? last, previous ?? last)
            let bottom = min(bucket.min() ?? last, previous ?? last)
            for row in row(top)...row(bottom) { set(column, row) }
            previous = last
        }
        return (0..<height).map { line in
            var text = ""
            for cell in dots[line * width..<(line + 1) * width] {
                text.unicodeScalars.append(Unicode.Scalar(0x2800 + UInt32(cell)) ?? " ")
            }
            if line == 0 { text += " " + NumberText.fixed(highest, decimals: 2) }
            if line == height - 1 { text += " " + NumberText.fixed(lowest, decimals: 2) }
            return text
        }
    }
}
