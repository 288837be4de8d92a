// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import Testing
import Trading

@Suite struct Fixed8Tests {
    @Test(arguments: [
        ("0", "0.0"), ("-0", "0.0"), ("12.5", "12.5"), ("-12.50", "-12.5"), ("0.00000001", "0.00000001"), (".5", "0.5"),
        ("5.", "5.0"), ("1.000000010000", "1.00000001"), ("10000000000", "10000000000.0"),
        ("00000000000000000000000000007", "7.0"),
    ])
    func plainNumbersAreRead(text: String, written: String) {
        #expect(Fixed8(text)?.description == written)
    }

    @Test(arguments: [
        "", ".", "-", "+1", "1e5", "1.0.0", " 1", "1 ", "0x1", "1,5", "--1", "1-", "0.000000001",
        "10000000000.00000001",
        "10000000001", "11111111111111111111", "9223372036854775807", "9223372036854775808",
        "99999999999999999999999999",
        "1.99999999999999999999", "٣",
    ])
    func everythingElseIsNot(text: String) {
        #expect(Fixed8(text) == nil)
    }

    @Test(arguments: [(5, 0, "5.0"), (123, 1, "12.3"), (-1, 8, "-0.00000001"), (123_456, 10, "0.00001234")])
    func scaledIntegersAreTakenOver(units: Int64, decimals: Int, written: String) {
        #expect(Fixed8(units: units, decimals: decimals).description == written)
    }
}
