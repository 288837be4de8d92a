// SPDX-License-Identifier: Apache-2.0

import Statistics

/// Lines of a terminal report: columns that align, paragraphs that wrap, colour where it was asked for.
struct TerminalPage {
    /// A cell of a table, right aligned.
    enum Cell {
        case plain(String)
        /// Green or red by the sign of the value.
        case signed(String, Double?)

        static func figure(_ figure: Figure) -> Cell {
            let isSigned = ["totalReturn", "annualReturn", "netProfit", "excessReturn"].contains(figure.key)
            return isSigned
                ? .signed(NumberText.text(figure), figure.value) : .plain(NumberText.text(figure))
        }
    }

    private enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    let width: Int
    let isColoured: Bool
    private(set) var text = ""

    init(width: Int, isColoured: Bool) {
        self.width = width
        self.isColoured = isColoured
    }

    mutating func blank() { text += "\n" }

    mutating func line(_ content: String) { text += content + "\n" }

    /// One text at the left edge and one at the right.
    mutating func ends(_ left: String, _ right: String, rightMargin: Int = 0) {
        let room = width - rightMargin - Self.columns(right) - 1
        text += styled(Self.cut(left, room), .bold).padded(to: room, from: Self.columns(Self.cut(left, room)))
        text += " " + styled(right, .dim) + "\n"
    }

    mutating func heading(_ title: String, columns: [String]) {
        text += "\n"
        let name = Self.clean(title).uppercased()
        var rest = ""
        for column in columns { rest += Self.right(column, valueWidth) }
        let label = rest.isEmpty ? name : Self.left(name, width - Self.columns(rest))
        text += styled(label, .bold) + styled(rest, .dim) + "\n"
        text += styled(String(repeating: "─", count: width), .dim) + "\n"
    }

    /// A label and one value for each column of the heading.
    mutating func row(_ label: String, _ cells: [Cell]) {
        text += Self.left(label, width - cells.count * valueWidth)
        for cell in cells { text += show(cell, valueWidth) }
        text += "\n"
    }

    /// A row of a table with narrow columns.
    mutating func tableRow(
        _ label: String, _ cells: [Cell], isHeader: Bool, widths: [Int] = [10, 11, 11, 14, 18]
    ) {
        let labelWidth = width - widths.reduce(0, +)
        var line = Self.left(label, labelWidth)
        for (cell, width) in zip(cells, widths) { line += show(cell, width) }
        text += (isHeader ? styled(line, .dim) : line) + "\n"
    }

    /// Figures in two columns, read downwards.
    mutating func pairs(_ figures: [Figure]) {
        let half = (figures.count + 1) / 2
        let column = (width - 4) / 2
        for index in 0..<half {
            text += pair(figures[index], column)
            if index + half < figures.count { text += "    " + pair(figures[index + half], column) }
            text += "\n"
        }
    }

    /// Text broken at spaces; the lines after the first are indented under it.
    mutating func paragraph(_ content: String, bullet: String = "", isWarning: Bool = false) {
        let room = width - bullet.count
        var lines: [String] = []
        var current = ""
        for word in Self.clean(content).split(separator: " ") {
            var word = String(word)
            while Self.columns(word) > room {
                if !current.isEmpty { lines.append(current) }
                lines.append(String(word.prefix(room)))
                word = String(word.dropFirst(room))
                current = ""
            }
            if current.isEmpty {
                current = word
            } else if Self.columns(current) + 1 + Self.columns(word) <= room {
                current += " " + word
            } else {
                lines.append(current)
                current = word
            }
        }
        if !current.isEmpty || lines.isEmpty { lines.append(current) }
        for (index, line) in lines.enumerated() {
            let start = index == 0 ? bullet : String(repeating: " ", count: bullet.count)
            text += (isWarning ? styled(start + line, .yellow) : start + line) + "\n"
        }
    }

    private var valueWidth: Int { 22 }

    private func pair(_ figure: Figure, _ column: Int) -> String {
        let value = NumberText.text(figure)
        let shown = show(.figure(figure), Self.columns(value) + 1)
        return Self.left(figure.label, column - Self.columns(value) - 1) + shown
    }

    private func show(_ cell: Cell, _ width: Int) -> String {
        switch cell {
        case .plain(let value): return Self.right(value, width)
        case .signed(let value, let number):
            guard let number, number != 0 else { return Self.right(value, width) }
            return styled(Self.right(value, width), number > 0 ? .green : .red)
        }
    }

    private func styled(_ content: String, _ style: Style) -> String {
        isColoured && !content.isEmpty ? "\u{1B}[\(style.rawValue)m\(content)\u{1B}[0m" : content
    }

    // MARK: - Width

    private static func left(_ content: String, _ width: Int) -> String {
        let cut = cut(clean(content), max(1, width - 1))
        return cut.padded(to: width, from: columns(cut))
    }

    private static func right(_ content: String, _ width: Int) -> String {
        let cut = cut(clean(content), width)
        return String(repeating: " ", count: max(0, width - columns(cut))) + cut
    }

    private static func cut(_ content: String, _ width: Int) -> String {
        guard columns(content) > width else { return content }
        var kept = ""
        var used = 0
        for character in content {
            let next = columns(String(character))
            if used + next > width - 1 { break }
            kept.append(character)
            used += next
        }
        return kept + "…"
    }

    /// Columns that the text takes: two for the wide characters of East Asia and pictures.
    static func columns(_ content: String) -> Int {
        content.reduce(0) { total, character in
            guard let scalar = character.unicodeScalars.first?.value, scalar >= 0x1100 else { return total + 1 }
            let isWide =
                scalar <= 0x115F || (0x2E80...0xA4CF).contains(scalar) || (0xAC00...0xD7A3).contains(scalar)
                || (0xF900...0xFAFF).contains(scalar) || (0xFE30...0xFE6F).contains(scalar)
                || (0xFF00...0xFF60).contains(scalar) || (0x1F300...0x1FAFF).contains(scalar)
            return total + (isWide ? 2 : 1)
        }
    }

    /// Text without characters that move the cursor, colour the screen or turn the direction of reading.
    static func clean(_ content: String) -> String {
        let isHarmless = content.unicodeScalars.allSatisfy { !isControl($0) }
        guard !isHarmless else { return content }
        return String(String.UnicodeScalarView(content.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 32 || (0x7F...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
    }
}

extension String {
    fileprivate func padded(to width: Int, from columns: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }
}
