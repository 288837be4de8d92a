// SPDX-License-Identifier: Apache-2.0

import Cryptography
import HyperliquidSimulator
import JSON
import Testing
import Trading

/// A venue with two perpetuals and a spot pair, two accounts, an agent, and short ways to ask it.
struct Venue {
    var simulator: HyperliquidSimulator
    var wall = Timestamp(milliseconds: 1_700_000_000_000)
    var nonce: UInt64 = 1_700_000_000_000
    static let alice = Address(bytes: [UInt8](repeating: 0xA1, count: 20))
    static let bob = Address(bytes: [UInt8](repeating: 0xB0, count: 20))

    static func configuration(
        balance: Int64 = 10_000, change: (inout SimulatorConfiguration) -> Void = { _ in }
    ) -> SimulatorConfiguration {
        var alice = AccountConfiguration(address: alice, balance: Fixed8(balance))
        alice.spot = [("USDC", Fixed8(1_000)), ("PURR", Fixed8(500))]
        var configuration = SimulatorConfiguration(
            markets: [
                MarketConfiguration(coin: "BTC", szDecimals: 5, maxLeverage: 40, price: Fixed8(50_000)),
                MarketConfiguration(coin: "ETH", szDecimals: 4, maxLeverage: 25, price: Fixed8("2300.1")!),
                MarketConfiguration(spot: "PURR", szDecimals: 0, price: Fixed8("0.2")!),
            ],
            accounts: [alice, AccountConfiguration(address: bob, balance: Fixed8(balance))])
        configuration.verifiesSignatures = false
        configuration.assumedSigner = Self.alice
        configuration.shufflesUpdates = false
        change(&configuration)
        return configuration
    }

    init(balance: Int64 = 10_000, change: (inout SimulatorConfiguration) -> Void = { _ in }) {
        simulator = HyperliquidSimulator(configuration: Self.configuration(balance: balance, change: change))
    }

    init(_ configuration: SimulatorConfiguration) { simulator = HyperliquidSimulator(configuration: configuration) }

    // MARK: Requests

    mutating func post(_ path: String, _ body: String) -> SimulatedAnswer {
        simulator.post(path: path, body: Array(body.utf8), wall: wall)
    }

    mutating func info(_ body: String) -> JSONValue { value(post("/info", body).body) }

    /// Sends an action with the next nonce; not signed.
    mutating func exchange(_ action: String, more: String = "") -> JSONValue {
        nonce += 1
        let body =
            #"{"action":\#(action),"nonce":\#(nonce),"signature":{"r":"0x1","s":"0x1","v":27},"vaultAddress":null\#(more)}"#
        return value(post("/exchange", body).body)
    }

    mutating func order(_ orders: String..., grouping: String = "na") -> [String] {
        statuses(
            exchange(#"{"type":"order","orders":[\#(orders.joined(separator: ","))],"grouping":"\#(grouping)"}"#))
    }

    /// `{"error":"x"}` becomes `error x`, `{"resting":…}` becomes `resting`, `{"filled":…}` becomes `filled SIZE@PRICE`.
    func statuses(_ answer: JSONValue) -> [String] {
        guard let list = answer["response"]?["data"]?["statuses"] else {
            return ["\(answer["status"]?.string ?? "?") \(answer["response"]?.string ?? answer.text)"]
        }
        return list.elements.map { status in
            if let text = status.string { return text }
            if let error = status["error"]?.string { return "error \(error)" }
            if status["resting"] != nil { return "resting" }
            if let filled = status["filled"] {
                return "filled \(filled["totalSz"]?.string ?? "?")@\(filled["avgPx"]?.string ?? "?")"
            }
            return status.text
        }
    }

    func value(_ bytes: [UInt8]) -> JSONValue {
        guard let value = try? JSON.parse(bytes) else {
            preconditionFailure("the venue wrote no JSON: \(String(decoding: bytes, as: UTF8.self))")
        }
        return value
    }

    // MARK: Markets

    mutating func trade(
        _ coin: String, _ price: String, size: String = "1", takerIsBuy: Bool = false, after: TimeSpan = .seconds(1)
    ) {
        wall = wall + after
        simulator.advanceMarket(
            coin, .trade(price: Fixed8(price)!, size: Fixed8(size)!, takerIsBuy: takerIsBuy), at: wall, wall: wall)
    }

    /// From here on requests count as signed by this address.
    mutating func assume(_ signer: Address) { simulator.assumeSigner(signer) }

    var alice: AccountState { simulator.account(Self.alice)! }

    // MARK: Streams

    mutating func send(_ text: String, connection: UInt32 = 1) {
        simulator.message(connection: connection, text: Array(text.utf8), wall: wall)
    }

    /// The messages waiting, as texts.
    mutating func messages() -> [String] {
        simulator.takeOutputs().map { output in
            switch output {
            case .send(_, let bytes): String(decoding: bytes, as: UTF8.self)
            case .close(let connection, let reason): "close \(connection) \(reason)"
            }
        }
    }
}

/// The wire form of a limit order.
func limit(
    _ asset: Int, buy: Bool, _ price: String, _ size: String, tif: String = "Gtc", reduceOnly: Bool = false,
    cloid: UInt128? = nil
) -> String {
    let id = cloid.map { #","c":"\#(Cloid($0))""# } ?? ""
    return
        #"{"a":\#(asset),"b":\#(buy),"p":"\#(price)","s":"\#(size)","r":\#(reduceOnly),"t":{"limit":{"tif":"\#(tif)"}}\#(id)}"#
}

/// The wire form of a reduce-only trigger order.
func trigger(
    _ asset: Int, buy: Bool, at trigger: String, _ price: String, _ size: String, kind: String = "sl",
    isMarket: Bool = true, reduceOnly: Bool = true, cloid: UInt128? = nil
) -> String {
    let id = cloid.map { #","c":"\#(Cloid($0))""# } ?? ""
    return
        #"{"a":\#(asset),"b":\#(buy),"p":"\#(price)","s":"\#(size)","r":\#(reduceOnly),"t":{"trigger":{"isMarket":\#(isMarket),"triggerPx":"\#(trigger)","tpsl":"\#(kind)"}}\#(id)}"#
}
