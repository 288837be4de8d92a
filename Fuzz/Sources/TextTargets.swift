// SPDX-License-Identifier: Apache-2.0

import Configuration
import Control
import Cryptography
import Execution
import Hyperliquid
import Networking
import Trading

/// What was read and written again reads as the same.
@Sendable func fuzzControl(_ bytes: [UInt8]) {
    do throws(ControlSyntaxError) {
        let request = try ControlProtocol.decodeRequest(bytes)
        precondition((try? ControlProtocol.decodeRequest(ControlProtocol.encode(request))) == request)
    } catch { _ = error.description }
    do throws(ControlSyntaxError) {
        let answer = try ControlProtocol.decodeAnswer(bytes)
        let written = ControlProtocol.encode(answer)
        guard let again = try? ControlProtocol.decodeAnswer(written), ControlProtocol.encode(again) == written else {
            preconditionFailure("an answer reads differently: \(String(decoding: written, as: UTF8.self))")
        }
    } catch { _ = error.description }
}

/// Short texts that people and venues write: addresses, ids, numbers, markets, overrides.
@Sendable func fuzzTexts(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let address = try? ServerAddress(parsing: text) {
        precondition((try? ServerAddress(parsing: address.description)) == address, "\(address) reads differently")
    }
    _ = try? ProxyAddress(parsing: text)
    if let address = try? EthereumAddress(parsing: text) {
        precondition((try? EthereumAddress(parsing: address.description)) == address, "\(address) reads differently")
    }
    if let id = ClientOrderID(text) { precondition(ClientOrderID(id.description) == id, "\(id) reads differently") }
    if let number = ExactDecimal(text) {
        _ = number.units(decimals: 8) as Int64?
        precondition(number == number)
        _ = -number < number
    }
    do throws(ConfigurationProblem) { _ = try ConfigurationOverride(parsing: text) } catch { _ = error.description }
    do throws(SymbolError) { _ = try SymbolMap.resolve(exchange: nil, market: text) } catch { _ = error.description }
    for decimals in [0, 8, 18] {
        do throws(DecimalError) { _ = try DecimalText.parse(text, decimals: decimals) as Int64 } catch {
            _ = error.description
        }
    }
    _ = HyperliquidRefusal(text: text).description
    _ = HyperliquidOrderStatus(text: text).description
    if let first = bytes.first {
        let body = String(decoding: bytes.dropFirst(), as: UTF8.self)
        _ = try? HyperliquidNumberText.price(body, sizeDecimals: Int(first % 9), isSpot: first > 127)
        _ = try? HyperliquidNumberText.size(body, sizeDecimals: Int(first % 9))
    }
}
