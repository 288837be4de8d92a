// SPDX-License-Identifier: Apache-2.0

import Indicators
import Trading

// The condition of an order: what it names is looked up here, so that a mistake is found before anything runs.
extension ConfigurationDecoder {
    mutating func when(_ reader: SectionReader, _ surroundings: OrderSurroundings) -> OrderSettings.When? {
        guard let text = reader.text("when") else {
            for key in ["times", "when_until"] where reader.has(key) && !reader.has("when") {
                report(reader, key, "It belongs to 'when', which is not given. Give it, or remove this.")
            }
            return nil
        }
        let condition: ConditionText
        do throws(ConditionTextError) { condition = try ConditionText(parsing: text) } catch {
            report(reader, "when", kind: .notAllowed, error.description)
            return nil
        }
        var markets: [String: TradedMarket] = [:]
        for operand in condition.operands {
            switch operand {
            case .constant, .close, .high, .low, .volume: break
            case .closeOf(let name):
                let found = resolved(name, surroundings.exchange, reader, "when", surroundings)
                guard let found else { return nil }
                markets[name] = TradedMarket(market: found, venue: surroundings.own.venue)
            case .external(let name):
                guard !surroundings.external.contains(name) else { continue }
                let near = Suggestion.nearest(to: name, among: surroundings.external).map { " Did you mean '\($0)'?" }
                report(
                    reader, "when", kind: .notAllowed,
                    "There is no external series \(name.inMessage).\(near ?? " Add it under 'external'.")")
            case .indicator(let call): check(call, reader, surroundings)
            }
        }
        let times = reader.integer("times").map { Int($0) }
        return OrderSettings.When(
            condition: condition, markets: markets, times: times, until: reader.time("when_until"))
    }

    private mutating func check(
        _ call: ConditionText.IndicatorCall, _ reader: SectionReader, _ surroundings: OrderSurroundings
    ) {
        if let timeframe = call.timeframe, !timeframe.isMultiple(of: surroundings.timeframe) {
            report(
                reader, "when",
                "Bars of \(timeframe) are not made of whole bars of \(surroundings.timeframe), the strategy's.")
        }
        do throws(IndicatorError) {
            let definition = try IndicatorRegistry.standard.definition(named: call.name)
            _ = try IndicatorRegistry.standard.make(call.name, parameters: try call.parameters(for: definition))
            guard let output = call.output, definition.outputIndex(named: output) == nil else { return }
            report(
                reader, "when", kind: .notAllowed,
                "\(call.name) has no output \(output.inMessage). It has "
                    + "\(definition.outputs.joined(separator: ", ", last: " and ")).")
        } catch {
            report(reader, "when", kind: .notAllowed, error.description)
        }
    }
}
