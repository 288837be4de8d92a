// SPDX-License-Identifier: Apache-2.0

import Conformance
import TestSupport
import Testing

@Suite struct HostileCases {
    @Test(arguments: 0..<40)
    func `whatever a file of cases holds, it is judged and ends nothing`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let calls = [
            "create_order", "create_orders", "edit_order", "cancel_order", "cancel_orders", "set_leverage",
            "add_margin",
            "transfer", "withdraw", "fetch_ohlcv", "fetch_funding_rate_history", "fetch_order", "create_vault",
            "create_twap_order", "cancel_all_orders_after", "reduce_margin", "cancel_orders_for_symbols",
        ]
        let values = [
            "null", "0", "-1", "1e40", "1e-40", "9223372036854775807", "-9223372036854775808", "\"ETH/USDC:USDC\"",
            "\"\"", "\"market\"", "\"buy\"", "[]", "{}", "[1,{}]", #"[{"symbol":"X","amount":1e30,"price":"x"}]"#,
            #"{"slippage":1e-50,"stopLoss":{"triggerPrice":1e38},"leverage":1e19,"until":-1}"#, "\"9999999999d\"",
            "99999999999999999999999999999999999999999999", "true", #"{"takeProfit":5,"vaultAddress":"zz"}"#,
        ]
        var cases: [String] = []
        for index in 0..<100 {
            let call = calls.randomElement(using: &random) ?? ""
            let arguments = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                values.randomElement(using: &random) ?? "0"
            }
            let list = "[\(arguments.joined(separator: ","))]"
            let body = #"{"action":{"type":"order"},"nonce":1}"#
            cases.append(#"{"id":"\#(index)","call":"\#(call)","args":\#(list),"request":{"bodyJson":\#(body)}}"#)
            cases.append(#"{"id":"r\#(index)","call":"\#(call)","args":[],"rawResponse":\#(list),"parsed":\#(list)}"#)
        }
        let report = try Conformance.run(
            Array(#"{"cases":[\#(cases.joined(separator: ","))]}"#.utf8), name: "hyperliquid.json")
        #expect(report.cases.count == 200)
    }
}
