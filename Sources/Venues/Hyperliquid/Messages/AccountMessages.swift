// SPDX-License-Identifier: Apache-2.0

public import Execution
internal import JSON
public import Trading

/// One fill of an order of ours.
public struct HyperliquidFill: Hashable, Sendable {
    public struct Liquidation: Hashable, Sendable {
        public var user: String?
        public var mark: ExactDecimal?
        public var method: String?
    }
    public var coin: String
    public var side: Side
    public var price: ExactDecimal
    public var size: ExactDecimal
    public var time: Timestamp
    /// The signed position before it.
    public var startPosition: ExactDecimal
    /// `Open Long`, `Close Short`, `Long > Short`, `Buy`, …
    public var direction: String
    /// Before fees.
    public var closedProfit: ExactDecimal
    public var hash: String
    public var order: UInt64
    public var client: ClientOrderID?
    public var isTaker: Bool
    /// Negative is a rebate. It contains the builder's share.
    public var fee: ExactDecimal
    /// `nil` in old records: USDC.
    public var feeToken: String?
    public var builderFee: ExactDecimal?
    /// What tells fills apart; `nil` in old records only.
    public var trade: UInt64?
    public var twap: UInt64?
    public var liquidation: Liquidation?
}

extension HyperliquidFill: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        coin = try message.text("coin")
        side = try message.side("side")
        price = try message.decimal("px")
        size = try message.decimal("sz")
        time = try message.time("time")
        startPosition = try message.optionalDecimal("startPosition") ?? .zero
        direction = try message.optionalText("dir") ?? ""
        closedProfit = try message.optionalDecimal("closedPnl") ?? .zero
        hash = try message.optionalText("hash") ?? ""
        order = try message.unsigned("oid")
        client = try message.client("cloid")
        isTaker = try message.bool("crossed")
        fee = try message.decimal("fee")
        feeToken = try message.optionalText("feeToken")
        builderFee = try message.optionalDecimal("builderFee")
        trade = try message.optionalUnsigned("tid")
        twap = try message.optionalUnsigned("twapId")
        if let part = try message.optionalObject("liquidation") {
            liquidation = Liquidation(
                user: try part.optionalText("liquidatedUser"), mark: try part.optionalDecimal("markPx"),
                method: try part.optionalText("method"))
        }
    }
}

/// Funding paid (negative) or received on a position.
public struct HyperliquidFunding: Hashable, Sendable {
    public var time: Timestamp
    public var coin: String
    public var amount: ExactDecimal
    /// The signed position that it was for.
    public var size: ExactDecimal
    public var rate: ExactDecimal
    public var hash: String?
}

extension HyperliquidFunding: MessageDecodable {
    /// Reads both forms: `{time, coin, usdc, szi, fundingRate}` and `{time, hash, delta: {…}}`.
    public init(_ message: MessageReader) throws(MessageError) {
        time = try message.time("time")
        hash = try message.optionalText("hash")
        let inner = try message.optionalObject("delta") ?? message
        coin = try inner.text("coin")
        amount = try inner.decimal("usdc")
        size = try inner.optionalDecimal("szi") ?? .zero
        rate = try inner.decimal("fundingRate")
    }
}

/// Money that moved without a trade or funding.
public struct HyperliquidLedgerUpdate: Hashable, Sendable {
    /// The venue's own token.
    static let nativeToken = "HYPE"

    public var time: Timestamp
    public var hash: String
    /// `deposit`, `withdraw`, `internalTransfer`, `accountClassTransfer`, `spotTransfer`, `send`, `vaultDeposit`, …
    public var kind: String
    /// `USDC` where the record says only a number of dollars.
    public var token: String
    public var amount: ExactDecimal?
    public var fee: ExactDecimal?
    /// What the fee was taken in: `USDC` where the record names nothing, whatever was sent.
    public var feeToken: String
    /// A fee in the venue's own token, beside the other.
    public var nativeTokenFee: ExactDecimal?
    public var user: String?
    public var destination: String?
    public var vault: String?
    public var sourceDex: String?
    public var destinationDex: String?
    /// For moves between the spot and the perpetual account.
    public var toPerp: Bool?
    public var isDeposit: Bool?
}

extension HyperliquidLedgerUpdate: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        time = try message.time("time")
        hash = try message.optionalText("hash") ?? ""
        let delta = try message.object("delta")
        kind = try delta.text("type")
        token = try delta.optionalText("token") ?? "USDC"
        amount = nil
        for name in ["amount", "usdc", "netWithdrawnUsd", "liquidatedNtlPos"] where amount == nil {
            amount = try delta.optionalDecimal(name)
        }
        fee = try delta.optionalDecimal("fee")
        let named = try delta.optionalText("feeToken") ?? ""
        feeToken = named.isEmpty ? "USDC" : named
        nativeTokenFee = try delta.optionalDecimal("nativeTokenFee")
        user = try delta.optionalText("user")
        destination = try delta.optionalText("destination")
        vault = try delta.optionalText("vault")
        sourceDex = try delta.optionalText("sourceDex")
        destinationDex = try delta.optionalText("destinationDex")
        toPerp = delta.optional("toPerp") == nil ? nil : try delta.bool("toPerp")
        isDeposit = delta.optional("isDeposit") == nil ? nil : try delta.bool("isDeposit")
    }
}

