// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Indicators

@Suite struct ReferenceTests {
    @Test("Values agree with TA-Lib and with the plain definitions", arguments: ["talib.csv", "definitions.csv"])
    func agreesWithReference(file: String) throws {
        let bars = try Fixture.bars()
        let fixture = try Fixture(file)
        #expect(fixture.headers.count > 40)
        for (column, header) in fixture.headers.enumerated().dropFirst() {
            let parts = header.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            var parameters: [String: ParameterValue] = [:]
            for setting in parts[1].split(separator: ";") {
                let pair = setting.split(separator: "=")
                parameters[String(pair[0])] = ParameterValue(parsing: String(pair[1]))
            }
            let indicator = try IndicatorRegistry.standard.make(parts[0], parameters: parameters)
            let output = try #require(indicator.definition.outputIndex(named: parts[2]), "\(header)")
            let values = indicator.run(bars)[output]
            let scale = scale(of: bars, indicator.definition)
            for row in fixture.rows {
                let bar = Int(row[0])
                // Oscillators, ratios and volatilities are not on the scale of prices: they must agree on their own.
                let own = abs(row[column]) < 1000 ? 1 : scale
                let isClose = agree(values[bar], row[column], tolerance: 1e-9, scale: own)
                #expect(isClose, "\(header) at bar \(bar): \(values[bar]), reference \(row[column])")
                if !isClose { break }
            }
        }
    }
}
