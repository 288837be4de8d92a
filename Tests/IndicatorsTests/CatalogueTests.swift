// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Indicators

/// The table in Documentation/indicators.md is made from the definitions, and this keeps it so.
@Suite struct CatalogueTests {
    @Test func documentationListsEveryIndicatorAsItIs() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = root.appendingPathComponent("Documentation/indicators.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        var missing: [String] = []
        for name in IndicatorRegistry.standard.names {
            let row = try Self.row(IndicatorRegistry.standard.make(name))
            if !text.contains(row) { missing.append(row) }
        }
        #expect(missing.isEmpty, "Put these rows into Documentation/indicators.md:\n\(missing.joined(separator: "\n"))")
    }

    static func row(_ indicator: IndicatorInstance) -> String {
        let definition = indicator.definition
        let parameters = definition.parameters.map { "\($0.name)=\($0.defaultValue)" }.joined(separator: ", ")
        let memory =
            switch indicator.memory {
            case .bars(let bars): "\(bars) bars"
            case .sessions(let sessions): sessions == 1 ? "1 session" : "\(sessions) sessions"
            case .always(let reason): "always: \(reason)"
            }
        let names = ([definition.name] + definition.aliases).map { "`\($0)`" }.joined(separator: " ")
        let first = "\(indicator.firstOutput)" + (definition.waitsForData ? "+" : "")
        let outputs = definition.outputs.joined(separator: ", ")
        return "| \(names) | \(definition.summary) | \(parameters) | \(outputs) | \(first) | \(memory) |"
    }
}