public struct HyperliquidLeverage: Hashable, Sendable {
    public var isCross: Bool
    public var value: Int64
    public var rawDollars: ExactDecimal?
}

extension HyperliquidLeverage: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        switch try message.text("type") {
        case "cross": isCross = true
        case "isolated": isCross = false
        case let other: throw MessageError(field: message.name("type"), problem: .unknown, value: other)
        }
        value = try message.integer("value")
        rawDollars = try message.optionalDecimal("rawUsd")
    }
}

public struct HyperliquidPosition: Hashable, Sendable {
    public var coin: String
    /// Positive is long.
    public var size: ExactDecimal
    public var entryPrice: ExactDecimal?
    public var leverage: HyperliquidLeverage
    public var liquidationPrice: ExactDecimal?
    public var marginUsed: ExactDecimal
    public var value: ExactDecimal
    public var unrealizedProfit: ExactDecimal
    public var returnOnEquity: ExactDecimal?
    public var maximumLeverage: Int64?
    /// Since the position was opened; positive is paid.
    public var fundingSinceOpen: ExactDecimal?
}

extension HyperliquidPosition: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        coin = try message.text("coin")
        size = try message.decimal("szi")
        entryPrice = try message.optionalDecimal("entryPx")
        leverage = try HyperliquidLeverage(try message.object("leverage"))
        liquidationPrice = try message.optionalDecimal("liquidationPx")
        marginUsed = try message.decimal("marginUsed")
        value = try message.decimal("positionValue")
        unrealizedProfit = try message.decimal("unrealizedPnl")
        returnOnEquity = try message.optionalDecimal("returnOnEquity")
        maximumLeverage = try message.optionalInteger("maxLeverage")
        fundingSinceOpen = try message.optionalObject("cumFunding")?.optionalDecimal("sinceOpen")
    }
}

public struct HyperliquidMarginSummary: Hashable, Sendable {
    public var accountValue: ExactDecimal
    public var totalPositionValue: ExactDecimal
    public var totalRawDollars: ExactDecimal
    public var totalMarginUsed: ExactDecimal
}

extension HyperliquidMarginSummary: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        accountValue = try message.decimal("accountValue")
        totalPositionValue = try message.decimal("totalNtlPos")
        totalRawDollars = try message.decimal("totalRawUsd")
        totalMarginUsed = try message.decimal("totalMarginUsed")
    }
}

/// The perpetual account.
public struct HyperliquidPerpetualState: Hashable, Sendable {
    /// `nil` where an old record does not say.
    public var time: Timestamp?
    public var positions: [HyperliquidPosition]
    public var margin: HyperliquidMarginSummary?
    public var crossMargin: HyperliquidMarginSummary?
    public var crossMaintenanceMargin: ExactDecimal?
    public var withdrawable: ExactDecimal
}

extension HyperliquidPerpetualState: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        time = try message.optionalTime("time")
        positions = []
        for entry in try message.list("assetPositions") {
            positions.append(try HyperliquidPosition(try entry.object("position")))
        }
        if let part = try message.optionalObject("marginSummary") { margin = try HyperliquidMarginSummary(part) }
        if let part = try message.optionalObject("crossMarginSummary") {
            crossMargin = try HyperliquidMarginSummary(part)
        }
        crossMaintenanceMargin = try message.optionalDecimal("crossMaintenanceMarginUsed")
        withdrawable = try message.decimal("withdrawable")
    }
}

/// The spot account.
public struct HyperliquidSpotState: Hashable, Sendable {
    public struct Balance: Hashable, Sendable, MessageDecodable {
        public var coin: String
        public var token: Int64
        public var total: ExactDecimal
        /// In open orders.
        public var hold: ExactDecimal
        public var entryValue: ExactDecimal?

        public init(_ message: MessageReader) throws(MessageError) {
            coin = try message.text("coin")
            token = try message.optionalInteger("token") ?? -1
            total = try message.decimal("total")
            hold = try message.decimal("hold")
            entryValue = try message.optionalDecimal("entryNtl")
        }
    }
    public var balances: [Balance]
}

extension HyperliquidSpotState: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) { balances = try message.all("balances") }
}

public struct HyperliquidActiveAsset: Hashable, Sendable {
    public var user: String
    public var coin: String
    public var leverage: HyperliquidLeverage
    /// For buying and for selling.
    public var maximumSizes: [ExactDecimal]
    public var availableToTrade: [ExactDecimal]
    public var mark: ExactDecimal?
}

extension HyperliquidActiveAsset: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        user = try message.text("user")
        coin = try message.text("coin")
        leverage = try HyperliquidLeverage(try message.object("leverage"))
        maximumSizes = []
        for number in try message.list("maxTradeSzs") { maximumSizes.append(try number.decimal()) }
        availableToTrade = []
        for number in try message.list("availableToTrade") { availableToTrade.append(try number.decimal()) }
        mark = try message.optionalDecimal("markPx")
    }
}
