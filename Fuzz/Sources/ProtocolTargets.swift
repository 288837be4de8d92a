// SPDX-License-Identifier: Apache-2.0

import Hyperliquid
import JSON

/// What was read is written and read again: it must say the same.
@Sendable func fuzzJSON(_ bytes: [UInt8]) {
    guard let value = try? JSON.parse(bytes) else { return }
    visit(value)
    var writer = JSONWriter()
    value.write(to: &writer)
    guard let again = try? JSON.parse(writer.bytes) else {
        preconditionFailure("what was written of it cannot be read: \(String(decoding: writer.bytes, as: UTF8.self))")
    }
    var second = JSONWriter()
    again.write(to: &second)
    precondition(second.bytes == writer.bytes, "reading and writing it again changes it")
    precondition(again.text == String(decoding: writer.bytes, as: UTF8.self), "its text is not what was written")
}

private func visit(_ value: JSONValue) {
    _ = (value.string, value.bool, value.number, value.integer, value.unsigned, value.withText { $0.count })
    for element in value.elements { visit(element) }
    for (key, member) in value.members {
        precondition(value[key] != nil, "a member is not found by its name")
        visit(member)
    }
}

@Sendable func fuzzMessage(_ bytes: [UInt8]) {
    do throws(MessageError) { _ = try HyperliquidMessage.decode(bytes) } catch { _ = error.description }
}

/// The first byte says which question the rest answers.
@Sendable func fuzzAnswer(_ bytes: [UInt8]) {
    guard let kind = bytes.first else { return }
    let body = Array(bytes.dropFirst())
    do throws(MessageError) { try answer(kind, body) } catch { _ = error.description }
}

private func answer(_ kind: UInt8, _ body: [UInt8]) throws(MessageError) {
    switch kind {
    case UInt8(ascii: "x"): _ = try HyperliquidAnswer.exchange(body)
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
        let parts = body.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
        let universe = try HyperliquidAnswer.universe(perpetual: parts[0], spot: parts.count > 1 ? parts[1] : [])
        let record = HyperliquidMarket.record(universe.markets)
        precondition((try? HyperliquidMarket.markets(ofRecord: record)) == universe.markets, "a record differs")
    case UInt8(ascii: "m"): _ = try HyperliquidMarket.markets(ofRecord: String(decoding: body, as: UTF8.self))
    default: try readings[Int(kind) % readings.count](body)
    }
}

private typealias Reading = @Sendable ([UInt8]) throws(MessageError) -> Void

/// What the venue's answers are made of.
private let readings: [Reading] = [
    read(HyperliquidBook.self), read(HyperliquidCandle.self), read(HyperliquidPerpetualState.self),
    read(HyperliquidSpotState.self), read(HyperliquidFill.self), read(HyperliquidFunding.self),
    read(HyperliquidLedgerUpdate.self), read(HyperliquidOrderInfo.self), read(HyperliquidOrderUpdate.self),
    read(HyperliquidOrderQuery.self), read(HyperliquidFees.self), read(HyperliquidRateLimit.self),
    read(HyperliquidAgent.self), read(HyperliquidRole.self), read(HyperliquidSubAccount.self),
    read(HyperliquidFundingRate.self), read(HyperliquidPredictedFunding.self), read(HyperliquidPortfolio.self),
    read(HyperliquidTwapFill.self), read(HyperliquidTwapState.self), read(HyperliquidContext.self),
    read(HyperliquidMids.self), read(HyperliquidActiveAsset.self),
]

private func read<Value: MessageDecodable>(_ type: Value.Type) -> Reading {
    { (body) throws(MessageError) in
        if body.first == UInt8(ascii: "[") {
            _ = try HyperliquidAnswer.optionalList(of: Value.self, body)
        } else {
            _ = try HyperliquidAnswer.optionalValue(Value.self, body)
        }
    }
}
