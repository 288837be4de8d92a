// SPDX-License-Identifier: Apache-2.0

/// A table for a terminal: columns that align under their titles, two spaces apart.
struct TextTable {
    struct Column {
        let title: String
        var isNumber = false
        /// Where the table is fitted to a window: the width at which a cell wraps. The last column takes what is left.
        var wrapsAt: Int?
    }

    let columns: [Column]
    var rows: [[String]] = []

    /// - Parameter width: The window's, to which long cells are wrapped; `nil` leaves each row on one line, as
    ///   programs want it.
    func text(width: Int?) -> String {
        let titles = columns.map(\.title)
        var widths = columns.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        if let width {
            for (column, description) in columns.enumerated() {
                if let limit = description.wrapsAt { widths[column] = min(widths[column], limit) }
            }
            let used = widths.dropLast().reduce(0) { $0 + $1 + 2 }
            if let last = widths.last { widths[widths.count - 1] = min(last, max(30, width - used)) }
        }
        return ([titles] + rows).map { row(of: $0, widths) }.joined(separator: "\n")
    }

    private func row(of cells: [String], _ widths: [Int]) -> String {
        let wrapped = zip(cells, widths).map { Self.wrap($0, to: $1) }
        return (0..<(wrapped.map(\.count).max() ?? 1)).map { line in
            var text = ""
            for (column, lines) in wrapped.enumerated() {
                let cell = line < lines.count ? lines[line] : ""
                let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
                text += (column == 0 ? "" : "  ") + (columns[column].isNumber ? padding + cell : cell + padding)
            }
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }

    /// Breaks text at spaces; a word that is longer than the width stays whole.
    static func wrap(_ text: String, to width: Int) -> [String] {
        guard text.count > width else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}

extension Console {
    /// Prints a table, fitted to the window where there is one.
    func print(_ table: TextTable) { print(table.text(width: isTerminal ? width : nil)) }
}
